"""What a source hands to the engine: the bytes as they came, and what could be read of them."""

from collections.abc import Callable, Collection
from dataclasses import field
from datetime import datetime

from bot.domain.report import Flag, OrderNumber, Patient, Report
from bot.domain.value import value

TOO_LARGE = "too-large"
"""The reason of a message over the limit: only its beginning was kept, it cannot be replayed."""


@value
class SetAside:
    """A sound message that carries no report (ADT, ORM …): acknowledged, counted, kept."""

    reason: str


@value
class Unusable:
    """A message for quarantine. ``reason`` is a slug that groups like cases.

    ``detail`` names the field and the cure and quotes no value. ``flags`` is what could still
    be made out: a flagged message opens an alert for the coordinator besides.
    ``error_code`` is from HL7 table 0357 and ``location`` an ERL such as "OBR^1^3", for ERR.
    ``numbers`` and ``patient`` are those of the order where they could be made out, ``sent_at``
    (aware) is when it says that it was sent, ``resource`` as in Report; ``content`` is the digest
    of the message without its envelope, the same when it is sent again; ``finding`` that of what it
    reports without its times, the same when it is made out anew; empty where that is not known.
    ``used`` where it is a part that a report is used without.
    """

    reason: str
    detail: str
    flags: tuple[Flag, ...] = ()
    error_code: str = "207"
    location: str = ""
    numbers: tuple[OrderNumber, ...] = ()
    patient: Patient = field(default_factory=Patient)
    content: str = ""
    finding: str = ""
    sent_at: datetime | None = None
    resource: str = ""
    used: bool = False

    @property
    def place(self) -> str:
        """The location as people write it: "OBR-3"; empty where it is about the whole message."""
        segment, _, field = (*self.location.split("^"), "", "")[:3]
        return f"{segment}-{field}" if field else segment


@value
class Reports:
    """The message carries these reports; preliminary ones too, which are kept and do not page.

    ``left`` are those of its orders that cannot be used: they wait for a person, the others do not;
    nor do these while the source is still looking for them (``to_follow``).
    """

    reports: tuple[Report, ...]
    left: tuple[Unusable, ...] = ()
    to_follow: bool = False


Reading = Reports | SetAside | Unusable


@value
class RawMessage:
    """One message as received. ``data`` is cut to the first 64 KB when it was over the limit.

    ``digest`` is the SHA-256 of everything that was received, ``size`` its length in bytes.
    ``source`` names the listener ("hl7"), ``sender`` the sending application and facility.
    ``content_of`` makes Unusable.content of the data, where that is another than ``digest``.
    """

    data: bytes
    size: int
    digest: str
    source: str
    sender: str
    control_id: str
    processing_id: str
    reading: Reading
    content_of: Callable[[bytes], str] | None = None

    @property
    def content(self) -> str:
        """By which an alert is known that stands in for this message: see Unusable."""
        return self.content_of(self.data) if self.content_of else self.digest

    def is_live(self, processing_ids: Collection[str]) -> bool:
        """Whether it may page. Feeds that leave MSH-11 out exist; taken for tests, their critical
        results would be lost."""
        return not self.processing_id or self.processing_id in processing_ids

    def is_test(self, processing_ids: Collection[str]) -> bool:
        """Said to be for training or debugging (table 0103), which pages nobody though it cannot be
        used; what says something else there may have been misread."""
        return self.processing_id in {"T", "D"} and not self.is_live(processing_ids)


@value
class Receipt:
    """What became of a message, after the commit. Only with this in hand may a source say yes.

    ``duplicate`` is True for an identical message received before: nothing happened again.
    ``quarantined`` is the reason's slug, or empty; ``detail`` is for the sender's eyes.
    """

    message_id: str
    duplicate: bool = False
    quarantined: str = ""
    detail: str = ""
    set_aside: str = ""
