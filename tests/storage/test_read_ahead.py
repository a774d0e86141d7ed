"""What was read ahead is what each unit would have read for itself, in fewer statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import Connection, event

from bot.domain.effects import CancelPages, Record, SendPage
from storage import alerts, audit, claims, outbox, tables
from storage.database import Database
from storage.read_ahead import read_ahead
from tests.storage import given as our
from tests.storage.given import NOW


@contextmanager
def counted(c: Connection) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*about: object) -> None:
        statements.append(str(about[2]))

    event.listen(c, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(c, "before_cursor_execute", note)


def work(c: Connection, alert_id: str, person: str, name: str) -> None:
    """What a step does: load, save, cancel what waits, put a page out, write the trail."""
    before = alerts.load(c, alert_id)
    alerts.save(c, replace(before, note=name), before, NOW)
    page = SendPage(our.slip(person, name), NOW)
    outbox.put(c, alert_id, [CancelPages(), page], NOW, version=1)
    audit.append(c, alert_id, [Record("page_due")], NOW)


def begin(clinic: Database, alert_id: str) -> None:
    clinic.run(lambda c: audit.append(c, alert_id, [Record("opened")], NOW))


def test_many_alerts_are_worked_on_as_if_each_were_alone(clinic: Database) -> None:
    adams = clinic.look(lambda c: our.person_named(c, "Dr. Adams"))
    some = [our.opened(clinic) for _ in range(3)]
    our.put_page(clinic, some[1], adams)
    for alert in some[:2]:
        begin(clinic, alert.id)

    def unit(c: Connection) -> None:
        read_ahead(c, [alert.id for alert in some])
        for number, alert in enumerate(some):
            assert alerts.load(c, alert.id) == alert
            work(c, alert.id, adams, f"n{number}")

    clinic.run(unit)
    claimed = clinic.run(lambda c: claims.claim(c, NOW, 1, 10))
    assert sorted(one.slip.channel for one in claimed) == ["n0", "n1", "n2"]
    for number, alert in enumerate(some):
        assert clinic.look(partial(alerts.load, alert_id=alert.id)).note == f"n{number}"
    chains = [clinic.look(partial(audit.chain, name=alert.id)) for alert in some]
    assert [[entry.what for entry in chain] for chain in chains] == [
        ["opened", "page_due"],
        ["opened", "page_due"],
        ["page_due"],
    ]
    assert clinic.look(audit.verify).ok


def test_an_alert_of_which_nothing_waits_then_takes_two_statements(clinic: Database) -> None:
    adams = clinic.look(lambda c: our.person_named(c, "Dr. Adams"))
    some = [our.opened(clinic).id for _ in range(4)]
    for alert_id in some:
        begin(clinic, alert_id)

    def unit(c: Connection) -> tuple[int, int, int]:
        with counted(c) as reads:
            read_ahead(c, some)
        with counted(c) as writes:
            for alert_id in some:
                work(c, alert_id, adams, "new")
        with counted(c) as trail:
            audit.write_out(c)
        return len(reads), len(writes), len(trail)

    reads, writes, trail = clinic.run(unit)
    assert reads <= 5  # alerts, chains, outbox; and once the directory and its policy
    assert (writes, trail) == (2 * len(some), 1)


def test_one_that_cannot_be_read_is_told_at_once(clinic: Database) -> None:
    good, bad = our.opened(clinic).id, our.opened(clinic).id
    spoil = tables.alerts.update().where(tables.alerts.c.id == bad).values(rest="no JSON")
    clinic.run(our.executing(spoil))
    with pytest.raises(ValueError, match="Expecting value"):
        clinic.run(lambda c: read_ahead(c, [good, bad]))
