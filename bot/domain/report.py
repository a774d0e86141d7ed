"""One version of one imaging report, as a source read it."""

from datetime import datetime
from enum import IntEnum, StrEnum

from bot.domain.value import value


@value
class Identifier:
    """An identifier with the authority that issued it (XCN.1 with XCN.9, CX.1 with CX.4)."""

    value: str
    authority: str = ""
    kind: str = ""


@value
class Provider:
    """A clinician as a message names one; resolved to a person by identifier, never by name."""

    identifiers: tuple[Identifier, ...]
    name: str = ""


@value
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


@value
class ReportKey:
    """What makes two messages speak of the same order's result.

    Accession numbers repeat across sites, so the issuing authority is part of the key.
    """

    authority: str
    kind: KeyKind
    value: str


@value
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


class Preliminary(StrEnum):
    """What a flagged preliminary version does, as the site has set it for its sender."""

    IGNORE = "ignore"
    """It is kept, and how much earlier than the final one it was flagged is on record."""
    NOTIFY = "notify"
    """The reading radiologist is asked, by a notice, to phone; no alert opens."""
    OPEN = "open"
    """It opens the alert as a final one does, and may hold until there is one."""


@value
class Flag:
    """A coded value or a dictated macro that may decide the category, and where it stood
    ("OBX[3]-8"). ``category`` is not empty where a rule for its sender says what it means."""

    value: str
    system: str
    where: str
    category: str = ""


@value
class Addendum:
    """Text added to a report, with the flags that stand on the addendum itself.

    An addendum without a flag of its own ("called to Dr. A.") must not reopen an alert.
    """

    text: str
    flags: tuple[Flag, ...] = ()


@value
class Report:
    """A finalized, preliminary or withdrawn report, free of any wire format.

    ``status_at`` orders the versions, and ``sent_at`` (MSH-7, meta.lastUpdated) those of one status
    time; ``finalized_at`` (OBR-22) and ``discovered_at`` open the window. All four are aware or
    None; ``time_notes`` says in words what could not be used or was guessed.
    ``content_hash`` covers everything clinical and leaves out the message's envelope, so that
    the same report sent again under another control id is recognized. ``resource`` names the FHIR
    resource whose state this is: a server never shows an older one again. ``study_uid`` is DICOM's
    Study Instance UID. ``numbers`` are all that the version names its order by, ``key`` is made of
    the best of them. ``called`` quotes what documents that somebody was told of the finding
    already, attempts left out. ``machine`` is True where no human signed the interpretation.
    ``if_preliminary`` is the sender's, whatever the status. ``order`` is the filler's number as it
    is compared: what tells the reports of several orders on one accession apart; one report for
    several orders has them all, with blanks between. ``unread`` is a slug that says why a document
    in it could not be read, empty where none is missing. ``figures`` is True where all that it says
    are figures and coded answers, as the dose of an exam is sent.
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
    if_preliminary: Preliminary = Preliminary.IGNORE
    order: str = ""
    unread: str = ""
    figures: bool = False


ROUTINE = "routine"


def words_of(report: Report) -> tuple[str, ...]:
    """What it says, however its lines are broken; empty where it says nothing."""
    told = (report.text, *(addendum.text for addendum in report.addenda))
    words = tuple(" ".join(text.split()) for text in told)
    return words if any(words) else ()
