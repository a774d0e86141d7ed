"""What the tests of retention start from: versions that came long ago, and what is removed."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from bot.domain.report import KeyKind, OrderNumber, Report, ReportKey
from bot.domain.triage import Triage
from storage import messages, orders, reports, retention, tables
from storage.columns import EPOCH
from storage.database import Database
from storage.loaded import AlertFacts
from storage.retention import Old, Place, Removed
from tests.storage import given
from tests.storage.given import DAY, NOW, REPORT

LIMIT = NOW - 400 * DAY
OLD = LIMIT - DAY


def numbered(accession: str, *others: OrderNumber) -> tuple[OrderNumber, ...]:
    return (OrderNumber(KeyKind.ACCESSION, accession, "LAKESIDE"), *others)


def placed(value: str) -> OrderNumber:
    return OrderNumber(KeyKind.PLACER, value, "EHR")


def received(
    c: Connection,
    accession: str,
    at: datetime = OLD,
    *others: OrderNumber,
    category: str | None = None,
    content: str = "c1",
) -> str:
    """A version comes in with a message of its own, whose id is returned."""
    data = f"{accession} {content} {at}".encode()
    message_id = messages.keep(c, given.raw(data), at, "reports", "").id
    version(c, accession, message_id, at, *others, category=category, content=content)
    return message_id


def version(
    c: Connection,
    accession: str,
    message_id: str,
    at: datetime,
    *others: OrderNumber,
    category: str | None = None,
    content: str = "c1",
) -> str:
    key = ReportKey("LAKESIDE", KeyKind.ACCESSION, accession)
    numbers = numbered(accession, *others)
    orders.know(c, key, numbers, REPORT.patient.identifiers)
    report: Report = replace(REPORT, key=key, content_hash=content, numbers=numbers)
    said = Triage(category, "rule", ())
    added = reports.add(c, report, message_id, said, "f1", at)
    assert added
    return added.report_id


def everything(database: Database) -> list[Old]:
    """All that the walk comes by, bit by bit."""
    found, place = [], Place(EPOCH)
    while old := database.look(lambda c, at=place: retention.look(c, LIMIT, at)):  # type: ignore[misc]
        found.append(old)
        place = old.last
    return found


def removed(database: Database) -> Removed:
    total = Removed()
    for old in everything(database):
        total += database.run(lambda c, one=old: retention.remove(c, LIMIT, one))  # type: ignore[misc]
    return total


def has_bytes(database: Database, message_id: str) -> bool:
    return bool(database.look(lambda c: messages.load(c, message_id)).data)


def accessions(database: Database) -> set[str]:
    """The orders that have versions; the same must have numbers."""
    named = select(tables.order_numbers.c.key_value).distinct()
    kept = select(tables.reports.c.key_value).distinct()
    known = set(database.look(lambda c: c.execute(kept).scalars().all()))
    assert known == set(database.look(lambda c: c.execute(named).scalars().all()))
    return known


def key(accession: str) -> ReportKey:
    return ReportKey("LAKESIDE", KeyKind.ACCESSION, accession)


def facts() -> AlertFacts:
    return AlertFacts("CT HEAD", "CT", "A1", None)
