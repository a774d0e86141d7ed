"""One version of one imaging report, as a source read it, and the order of its versions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from bot.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier with the authority that issued it (XCN.1 with XCN.9, CX.1 with CX.4)."""

    value: str
    authority: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """A clinician as a message names one; resolved to a person by identifier, never by name."""

    identifiers: tuple[Identifier, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """Who the report is about. Protected health information, every field of it."""

    identifiers: tuple[Identifier, ...] = ()
    name: str = ""
    birth_date: str = ""
    sex: str = ""


class KeyKind(StrEnum):
    """Which of the order's identifiers names the alert, best first."""

    ACCESSION = "accession"
    FILLER = "filler"
    PLACER = "placer"
    PLACE = "place"
    """Where a FHIR server keeps the report: whatever numbers its versions bring, it is the same."""
    MESSAGE = "message"
    """No order could be made out: the digest of the message itself keeps it from being lost."""


@dataclass(frozen=True, slots=True)
class ReportKey:
    """What makes two messages speak of the same order's result.

    Accession numbers repeat across sites, so the issuing authority is part of the key.
    """

    authority: str
    kind: KeyKind
    value: str


@dataclass(frozen=True, slots=True)
class OrderNumber:
    """One of the numbers by which an order is known, as the sender wrote it.

    ``stated`` is False where the sender named no authority: it is the facility's by assumption.
    """

    kind: KeyKind
    value: str
    authority: str = ""
    stated: bool = True


class Status(IntEnum):
    """How finished a version is, ranked; the rank breaks ties between equal status times.

    HL7 tables 0123 (OBR-25) and 0085 (OBX-11): P and its kin are PRELIMINARY; F is FINAL;
    B (appended) is ADDENDED; A in OBX-11 and C are CORRECTED; X, D and W are WITHDRAWN.
    """

    PRELIMINARY = 0
    FINAL = 1
    ADDENDED = 2
    CORRECTED = 3
    WITHDRAWN = 4


@dataclass(frozen=True, slots=True)
class Flag:
    """A coded value or a dictated macro that may decide the category, and where it stood
    ("OBX[3]-8"). ``category`` is not empty where a rule for its sender says what it means."""

    value: str
    system: str
    where: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Addendum:
    """Text added to a report, with the flags that stand on the addendum itself.

    An addendum without a flag of its own ("called to Dr. A.") must not reopen an alert.
    """

    text: str
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A finalized, preliminary or withdrawn report, free of any wire format.

    ``status_at`` orders the versions, and ``sent_at`` (MSH-7, meta.lastUpdated) those of one status
    time; ``finalized_at`` (OBR-22) and ``discovered_at`` open the window. All four are aware or
    None; ``time_notes`` says in words what could not be used.
    ``content_hash`` covers everything clinical and leaves out the message's envelope, so that
    the same report sent again under another control id is recognized. ``resource`` names the FHIR
    resource whose state this is: a server never shows an older one again. ``study_uid`` is DICOM's
    Study Instance UID. ``numbers`` are all that the version names its order by, ``key`` is made of
    the best of them. ``called`` quotes what documents that somebody was told of the finding
    already, attempts left out. ``machine`` is True where no human signed the interpretation.
    """

    key: ReportKey
    status: Status
    status_at: datetime | None
    finalized_at: datetime | None
    discovered_at: datetime | None
    content_hash: str
    exam: str
    modality: str
    text: str
    impression: str
    addenda: tuple[Addendum, ...]
    flags: tuple[Flag, ...]
    patient: Patient
    ordering: tuple[Provider, ...]
    attending: tuple[Provider, ...]
    copies_to: tuple[Provider, ...]
    radiologist: Provider | None
    accession: str
    filler: str
    placer: str
    processing_id: str
    sender: str
    control_id: str
    patient_class: str = ""
    location: str = ""
    time_notes: tuple[str, ...] = ()
    study_uid: str = ""
    called: str = ""
    machine: bool = False
    sent_at: datetime | None = None
    resource: str = ""
    numbers: tuple[OrderNumber, ...] = ()


ROUTINE = "routine"
REISSUED = "issued again after it was withdrawn, without saying how urgent it is"


@dataclass(frozen=True, slots=True)
class Version:
    """What the order of versions needs to know of one stored report.

    ``category`` is None where this version says nothing about it: a missing flag never lowers
    what an earlier version said. ``finding_hash`` covers what somebody acknowledges: the
    impression and the addenda that carry a flag. ``review`` says why a coordinator must look.
    Times are as stated; receipt stands in for those that are not.
    """

    report_id: str
    status: Status
    status_at: datetime
    sent_at: datetime
    received_at: datetime
    content_hash: str
    category: str | None
    finding_hash: str
    review: str = ""
    resource: str = ""

    @property
    def sent(self) -> datetime:
        """Nothing was sent after it was received: a clock that is ahead gains nothing."""
        return min(self.sent_at, self.received_at)


@dataclass(frozen=True, slots=True)
class Settled:
    """What all versions received so far amount to.

    ``category`` is the one in force, ROUTINE where none ever asked for an alert;
    ``ever_flagged`` tells a downgraded or withdrawn result from one that was always routine, and
    ``flagged_category`` is the last category that asked for an alert.
    """

    newest: Version
    category: str = ROUTINE
    flagged_category: str = ""
    finding_hash: str = ""
    review: str = ""
    ever_flagged: bool = False

    @property
    def withdrawn(self) -> bool:
        """The newest version deletes the result or marks it wrong."""
        return self.newest.status is Status.WITHDRAWN


def settle(versions: Iterable[Version], policy: Policy) -> Settled | None:
    """Fold the versions, in their order and not that of arrival, into what holds now.

    Preliminary versions do not count. None where nothing final was received yet.
    """
    folded = _folded(versions, policy)
    return folded[-1] if folded else None


def counted(versions: Iterable[Version], policy: Policy) -> list[Version]:
    """Those that have a say in what holds, oldest first by their order."""
    return [settled.newest for settled in _folded(versions, policy)]


def _folded(versions: Iterable[Version], policy: Policy) -> list[Settled]:
    """What held after each version that counted."""
    folded: list[Settled] = []
    known: set[str] = set()
    for version in in_order((v for v in versions if v.status > Status.PRELIMINARY), policy):
        settled = folded[-1] if folded else None
        sent_again = version.content_hash in known
        known.add(version.content_hash)
        if settled and sent_again and _adds_nothing(settled, version, policy):
            continue
        folded.append(_after(settled or Settled(version), version))
    return folded


def _adds_nothing(settled: Settled, version: Version, policy: Policy) -> bool:
    """Content that came before: a copy of what holds, or an old version that a sender repeats.

    The latter counts where it asks for more than what holds, or outranks it. A lost page is worse
    than a needless one: what is repeated at the same rank does not lower the category.
    """
    if version.content_hash == settled.newest.content_hash:
        return True
    held, milder = settled.newest.status, 0
    if version.category:
        milder = policy.severity(version.category) - policy.severity(settled.category)
    if settled.withdrawn or milder < 0:
        return False
    return version.status <= held if milder else version.status < held


# ---- the order of versions ------------------------------------------------------------------

_Place = tuple[datetime, datetime, Status, int, str, datetime]


def in_order(versions: Iterable[Version], policy: Policy) -> list[Version]:
    """Oldest first, whichever way they arrived: by status time, then by the time of sending, then
    by status rank; of what is still equal the most severe holds, then the content hash decides.
    """
    told = list(versions)
    since = _received_first(told)
    reached: dict[str, datetime] = {}
    placed: list[tuple[_Place, Version]] = []
    for version in sorted(told, key=lambda v: (v.sent, v.status_at, v.status, v.content_hash)):
        # Nothing was reached after it was first received.
        at = min(version.status_at, since[version.content_hash, version.status_at])
        if version.resource:
            at = reached[version.resource] = max(at, reached.get(version.resource, at))
        placed.append((_place(at, version, policy), version))
    return [version for _, version in sorted(placed, key=lambda one: one[0])]


def _received_first(versions: list[Version]) -> dict[tuple[str, datetime], datetime]:
    """When the same content with the same status time was received first."""
    found: dict[tuple[str, datetime], datetime] = {}
    for version in versions:
        same = (version.content_hash, version.status_at)
        found[same] = min(version.received_at, found.get(same, version.received_at))
    return found


def _place(at: datetime, version: Version, policy: Policy) -> _Place:
    milder = policy.severity(version.category) if version.category else len(policy.categories) + 1
    return (at, version.sent, version.status, -milder, version.content_hash, version.sent_at)


# ---- one version after the other ------------------------------------------------------------


def _after(before: Settled, version: Version) -> Settled:
    said = version.category is not None
    category = version.category or before.category
    withdrawn = version.status is Status.WITHDRAWN
    return Settled(
        newest=version,
        category=category,
        flagged_category=before.flagged_category if category == ROUTINE else category,
        # A withdrawal says nothing of the finding: a later correction is compared with what stood.
        finding_hash=before.finding_hash if withdrawn else version.finding_hash,
        review=version.review if said else before.review or _reissued(before, version),
        ever_flagged=before.ever_flagged or category != ROUTINE,
    )


def _reissued(before: Settled, version: Version) -> str:
    """After an explicit withdrawal a missing flag may mean either thing: a person must look."""
    again = before.withdrawn and version.status is not Status.WITHDRAWN
    return REISSUED if again and before.category != ROUTINE else ""
