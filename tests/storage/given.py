"""What the tests of storage start from: people, a policy, messages, reports and alerts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable

from bot.domain.alert import Alert
from bot.domain.coverage import Role
from bot.domain.effects import SendNotice, SendPage
from bot.domain.message import RawMessage, Reports
from bot.domain.page import Notice, Slip
from bot.domain.people_file import PersonRow
from bot.domain.policy import CategoryPolicy, Step
from bot.domain.report import (
    Flag,
    Identifier,
    KeyKind,
    Patient,
    Provider,
    Report,
    ReportKey,
    Status,
)
from bot.domain.triage import Triage
from storage import alerts, messages, outbox, people, reports
from storage.database import Database
from storage.ids import new_id
from storage.loaded import AlertFacts

T = TypeVar("T")
NOW = datetime(2026, 3, 2, 14, 30, 0, 123456, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CRITICAL = CategoryPolicy(
    name="critical",
    severity=0,
    window=HOUR,
    least_gap=3 * MINUTE,
    stale_after=DAY,
    steps=(
        Step(0 * MINUTE, Role.ORDERING_PROVIDER, ("slack", "sms")),
        Step(30 * MINUTE, Role.DESIGNEE, ("slack", "sms")),
        Step(45 * MINUTE, Role.COORDINATOR, ("slack", "sms"), please_phone=True),
    ),
    repeat_every=10 * MINUTE,
    repeat_channels=("slack", "sms"),
)
ADAMS = PersonRow(
    line=2,
    npi="1234567893",
    local_ids=(Identifier("77", "LAKESIDE"),),
    name="Dr. Adams",
    email="adams@example.org",
    mobile="+13125550101",
    slack=("T1", "U1"),
    timezone="America/Chicago",
    roles=(),
    designee_npi="1000000004",
)
BAKER = replace(
    ADAMS,
    line=3,
    npi="1000000004",
    local_ids=(),
    name="Dr. Baker",
    email="",
    mobile="+13125550102",
    slack=("T1", "U2"),
    designee_npi="",
)
COLE = replace(
    BAKER,
    line=4,
    npi="",
    local_ids=(Identifier("C1", "LAKESIDE"),),
    name="Cole",
    mobile="+13125550103",
    slack=("T1", "U3"),
    roles=("coordinator",),
)
EVERYBODY = (ADAMS, BAKER, COLE)
KEY = ReportKey("LAKESIDE", KeyKind.ACCESSION, "A1")
REPORT = Report(
    key=KEY,
    status=Status.FINAL,
    status_at=NOW,
    finalized_at=NOW,
    discovered_at=None,
    content_hash="c1",
    exam="CT HEAD",
    modality="CT",
    text="FINDINGS: a bleed.",
    impression="Bleed.",
    addenda=(),
    flags=(Flag("RID49480", "RADLEX", "OBX[3]-8"),),
    patient=Patient((Identifier("M1", "LAKESIDE", "MR"),), "DOE^JANE"),
    ordering=(Provider((Identifier("1234567893", "NPI", "NPI"),)),),
    attending=(),
    copies_to=(),
    radiologist=None,
    accession="A1",
    filler="",
    placer="",
    processing_id="P",
    sender="RIS",
    control_id="C1",
)
TRIAGE = Triage("critical", "OBX[3]-8=RID49480", REPORT.flags)


def raw(data: bytes = b"MSH|^~\\&|", control_id: str = "C1") -> RawMessage:
    """A message of these bytes."""
    digest = sha256(data).hexdigest()
    return RawMessage(data, len(data), digest, "hl7", "RIS", control_id, "P", Reports((REPORT,)))


def stored_message(c: Connection, data: bytes = b"MSH|^~\\&|") -> str:
    """The id of a message that is kept."""
    return messages.keep(c, raw(data), NOW, "reports", "").id


def stored_report(c: Connection, report: Report = REPORT) -> str:
    """The id of a report that is stored with a message."""
    version = reports.add(c, report, stored_message(c), TRIAGE, "f1", NOW)
    assert version
    return version.report_id


def person_named(c: Connection, name: str) -> str:
    """The id of this person."""
    return next(person.id for person in people.everybody(c) if person.name == name)


def alert(report_id: str = "", **changes: Any) -> Alert:
    """An alert that nobody owns yet. Its key and reference are its own."""
    own = new_id()
    start = Alert(
        id=own,
        ref=own[-8:],
        key=ReportKey("LAKESIDE", KeyKind.ACCESSION, own),
        policy=CRITICAL,
        window_opens_at=NOW,
        due_at=NOW + HOUR,
        opened_at=NOW,
        report_id=report_id,
        finding_hash="f1",
    )
    return replace(start, **changes)


def opened(database: Database, **changes: Any) -> Alert:
    """An alert in the database, of Dr. Adams's patient."""

    def unit(c: Connection) -> Alert:
        new = alert(**changes)
        alerts.insert(c, new, AlertFacts("CT HEAD", "CT", "A1", person_named(c, "Dr. Adams")))
        return alerts.load(c, new.id)

    return database.run(unit)


def changed(database: Database, alert_id: str, now: datetime = NOW, **changes: Any) -> Alert:
    """The alert after these changes were saved."""

    def unit(c: Connection) -> Alert:
        before = alerts.load(c, alert_id)
        after = replace(before, **changes)
        alerts.save(c, after, before, now)
        return after

    return database.run(unit)


def slip(person_id: str, channel: str = "slack", notice: Notice | None = None) -> Slip:
    """A page or notice to the ordering provider."""
    return Slip(person_id, Role.ORDERING_PROVIDER, channel, 1, notice=notice)


def put_page(
    database: Database, about: Alert, person_id: str, notice: Notice | None = None
) -> None:
    """A page, or a notice, of this alert to this person."""
    put = slip(person_id, notice=notice)
    effect = SendNotice(put, NOW) if notice else SendPage(put, NOW)
    database.run(lambda c: outbox.put(c, about.id, [effect], NOW, version=1))


def executing(statement: Executable) -> Callable[[Connection], None]:
    """A unit of work that gets past the modules of storage."""

    def unit(c: Connection) -> None:
        c.execute(statement)

    return unit


def table_count(table: Any) -> Callable[[Connection], int]:
    """How many rows there are."""
    return lambda c: len(c.execute(table.select()).all())
