"""What a setting can be: the kinds that several sections use. A check raises ``ValueError(what,
cure)``."""

from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bot.domain.person_fields import timezone


def _zone(value: object) -> object:
    return ZoneInfo(timezone(value)) if isinstance(value, str) else value


def _filled(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("is empty", "Fill it in.")
    return value


def _web_address(value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is no web address", 'Write it whole: "https://host" or "http://host:1".')
    if parts.query or parts.fragment or parts.username:
        raise ValueError("holds more than an address", "Leave out user names, ? and #.")
    return value


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Filled = Annotated[str, BeforeValidator(_filled)]
Capitals = Annotated[Filled, AfterValidator(lambda text: text.strip().upper())]
Address = Annotated[str, BeforeValidator(_web_address)]


class Section(BaseModel):
    """A table of the file: frozen, and with no key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
