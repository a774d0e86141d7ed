"""The trail cannot be edited unnoticed: whoever gets past the triggers meets the hashes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Executable, literal_column, text
from sqlalchemy.exc import DBAPIError

from bot.domain.effects import Record
from storage import audit, tables
from storage.audit import Verdict
from storage.database import Database
from tests.storage.given import MINUTE, NOW

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = words | st.integers(-(10**15), 10**15) | st.booleans() | st.none()
records = st.builds(
    Record, words.filter(lambda w: "\0" not in w), words, st.dictionaries(words, values, max_size=4)
)


def append(database: Database, chain: str, *whats: str) -> None:
    entries = [Record(what, "U1", {"step": what, "late": False}) for what in whats]
    database.run(lambda c: audit.append(c, chain, entries, NOW))


def seal(database: Database) -> bool:
    return database.run(lambda c: audit.seal(c, NOW + MINUTE))


def verify(database: Database) -> Verdict:
    return database.look(audit.verify)


@pytest.fixture
def trail(database: Database) -> Database:
    """Two alerts and administration, interleaved; two seals, and two entries after the last."""
    append(database, "a", "opened", "page_due")
    append(database, "b", "opened")
    append(database, "admin", "imported")
    append(database, "a", "acknowledged")
    assert seal(database)
    append(database, "b", "expired")
    assert seal(database)
    append(database, "a", "reopened")
    append(database, "b", "acknowledged")
    return database


def tamper(database: Database, *statements: str | Executable) -> None:
    def unit(c: Connection) -> None:
        if c.dialect.name == "sqlite":
            for table in ("audit", "seals"):
                for act in ("update", "delete"):
                    c.exec_driver_sql(f"DROP TRIGGER {table}_no_{act}")
        else:
            for table in ("audit", "seals"):
                c.exec_driver_sql(f"DROP TRIGGER {table}_no_change ON {table}")
        for statement in statements:
            c.execute(text(statement) if isinstance(statement, str) else statement)

    database.run(unit)


def broken(database: Database, *statements: str | Executable) -> str:
    tamper(database, *statements)
    verdict = verify(database)
    assert not verdict.ok
    assert verdict.first_broken
    return verdict.first_broken


def test_an_untouched_trail_is_sound(trail: Database) -> None:
    assert verify(trail) == Verdict(ok=True, entries=8, seals=2)


def test_an_empty_trail_is_sound_and_has_nothing_to_seal(database: Database) -> None:
    assert not seal(database)
    assert verify(database) == Verdict(ok=True, entries=0, seals=0)


def test_a_seal_covers_what_came_since_the_last(trail: Database) -> None:
    assert seal(trail)
    assert not seal(trail)
    assert verify(trail) == Verdict(ok=True, entries=8, seals=3)


def test_a_chain_reads_in_its_order(trail: Database) -> None:
    entries = trail.look(lambda c: audit.chain(c, "a"))
    assert [entry.seq for entry in entries] == [1, 2, 3, 4]
    assert [entry.what for entry in entries] == ["opened", "page_due", "acknowledged", "reopened"]
    assert entries[0].data == {"step": "opened", "late": False}
    assert entries[0].at == NOW
    assert trail.look(lambda c: audit.chain(c, "unknown")) == []


@pytest.mark.long
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(records, max_size=5))
def test_whatever_is_recorded_verifies_and_reads_back(
    database: Database, written: list[Record]
) -> None:
    before = database.look(lambda c: audit.chain(c, "any"))
    database.run(lambda c: audit.append(c, "any", written, NOW))
    after = database.look(lambda c: audit.chain(c, "any"))
    assert [(entry.what, entry.data) for entry in after[len(before) :]] == [
        (record.what, record.data) for record in written
    ]
    assert verify(database).ok


def test_a_rolled_back_entry_leaves_no_gap(database: Database) -> None:
    def append_and_fail(c: Connection) -> None:
        audit.append(c, "a", [Record("lost")], NOW)
        raise LookupError

    append(database, "a", "first")
    futures = [
        database.submit(append_and_fail),
        database.submit(lambda c: audit.append(c, "a", [Record("second")], NOW)),
    ]
    assert isinstance(futures[0].exception(10), LookupError)
    futures[1].result(10)
    assert [entry.what for entry in database.look(lambda c: audit.chain(c, "a"))] == [
        "first",
        "second",
    ]
    assert verify(database).ok


def test_many_at_once_make_one_administration_chain(database: Database) -> None:
    futures = [
        database.submit(lambda c: audit.append(c, audit.ADMIN, [Record("told")], NOW))
        for _ in range(40)
    ]
    for future in futures:
        future.result(20)
    assert verify(database) == Verdict(ok=True, entries=40, seals=0)


@pytest.mark.parametrize("table", ["audit", "seals"])
@pytest.mark.parametrize("act", ["UPDATE {} SET prev = 'x'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_trail(trail: Database, table: str, act: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        trail.run(lambda c: c.exec_driver_sql(act.format(table)))
    assert verify(trail).ok


@pytest.mark.parametrize("column", ["what", "actor", "data", "at", "hash", "prev"])
def test_an_edited_entry_is_named(trail: Database, column: str) -> None:
    value = "'2020-01-01T00:00:00Z'" if column == "at" and trail.dialect != "sqlite" else "'7'"
    edit = tables.audit.update().where(tables.audit.c.chain == "a", tables.audit.c.seq == 2)
    found = broken(trail, edit.values({column: literal_column(value)}))
    assert "chain a, entry 2: changed" in found


def test_an_entry_after_the_last_seal_is_protected_by_its_chain(trail: Database) -> None:
    found = broken(trail, "UPDATE audit SET what = 'x' WHERE chain = 'b' AND seq = 3")
    assert "chain b, entry 3: changed" in found


def test_a_forged_entry_whose_own_hash_fits_does_not_follow_the_one_before(
    trail: Database,
) -> None:
    body = ("a", 4, NOW.isoformat(timespec="microseconds"), "reopened", "U9", "{}", "0" * 64)
    edit = tables.audit.update().where(tables.audit.c.chain == "a", tables.audit.c.seq == 4)
    forged = {"actor": "U9", "data": "{}", "prev": "0" * 64, "hash": audit.entry_hash(*body)}
    found = broken(trail, edit.values(forged))
    assert found.startswith("chain a, entry 4: does not follow the entry before it")


def test_a_removed_entry_is_named(trail: Database) -> None:
    found = broken(trail, "DELETE FROM audit WHERE chain = 'a' AND seq IN (1, 2)")
    assert found == "chain a, entry 1 to 2: removed"


def test_of_several_broken_entries_the_first_written_is_named(trail: Database) -> None:
    found = broken(
        trail,
        "UPDATE audit SET what = 'x' WHERE chain = 'a' AND seq = 3",
        "UPDATE audit SET what = 'x' WHERE chain = 'b' AND seq = 1",
    )
    assert "chain b, entry 1" in found


def test_a_removed_alert_is_missed_by_the_seals(trail: Database) -> None:
    found = broken(trail, "DELETE FROM audit WHERE chain = 'b'")
    assert found.startswith("seal 1 ")
    assert "1 of its 5 entries removed" in found


def test_a_removed_end_of_a_chain_is_missed_by_the_seals(trail: Database) -> None:
    found = broken(trail, "DELETE FROM audit WHERE chain = 'b' AND seq >= 2")
    assert found.startswith("seal 2 ")


def test_entries_put_into_another_order_are_noticed(trail: Database) -> None:
    swap = (
        "UPDATE audit SET seq = 90 WHERE chain = 'a' AND seq = 1",
        "UPDATE audit SET seq = 1 WHERE chain = 'a' AND seq = 2",
        "UPDATE audit SET seq = 2 WHERE chain = 'a' AND seq = 90",
    )
    assert "chain a, entry 1: changed" in broken(trail, *swap)


def test_two_entries_that_changed_places_between_chains_are_noticed(trail: Database) -> None:
    swap = (
        "UPDATE audit SET id = 900 WHERE id = 2",
        "UPDATE audit SET id = 2 WHERE id = 3",
        "UPDATE audit SET id = 3 WHERE id = 900",
    )
    assert "put into another order" in broken(trail, *swap)


def test_an_entry_put_in_afterwards_is_noticed(trail: Database) -> None:
    def forge(c: Connection) -> None:
        audit.append(c, "forged", [Record("acknowledged")], NOW)

    trail.run(forge)
    assert "1 entries put in afterwards" in broken(
        trail, "UPDATE audit SET id = -1 WHERE chain = 'forged'"
    )


def test_a_chain_rewritten_with_fitting_hashes_is_noticed_by_the_seals(trail: Database) -> None:
    tamper(trail, "DELETE FROM audit WHERE chain = 'admin'")

    def forge(c: Connection) -> None:
        audit.append(c, "admin", [Record("imported something else")], NOW)
        c.exec_driver_sql("UPDATE audit SET id = 4 WHERE chain = 'admin'")

    trail.run(forge)
    found = verify(trail).first_broken
    assert found is not None
    assert found.startswith("seal 1 ")


@pytest.mark.parametrize("column", ["to_id", "entries", "entries_hash", "hash", "prev"])
def test_an_edited_seal_is_named(trail: Database, column: str) -> None:
    edit = tables.seals.update().where(tables.seals.c.number == 2)
    found = broken(trail, edit.values({column: literal_column("'7'")}))
    assert found == "seal 2: changed after it was written (its hash does not match)"


def test_a_seal_put_in_another_ones_place_is_named(trail: Database) -> None:
    seal(trail)
    found = broken(
        trail,
        "DELETE FROM seals WHERE number IN (1, 2)",
        "UPDATE seals SET number = 1 WHERE number = 3",
    )
    assert found.startswith("seal 1: changed")


def test_only_one_copy_seals_at_a_time(postgres_database: str) -> None:
    database = Database(postgres_database)
    database.migrate()
    append(database, "a", "opened")

    def seal_inside(c: Connection) -> tuple[bool, bool]:
        return audit.seal(c, NOW), database.submit(lambda c: audit.seal(c, NOW)).result(10)

    assert database.run(seal_inside) == (True, False)
    database.close()


def test_a_removed_seal_is_named(trail: Database) -> None:
    assert broken(trail, "DELETE FROM seals WHERE number = 1") == "seal 1: removed"


def test_verifying_tells_how_far_it_is(database: Database) -> None:
    steps: list[int] = []
    database.run(lambda c: audit.append(c, "long", [Record("x")] * 20_001, NOW))
    verdict = database.look(lambda c: audit.verify(c, steps.append))
    assert verdict.entries == 20_001
    assert steps == [10_000, 20_000]
