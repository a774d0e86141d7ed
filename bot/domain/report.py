"""One version of one imaging report, as a source read it, and the order of its versions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


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

    ``status_at`` orders the versions; ``finalized_at`` (OBR-22) and ``discovered_at`` open the
    window. All three are aware or None; ``time_notes`` says in words what could not be used.
    ``content_hash`` covers everything clinical and leaves out the message's envelope, so that
    the same report sent again under another control id is recognized. ``study_uid`` is DICOM's
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
    numbers: tuple[OrderNumber, ...] = ()


ROUTINE = "routine"
REISSUED = "issued again after it was withdrawn, without saying how urgent it is"


@dataclass(frozen=True, slots=True)
class Version:
    """What the order of versions needs to know of one stored report.

    ``category`` is None where this version says nothing about it: a missing flag never lowers
    what an earlier version said. ``finding_hash`` covers what somebody acknowledges: the
    impression and the addenda that carry a flag. ``review`` says why a coordinator must look.
    """

    report_id: str
    status: Status
    status_at: datetime
    content_hash: str
    category: str | None
    finding_hash: str
    review: str = ""

    @property
    def order(self) -> tuple[datetime, Status, str]:
        """Status time, then status rank, then content hash: arrival order does not matter."""
        return (self.status_at, self.status, self.content_hash)


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


def settle(versions: Iterable[Version]) -> Settled | None:
    """Fold the versions, in their order and not that of arrival, into what holds now.

    Preliminary versions do not count. None where nothing final was received yet.
    """
    counted = sorted((v for v in versions if v.status > Status.PRELIMINARY), key=lambda v: v.order)
    settled: Settled | None = None
    for version in counted:
        settled = _after(settled or Settled(version), version)
    return settled


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
