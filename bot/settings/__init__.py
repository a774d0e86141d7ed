"""What the site sets: one TOML file and the environment, read here and nowhere else."""

from bot.settings.folders import FolderSettings
from bot.settings.loading import is_configured, load, sandbox_clock, tokens_in_environment
from bot.settings.model import (
    DatabaseSettings,
    Hl7Settings,
    LogSettings,
    RetentionSettings,
    Secrets,
    Settings,
    SiteSettings,
    SlackSettings,
    TwilioSettings,
    WebSettings,
)
from bot.settings.problems import BadSettings, Problem
from bot.settings.profiles import unknown_categories
from bot.settings.servers import FhirSettings, SmartSettings

__all__ = [
    "BadSettings",
    "DatabaseSettings",
    "FhirSettings",
    "FolderSettings",
    "Hl7Settings",
    "LogSettings",
    "Problem",
    "RetentionSettings",
    "Secrets",
    "Settings",
    "SiteSettings",
    "SlackSettings",
    "SmartSettings",
    "TwilioSettings",
    "WebSettings",
    "is_configured",
    "load",
    "sandbox_clock",
    "tokens_in_environment",
    "unknown_categories",
]
