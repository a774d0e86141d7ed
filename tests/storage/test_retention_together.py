"""Orders that share a number or a message, and copies that do the same at once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import Connection, update

from bot.domain.report import KeyKind, OrderNumber, ReportKey
from storage import orders, reports, retention, tables
from storage.database import Database
from storage.retention import Removed
from tests.storage import given
from tests.storage.ageing import (
    LIMIT,
    OLD,
    accessions,
    everything,
    has_bytes,
    placed,
    received,
    removed,
    version,
)
from tests.storage.given import NOW, REPORT


def test_a_message_of_several_orders_stays_as_long_as_one_of_them(database: Database) -> None:
    def unit(c: Connection) -> str:
        message_id = received(c, "A1")
        version(c, "A2", message_id, OLD, category="critical")
        return message_id

    both = database.run(unit)
    assert removed(database) == Removed(orders=1, reports=1)
    assert accessions(database) == {"A2"}
    assert has_bytes(database, both)


def test_a_message_of_more_orders_than_are_looked_at_together_goes_all_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST_TOGETHER", 2)

    def unit(c: Connection) -> None:
        message_id = received(c, "A1")
        for accession in ("A2", "A3"):
            version(c, accession, message_id, OLD)

    database.run(unit)
    assert removed(database) == Removed(orders=3, reports=3, messages=1)


def test_orders_that_share_a_number_go_together_or_stay_together(database: Database) -> None:
    """A2 shares one with A1 and one with A3, which came since; B1 and B2 are old both."""
    for accession, at, *numbers in (
        ("A1", OLD, "P1"), ("A2", OLD, "P1", "P2"), ("A3", NOW, "P2"),
        ("B1", OLD, "P7"), ("B2", OLD, "P7"),
    ):  # fmt: skip
        others = [placed(str(n)) for n in numbers]
        database.run(lambda c, a=accession, t=at, o=others: received(c, a, t, *o))  # type: ignore[misc]
    assert removed(database) == Removed(orders=2, reports=2, messages=2)
    assert accessions(database) == {"A1", "A2", "A3"}


def test_a_placers_number_is_no_accession(database: Database) -> None:
    database.run(lambda c: received(c, "A1"))
    database.run(lambda c: received(c, "A2", NOW, placed("A1")))
    assert removed(database) == Removed(orders=1, reports=1, messages=1)


def test_an_order_of_the_same_value_by_another_kind_of_number_is_another(
    database: Database,
) -> None:
    other = ReportKey("LAKESIDE", KeyKind.PLACER, "A1")

    def unit(c: Connection) -> None:
        received(c, "A1")
        report = replace(REPORT, key=other)
        orders.know(c, other, [OrderNumber(KeyKind.PLACER, "A1", "EHR")], ())
        assert reports.add(c, report, received(c, "A2", NOW), given.TRIAGE, "f1", NOW)

    database.run(unit)
    assert removed(database) == Removed(orders=1, reports=1, messages=1)
    assert accessions(database) == {"A1", "A2"}


@pytest.mark.parametrize("most", [2, 3])
def test_what_hangs_together_with_too_much_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Four in a row, of which the walk comes by the first: the others' messages came again."""
    monkeypatch.setattr(retention, "MOST_TOGETHER", most)

    def unit(c: Connection, number: int) -> None:
        shared = placed(f"P{number}"), placed(f"P{number + 1}")
        message_id = received(c, f"A{number}", OLD, *shared)
        again = update(tables.messages).where(tables.messages.c.id == message_id)
        c.execute(again.values(last_received_at=NOW if number else OLD))

    for number in range(4):
        database.run(partial(unit, number=number))
    assert removed(database) == Removed()
    monkeypatch.undo()
    assert removed(database) == Removed(orders=4, reports=4, messages=1)


def test_two_copies_that_do_the_same_at_once_remove_each_thing_once(database: Database) -> None:
    for number in range(60):
        database.run(lambda c, n=number: received(c, f"A{n}", OLD, placed("P")))  # type: ignore[misc]
    found = everything(database)
    assert len(found) == 60 // retention.AT_ONCE
    units: list[Callable[[Connection], Removed]] = [
        lambda c, one=old: retention.remove(c, LIMIT, one)  # type: ignore[misc]
        for old in (*found, *found)
    ]
    total = sum((done.result() for done in map(database.submit, units)), Removed())
    assert total == Removed(orders=60, reports=60, messages=60)
    assert accessions(database) == set()
