"""What a setting can be: the kinds that several sections use. A check raises ``ValueError(what,
cure)``."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bot.domain.person_fields import timezone
from bot.domain.viewer import address_parts

_SOURCE_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


def _zone(value: object) -> object:
    return ZoneInfo(timezone(value)) if isinstance(value, str) else value


def _filled(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("is empty", "Fill it in.")
    return value


def _name_in_hl7(value: object) -> object:
    """As a message is read, of which the first component counts."""
    if not isinstance(value, str):
        return value
    first, caret, _ = value.partition("^")
    if caret:
        cure = f'Write what stands before the first: "{first.strip()}".' if first.strip() else ""
        raise ValueError("holds a ^", cure or "Write a name without one.")
    return value.strip()


def _web_address(value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    parts = address_parts(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is no web address", 'Write it whole: "https://host" or "http://host:1".')
    if parts.query or parts.fragment or parts.username:
        raise ValueError("holds more than an address", "Leave out user names, ? and #.")
    return value


def _source_name(value: object) -> object:
    if not isinstance(value, str) or _SOURCE_NAME.fullmatch(value):
        return value
    raise ValueError("is no short name", 'Write small letters, digits and hyphens: "epic".')


def _network(value: object) -> object:
    cure = 'Write one as in "10.1.0.0/16", or a single address.'
    text = str(value).strip() if isinstance(value, str) else ""  # a number passes for an address
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("is no network", cure) from None
    address = text.partition("/")[0]
    if meant.num_addresses > 1 and ip_network(address) != ip_network(meant.network_address):
        raise ValueError("names an address within a network", f'Write "{meant}", or "{address}".')
    return meant


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Filled = Annotated[str, BeforeValidator(_filled)]
NameInHl7 = Annotated[str, BeforeValidator(_name_in_hl7)]
"""A name as it is compared with a field: one with the other components of its field never fits."""
FilledInHl7 = Annotated[Filled, BeforeValidator(_name_in_hl7)]
Capitals = Annotated[Filled, AfterValidator(lambda text: text.strip().upper())]
Address = Annotated[str, BeforeValidator(_web_address)]
SourceName = Annotated[str, BeforeValidator(_source_name)]
IfPreliminary = Literal["ignore", "notify", "open"]
"""The names of domain.report.Preliminary."""
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


class Section(BaseModel):
    """A table of the file: frozen, and with no key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
