"""The settings as frozen values. A check that fails raises ``ValueError(what, cure)``."""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PrivateAttr, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.domain.coverage import Calls
from bot.domain.profile import Feeds, Profile
from bot.domain.report import Preliminary
from bot.domain.shadow import Shadow
from bot.domain.wording import LONGEST_NUMBER, fits_beside_a_code
from bot.settings.folders import FolderSettings
from bot.settings.kinds import (
    Address,
    Capitals,
    Filled,
    FilledInHl7,
    IfPreliminary,
    Network,
    Section,
    Zone,
)
from bot.settings.problems import Lines, Problem, place
from bot.settings.profiles import ProfileSettings
from bot.settings.servers import FhirSettings
from bot.settings.shadow import Day, Mode, too_far

SLACK_API = "https://slack.com/api/"
TWILIO_API = "https://api.twilio.com"
LEAST_DAYS_KEPT = 90
_E164 = re.compile(r"\+[1-9]\d{6,14}")
# As people write it; three digits are the shortest that a hospital's own exchange has.
_DIALABLE = re.compile(
    r"(?=(?:[^0-9A-Z]*[0-9]){3})[+(]?[0-9(][0-9 .()-]*(?:(?:ext\.?|x) ?[0-9]+)?", re.IGNORECASE
)


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
    except (ArgumentError, ValueError):  # a port that is no number
        raise ValueError("is no database URL", cure) from None
    if url.get_backend_name() not in {"sqlite", "postgresql", "postgres"}:
        raise ValueError("names a database that Readback does not run on", cure)
    if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
        raise ValueError("names no file", cure)
    return value


def _callback(value: str) -> str:
    number = _fitting(value.strip(" "))
    if _DIALABLE.fullmatch(number):
        return number
    cure = 'Digits, + - . ( ) and spaces, then "x" and an extension: "312-555-0100 x 4411".'
    raise ValueError("is no number that people can dial", cure)


def _fitting(value: str) -> str:
    if fits_beside_a_code(value):
        return value
    cure = f"Write the number alone, {LONGEST_NUMBER} characters at most: 312-555-0100 x 4411."
    raise ValueError("is too long for an SMS, which would have to leave it out", cure)


def _days_kept(value: int) -> int:
    if value and value < LEAST_DAYS_KEPT:
        cure = f"Write {LEAST_DAYS_KEPT} or more, or 0 to keep everything."
        raise ValueError("is too short for corrections to find what they correct", cure)
    return value


Callback = Annotated[Filled, AfterValidator(_callback)]
Phone = Annotated[str, BeforeValidator(_number)]
Port = Annotated[int, Field(strict=True, ge=0, le=65535)]


class SiteSettings(Section):
    """``timezone`` is that of people and senders who name none. ``callback_number`` is what a page
    tells people to call, in any spelling they can dial. Without ``policy`` the packaged one. In
    ``mode`` "shadow" nobody is paged, through the day ``shadow_until``. A channel that has not been
    answered by for ``prove_within_months`` is one that `readback check` names."""

    name: Filled
    timezone: Zone
    callback_number: Callback
    policy: Path | None = None
    mode: Mode = "live"
    shadow_until: Day | None = None
    prove_within_months: int = Field(default=6, strict=True, ge=1, le=60)


class DatabaseSettings(Section):
    """The URL may hold a password, so it is never shown."""

    url: Annotated[str, BeforeValidator(_database)] = Field(
        default="sqlite:///readback.db", repr=False
    )


class RetentionSettings(Section):
    """After ``routine_days`` what belongs to no alert is removed; 0 keeps everything."""

    routine_days: Annotated[int, AfterValidator(_days_kept)] = Field(
        default=0, strict=True, ge=0, le=36_500
    )


class Hl7Settings(Section):
    """The MLLP listener. ``on_unusable`` is what the sender hears of a message that went to
    quarantine: "accept" AA with a warning, "reject" AE or AR. Port 0 takes any free one.
    ``machines`` are sending applications (MSH-3) and interpreters (OBR-32, and in FHIR
    resultsInterpreter: id, AUTHORITY:ID or name) that are no people: what they find is reviewed
    before anybody is paged. ``preliminary`` is what a flagged report does before it is final, for
    senders whose profile does not say. After ``silence_minutes`` without any message the
    coordinators are told; 0 is never.

    With ``tls_certificate`` and ``tls_key`` (PEM files) it speaks TLS alone; with
    ``tls_client_ca`` each sender needs a certificate that one of these CAs has signed. ``allow``
    is where senders may connect from; empty is anywhere."""

    host: Filled = "127.0.0.1"
    port: Port = 2575
    on_unusable: Literal["accept", "reject"] = "accept"
    processing_ids: tuple[Capitals, ...] = Field(default=("P",), min_length=1)
    max_message_bytes: int = Field(default=10_000_000, strict=True, ge=65_536, le=100_000_000)
    silence_minutes: int = Field(default=0, strict=True, ge=0, le=10_080)
    timezone: Zone | None = None
    machines: tuple[FilledInHl7, ...] = ()
    preliminary: IfPreliminary = "ignore"
    allow: tuple[Network, ...] = ()
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    profile: tuple[ProfileSettings, ...] = ()

    def feeds(self, preliminary: IfPreliminary | None = None) -> Feeds:
        """What the reader has to know of the senders. ``preliminary`` goes before the listener's,
        for messages that come another way."""
        machines = frozenset(name.strip().upper() for name in self.machines)
        usual = Preliminary(preliminary or self.preliminary)
        profiles = tuple(profile.made(usual) for profile in self.profile)
        return Feeds(profiles, machines, Profile(preliminary=usual))


