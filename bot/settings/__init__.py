"""What the site sets: one TOML file and the environment, read here and nowhere else."""

from bot.settings.loading import load, sandbox_clock, tokens_in_environment
from bot.settings.model import (
    DatabaseSettings,
    FhirSettings,
    Hl7Settings,
    LogSettings,
    Secrets,
    Settings,
    SiteSettings,
    SlackSettings,
    SmartSettings,
    TwilioSettings,
    WebSettings,
)
from bot.settings.problems import BadSettings, Problem

__all__ = [
    "BadSettings",
    "DatabaseSettings",
    "FhirSettings",
    "Hl7Settings",
    "LogSettings",
    "Problem",
    "Secrets",
    "Settings",
    "SiteSettings",
    "SlackSettings",
    "SmartSettings",
    "TwilioSettings",
    "WebSettings",
    "load",
    "sandbox_clock",
    "tokens_in_environment",
]
