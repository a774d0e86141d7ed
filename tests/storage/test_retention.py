"""What is old and belongs to no alert goes; all else stays."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select, update

from bot.domain.message import Unusable
from bot.domain.report import KeyKind, ReportKey
from storage import alerts, messages, quarantine, reports, retention, tables
from storage.database import Database
from storage.retention import Removed
from tests.storage import given
from tests.storage.ageing import (
    LIMIT,
    OLD,
    accessions,
    everything,
    facts,
    has_bytes,
    key,
    received,
    removed,
    version,
)
from tests.storage.given import NOW


def test_an_old_order_without_an_alert_goes_whole_and_a_newer_one_stays(database: Database) -> None:
    old = database.run(lambda c: received(c, "A1"))
    second = database.run(lambda c: received(c, "A1", content="c2"))
    late = database.run(lambda c: received(c, "A2", LIMIT))
    assert removed(database) == Removed(orders=1, reports=2, messages=2)
    assert accessions(database) == {"A2"}
    assert [has_bytes(database, one) for one in (old, second, late)] == [False, False, True]
    assert removed(database) == Removed()


def test_a_version_that_came_since_keeps_the_older_ones(database: Database) -> None:
    first = database.run(lambda c: received(c, "A1"))
    database.run(lambda c: received(c, "A1", NOW, content="c2"))
    assert removed(database) == Removed()
    assert has_bytes(database, first)


def test_the_row_of_a_message_stays_and_knows_it_again(database: Database) -> None:
    raw = given.raw(b"A1 c1")
    first = database.run(lambda c: messages.keep(c, raw, OLD, "reports", ""))
    assert removed(database) == Removed(messages=1)
    stored = database.look(lambda c: messages.load(c, first.id))
    assert (stored.is_removed, stored.size, stored.digest) == (True, raw.size, raw.digest)
    again = database.run(lambda c: messages.keep(c, raw, NOW, "reports", ""))
    assert (again.id, again.duplicate) == (first.id, True)
    assert has_bytes(database, first.id), "received now, kept as long as what is new"
    assert removed(database) == Removed()


def test_an_alert_keeps_its_orders_versions_and_messages(clinic: Database) -> None:
    def unit(c: Connection) -> list[str]:
        flagged = received(c, "A1", category="critical")
        routine = received(c, "A1", content="c2")
        (report_id,) = (v.report_id for v in reports.versions(c, key("A1")) if v.category)
        alerts.insert(c, given.alert(report_id, key=key("A1")), facts())
        return [flagged, routine]

    kept = clinic.run(unit)
    assert removed(clinic) == Removed()
    assert all(has_bytes(clinic, one) for one in kept)


def test_an_alert_keeps_its_order_whatever_the_versions_say(clinic: Database) -> None:
    clinic.run(lambda c: received(c, "A1"))
    clinic.run(lambda c: alerts.insert(c, given.alert(key=key("A1")), facts()))
    assert removed(clinic) == Removed()


def test_a_version_that_an_alert_shows_stays_whatever_its_order_is_now(clinic: Database) -> None:
    """Its order was joined to another that has no alert, and the newest version is not flagged."""

    def unit(c: Connection) -> None:
        report_id = version(c, "A1", received(c, "A2"), OLD)
        alert = given.alert(report_id, key=ReportKey("", KeyKind.MESSAGE, "joined/x"))
        alerts.insert(c, alert, facts())

    clinic.run(unit)
    assert removed(clinic) == Removed(orders=1, reports=1)
    assert accessions(clinic) == {"A1"}


@pytest.mark.parametrize("category", ["critical", "significant"])
def test_what_was_ever_flagged_stays(database: Database, category: str) -> None:
    database.run(lambda c: received(c, "A1", category=category))
    database.run(lambda c: received(c, "A1", category="routine", content="c2"))
    database.run(lambda c: received(c, "A2", category="routine"))
    assert removed(database) == Removed(orders=1, reports=1, messages=1)
    assert accessions(database) == {"A1"}


def quarantined(c: Connection) -> str:
    raw, why = given.raw(b"MSH|a"), Unusable("no-obr", "no OBR", (), "100", "OBR")
    message_id = messages.keep(c, raw, OLD, "quarantined", "no-obr").id
    return quarantine.put(c, message_id, raw, why, OLD).id


def test_what_waits_in_quarantine_keeps_its_bytes_until_somebody_dismisses_it(
    database: Database,
) -> None:
    entry = database.run(quarantined)
    assert removed(database) == Removed()
    database.run(lambda c: quarantine.dismissed(c, entry, NOW))
    assert removed(database) == Removed(messages=1)


def test_the_rest_of_a_message_that_waits_in_quarantine_stays_with_it(database: Database) -> None:
    def unit(c: Connection) -> str:
        message_id = received(c, "A1")
        why = Unusable("no-obr", "no OBR", (), "100", "OBR")
        return quarantine.put(c, message_id, given.raw(), why, OLD).id

    entry = database.run(unit)
    assert removed(database) == Removed()
    database.run(lambda c: quarantine.replayed(c, entry, NOW))
    assert removed(database) == Removed(orders=1, reports=1, messages=1)


def test_what_was_used_between_the_look_and_the_removal_stays(database: Database) -> None:
    """A correction has come, the same message again, and a replay of one."""
    database.run(lambda c: received(c, "A1"))
    raw = given.raw(b"again")
    again = database.run(lambda c: messages.keep(c, raw, OLD, "set_aside", "adt-a08")).id
    used = database.run(lambda c: messages.keep(c, given.raw(b"x"), OLD, "set_aside", "x")).id
    (old,) = everything(database)
    assert (len(old.orders), len(old.free)) == (1, 3)
    database.run(lambda c: received(c, "A1", NOW, content="c2"))
    database.run(lambda c: messages.keep(c, raw, NOW, "set_aside", "adt-a08"))
    database.run(lambda c: version(c, "A2", used, NOW))
    assert database.run(lambda c: retention.remove(c, LIMIT, old)) == Removed()
    assert has_bytes(database, again)
    assert has_bytes(database, used)


def test_large_messages_are_taken_fewer_at_a_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST_BYTES", 25)
    for number in range(3):
        raw = given.raw(b"%d" % number * (30 if number else 20))
        database.run(lambda c, r=raw: messages.keep(c, r, OLD, "set_aside", "x"))  # type: ignore[misc]
    assert [len(old.messages) for old in everything(database)] == [1, 1, 1]


def test_what_was_put_away_of_another_order_stays(database: Database) -> None:
    database.run(lambda c: received(c, "A1"))
    nobodys = {"key_kind": KeyKind.MESSAGE.value, "key_value": "joined/1"}
    database.run(lambda c: c.execute(update(tables.reports).values(nobodys)))
    assert removed(database) == Removed()


def test_the_walk_goes_past_what_stays(database: Database) -> None:
    for number in range(2 * retention.AT_ONCE):
        database.run(lambda c, n=number: received(c, f"A{n}", OLD, category="critical"))  # type: ignore[misc]
    database.run(lambda c: received(c, "B1", OLD + timedelta(hours=1)))
    assert removed(database) == Removed(orders=1, reports=1, messages=1)
    left = select(func.count()).select_from(tables.reports)
    assert database.look(lambda c: c.execute(left).scalar_one()) == 2 * retention.AT_ONCE
