"""What differs from sender to sender, as data: where a fact stands, and what counts as a flag."""

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.report import Preliminary, Status

MOST_SEVERE = "*"
"""In place of a category's name: the first of the policy, whatever the site calls it."""


class Layout(StrEnum):
    """How the sections of a report are told apart."""

    AUTO = "auto"
    """By OBX-3, and by headings in text whose OBX-3 names none."""
    SEGMENTS = "segments"
    """By OBX-3 alone: lines that look like headings are text."""
    HEADINGS = "headings"
    """By headings alone: this sender's OBX-3 says nothing."""


class Section(StrEnum):
    """Where a line of a report belongs. RUNNING is text whose headings say it, COMMUNICATION tells
    who was called, STUDY is the Study Instance UID and no text at all."""

    RUNNING = "running"
    BODY = "body"
    IMPRESSION = "impression"
    ADDENDUM = "addendum"
    COMMUNICATION = "communication"
    STUDY = "study"


@dataclass(frozen=True, slots=True)
class Place:
    """A field of a segment, counted as HL7 does: OBR-25, ZCF-2."""

    segment: str
    field: int

    def __str__(self) -> str:
        return f"{self.segment}-{self.field}"


@dataclass(frozen=True, slots=True)
class Rule:
    """Gives a report its ``category`` (a name of the policy, or MOST_SEVERE).

    By ``code``, a coded value compared without regard to case: at ``at``, else wherever in an OBX
    or a Z segment it stands. Or by ``text``, a macro that begins a line or a statement, or
    stands in brackets; one that is denied ("No …", "…: none", an empty box) is none.
    """

    category: str
    code: str = ""
    text: str = ""
    at: Place | None = None


STATUS = (Place("OBR", 25), Place("OBR", 23), Place("OBX", 11))
CODED = (3, 5, 8, 15, 16, 17)
"""The fields of OBX seen to carry a RadLex code: question, answer, flags, producer, method; and the
observer's, where a sender has one field too many (so in the samples of an archive, dcm4che)."""
XCN_AUTHORITY = 9


@dataclass(frozen=True, slots=True)
class Profile:
    """How one sender writes. ``application`` is MSH-3 and ``facility`` MSH-4; empty fits any.

    ``status`` is where the result status stands, the first place that has one counts; OBX-11 of all
    observations also tells what was deleted. ``coded`` are the fields of OBX in which a category
    code may stand. ``authority_component`` is the component of XCN that names who issued an id,
    ``authority`` stands in where it is empty. ``timezone`` is for times without a zone, before the
    listener's. ``status_words`` are the sender's own for a status, in upper case; ``sections`` maps
    codes of OBX-3 and headings of running text, in upper case, to what they head.
    ``dictated_macros`` False leaves the macros that everybody knows unread. ``preliminary`` is what
    a flagged report of theirs does before it is final.
    """

    name: str = "standard"
    application: str = ""
    facility: str = ""
    status: tuple[Place, ...] = STATUS
    coded: tuple[int, ...] = CODED
    authority_component: int = XCN_AUTHORITY
    authority: str = ""
    timezone: ZoneInfo | None = None
    layout: Layout = Layout.AUTO
    sections: tuple[tuple[str, Section], ...] = ()
    status_words: tuple[tuple[str, Status], ...] = ()
    rules: tuple[Rule, ...] = ()
    dictated_macros: bool = True
    preliminary: Preliminary = Preliminary.IGNORE

    def fits(self, application: str, facility: str) -> bool:
        """Whether a message with these in MSH-3 and MSH-4 comes from this sender."""
        told = ((self.application, application), (self.facility, facility))
        return all(not own or own.casefold() == other.casefold() for own, other in told)


STANDARD = Profile()


@dataclass(frozen=True, slots=True)
class Feeds:
    """All that is known of the senders. ``machines`` are applications (MSH-3) and interpreters
    (OBR-32: id, AUTHORITY:ID, or name) that are no people, in upper case. ``standard`` is how
    everybody writes for whom there is no profile."""

    profiles: tuple[Profile, ...] = ()
    machines: frozenset[str] = frozenset()
    standard: Profile = STANDARD

    def of(self, application: str, facility: str) -> Profile:
        """The first profile that fits, else the standard one."""
        for profile in self.profiles:
            if profile.fits(application, facility):
                return profile
        return self.standard


NO_PROFILES = Feeds()