class SlackSettings(Section):
    """``phi`` is where the finding may stand: nowhere, in the modal, or in messages as well.
    ``viewer_url_template`` is how the site's viewer is told which study: see domain/viewer.py.
    ``connections``: Socket Mode connections of each copy; Slack takes ten of one app. In ``mode``
    "http" Slack sends signed requests to web.public_url instead. ``messages_per_second`` is Slack's
    limit to one conversation, ten times that at once."""

    mode: Literal["socket", "http"] = "socket"
    phi: Literal["none", "modal", "message"] = "none"
    connections: int = Field(default=2, strict=True, ge=1, le=10)
    viewer_url_template: str = ""
    messages_per_second: float = Field(default=1.0, gt=0, le=1000)
    api_url: Address = SLACK_API


class TwilioSettings(Section):
    """``sender`` is the key ``from``: the number that the messages come from; ``call_from`` the one
    that calls come from, without which no phone rings. ``poll_seconds`` is how often Twilio is
    asked for replies and receipts where no ``web.public_url`` brings them. ``messages_per_second``
    and ``calls_per_second`` are what the numbers may send; each copy needs its share.
    ``messages_to_one_number`` is what one phone may get in 30 seconds."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    sender: Phone = Field(default="", alias="from")
    call_from: Phone = ""
    messages_per_second: float = Field(default=10.0, gt=0, le=1000)
    messages_to_one_number: int = Field(default=15, strict=True, ge=1, le=100_000)
    calls_per_second: float = Field(default=1.0, gt=0, le=100)
    poll_seconds: float = Field(default=2.0, ge=0.1, le=60)
    api_url: Address = TWILIO_API


class WebSettings(Section):
    """``public_url`` is how Twilio reaches this server; without it Twilio is asked for replies and
    receipts, and nothing has to be reachable from outside. ``heartbeat_url`` is asked for each
    minute, by which whoever is there knows that Readback works; it may hold a secret."""

    host: Filled = "127.0.0.1"
    port: Port = 8080
    public_url: Address = ""
    heartbeat_url: Address = Field(default="", repr=False)


class LogSettings(Section):
    """ "auto" is pretty on a terminal and JSON anywhere else."""

    format: Literal["auto", "pretty", "json"] = "auto"


class Secrets(Section):
    """From the environment only, under the names that Slack and Twilio use themselves."""

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    twilio_account_sid: SecretStr | None = None
    twilio_auth_token: SecretStr | None = None


class Settings(Section):
    """Everything the site has set. Nothing in its repr is secret."""

    site: SiteSettings
    database: DatabaseSettings = DatabaseSettings()
    retention: RetentionSettings = RetentionSettings()
    hl7: Hl7Settings = Hl7Settings()
    fhir: tuple[FhirSettings, ...] = ()
    folder: tuple[FolderSettings, ...] = ()
    slack: SlackSettings = SlackSettings()
    twilio: TwilioSettings = TwilioSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    secrets: Secrets = Secrets()
    _lines: Lines = PrivateAttr(default_factory=dict)

    def written(self, lines: Lines) -> Self:
        """The same, knowing on which line of its file each key stands."""
        self._lines = lines
        return self

    def place(self, *path: str | int) -> str:
        """Where that is set: ``folder[1].path (line 12)``; without a line, in the environment."""
        known = path in self._lines
        return place(path, self._lines) if known else ".".join(map(str, path))

    @property
    def calls(self) -> Calls:
        """Whether the site can ring phones, and whether a call can be answered by keys."""
        if not self.twilio.call_from:
            return Calls.NONE
        return Calls.KEYS if self.web.public_url else Calls.ANNOUNCE

    @property
    def shadow(self) -> Shadow | None:
        """None where people are paged."""
        site = self.site
        if site.mode == "live" or site.shadow_until is None:
            return None
        return Shadow(site.shadow_until, site.timezone)

    def far_end(self, now: datetime) -> list[Problem]:
        """What is wrong with the end of shadow mode, seen from the moment of the start (UTC)."""
        where = self.place("site", "shadow_until")
        return too_far(self.shadow, now, where) if self.shadow else []

    def missing_for_slack(self) -> tuple[str, ...]:
        """The names of what Slack still needs; empty where it can start."""
        way_in = "slack_app_token" if self.slack.mode == "socket" else "slack_signing_secret"
        needed = ("slack_bot_token", way_in)
        return tuple(name.upper() for name in needed if getattr(self.secrets, name) is None)

    def missing_for_twilio(self) -> tuple[str, ...]:
        """The names of what SMS still needs; empty where it can start."""
        needed = ("twilio_account_sid", "twilio_auth_token")
        missing = [name.upper() for name in needed if getattr(self.secrets, name) is None]
        return (*missing, *(() if self.twilio.sender else ("twilio.from",)))
