"""What the machine answers to what happens to an alert (domain.events)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.page import Notice, Slip


@dataclass(frozen=True, slots=True)
class SendPage:
    """Put a page into the outbox, to leave at once or ``not_before``."""

    slip: Slip
    not_before: datetime


@dataclass(frozen=True, slots=True)
class SendNotice:
    """Put a notice into the outbox."""

    slip: Slip
    not_before: datetime


@dataclass(frozen=True, slots=True)
class CancelPages:
    """Cancel every page of this alert that nobody has claimed yet, but calls to the person
    ``ringing``."""

    ringing: str = ""


@dataclass(frozen=True, slots=True)
class CancelNotices:
    """Cancel the notices of these kinds that nobody has claimed yet: something newer tells more.
    To this person, on whichever channel; to everybody where ``person_id`` is empty."""

    person_id: str
    kinds: frozenset[Notice]


@dataclass(frozen=True, slots=True)
class Record:
    """An audit entry. ``data`` holds JSON values and no patient identifier; only ``words``, a
    read-back as its person typed it, may speak of the finding."""

    what: str
    actor: str = "readback"
    data: Mapping[str, str | int | bool | None] = field(default_factory=dict)


Effect = SendPage | SendNotice | CancelPages | CancelNotices | Record
