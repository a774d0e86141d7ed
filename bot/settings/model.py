"""The settings as frozen values. A check that fails raises ``ValueError(what, cure)``."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.domain.person_fields import timezone

SLACK_API = "https://slack.com/api/"
TWILIO_API = "https://api.twilio.com"
_SOURCE_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def _zone(value: object) -> object:
    return ZoneInfo(timezone(value)) if isinstance(value, str) else value


def _web_address(value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is no web address", 'Write it whole: "https://host" or "http://host:1".')
    if parts.query or parts.fragment or parts.username:
        raise ValueError("holds more than an address", "Leave out user names, ? and #.")
    return value


def _number(value: object) -> object:
    if value == "" or not isinstance(value, str) or _E164.fullmatch(value):
        return value
    raise ValueError(
        "is no phone number in international form", 'Write a plus and digits: "+13125550100".'
    )


def _database(value: object) -> object:
    if not isinstance(value, str):
        return value
    cure = 'Write "sqlite:///readback.db" or "postgresql://user@host/readback".'
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError("is no database URL", cure) from None
    if url.get_backend_name() not in {"sqlite", "postgresql", "postgres"}:
        raise ValueError("names a database that Readback does not run on", cure)
    if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
        raise ValueError("names no file", cure)
    return value


def _filled(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("is empty", "Fill it in.")
    return value


def _source_name(value: object) -> object:
    if not isinstance(value, str) or _SOURCE_NAME.fullmatch(value):
        return value
    raise ValueError("is no short name", 'Write small letters, digits and hyphens: "epic".')


def _query(value: object) -> object:
    if isinstance(value, str) and (value.startswith("?") or "_lastUpdated" in value):
        raise ValueError(
            "holds what is added by itself", 'Leave out "?" and _lastUpdated: "category=RAD".'
        )
    return value


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Address = Annotated[str, BeforeValidator(_web_address)]
Phone = Annotated[str, BeforeValidator(_number)]
Filled = Annotated[str, BeforeValidator(_filled)]
Port = Annotated[int, Field(strict=True, ge=0, le=65535)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SiteSettings(_Section):
    """``timezone`` is that of people and senders who name none. ``callback_number`` is what a page
    tells people to call, in any spelling they can dial. Without ``policy`` the packaged one."""

    name: Filled
    timezone: Zone
    callback_number: Filled
    policy: Path | None = None


class DatabaseSettings(_Section):
    """The URL may hold a password, so it is never shown."""

    url: Annotated[str, BeforeValidator(_database)] = Field(
        default="sqlite:///readback.db", repr=False
    )


class Hl7Settings(_Section):
    """The MLLP listener. ``on_unusable`` is what the sender hears of a message that went to
    quarantine: "accept" AA with a warning, "reject" AE or AR. Port 0 takes any free one."""

    host: Filled = "127.0.0.1"
    port: Port = 2575
    on_unusable: Literal["accept", "reject"] = "accept"
    processing_ids: tuple[Filled, ...] = Field(default=("P",), min_length=1)
    max_message_bytes: int = Field(default=5_000_000, strict=True, ge=65_536, le=100_000_000)
    timezone: Zone | None = None


class SmartSettings(_Section):
    """SMART Backend Services. ``key_file`` holds the private key (PEM, JWK or JWK set), beside the
    settings; without ``token_url`` the server is asked for it. ``jwks_url`` is where the server
    may fetch the public key; `readback fhir keys` prints it."""

    client_id: Filled
    key_file: Path
    scope: Filled = "system/*.read"
    token_url: Address = ""
    jwks_url: Address = ""


class FhirSettings(_Section):
    """One FHIR R4 server that is polled. ``authorities`` maps the system of an identifier to the
    issuer's name in HL7 v2, so that both speak of the same order.

    ``token_env`` and ``hook_secret_env`` name environment variables; what those hold is put into
    ``token`` and ``hook_secret`` when the settings are loaded."""

    name: Annotated[str, BeforeValidator(_source_name)]
    base_url: Annotated[Address, Field(min_length=1)]
    query: Annotated[str, BeforeValidator(_query)] = "category=RAD,LP29684-5"
    poll_seconds: int = Field(default=30, strict=True, ge=1, le=3600)
    overlap_seconds: int = Field(default=300, strict=True, ge=0, le=86_400)
    timezone: Zone | None = None
    authorities: dict[str, Filled] = Field(default_factory=dict)
    token_env: str = ""
    token: SecretStr | None = None
    smart: SmartSettings | None = None
    hook_secret_env: str = ""
    hook_secret: SecretStr | None = Field(default=None, min_length=16)
    subscribe: bool = False


class SlackSettings(_Section):
    """``phi`` is where the finding may stand: nowhere, in the modal, or in messages as well."""

    phi: Literal["none", "modal", "message"] = "none"
    api_url: Address = SLACK_API


class TwilioSettings(_Section):
    """``sender`` is the key ``from``: the number that the messages come from."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    sender: Phone = Field(default="", alias="from")
    api_url: Address = TWILIO_API


class WebSettings(_Section):
    """``public_url`` is how Twilio reaches this server; without it no SMS reply comes back."""

    host: Filled = "127.0.0.1"
    port: Port = 8080
    public_url: Address = ""


class LogSettings(_Section):
    """ "auto" is pretty on a terminal and JSON anywhere else."""

    format: Literal["auto", "pretty", "json"] = "auto"


class Secrets(_Section):
    """From the environment only, under the names that Slack and Twilio use themselves."""

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    twilio_account_sid: SecretStr | None = None
    twilio_auth_token: SecretStr | None = None


class Settings(_Section):
    """Everything the site has set. Nothing in its repr is secret."""

    site: SiteSettings
    database: DatabaseSettings = DatabaseSettings()
    hl7: Hl7Settings = Hl7Settings()
    fhir: tuple[FhirSettings, ...] = ()
    slack: SlackSettings = SlackSettings()
    twilio: TwilioSettings = TwilioSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    secrets: Secrets = Secrets()

    def missing_for_slack(self) -> tuple[str, ...]:
        """The names of what Slack (Socket Mode) still needs; empty where it can start."""
        needed = ("slack_bot_token", "slack_app_token")
        return tuple(name.upper() for name in needed if getattr(self.secrets, name) is None)

    def missing_for_twilio(self) -> tuple[str, ...]:
        """The names of what SMS still needs; empty where it can start."""
        needed = ("twilio_account_sid", "twilio_auth_token")
        missing = [name.upper() for name in needed if getattr(self.secrets, name) is None]
        return (*missing, *(() if self.twilio.sender else ("twilio.from",)))
