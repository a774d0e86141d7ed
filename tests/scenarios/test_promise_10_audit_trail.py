"""The audit trail is append-only and chained; verify names the first entry that is broken."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Delete, Engine, Update, create_engine, delete, text, update
from sqlalchemy.exc import DBAPIError

from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import addendum_reopens, nobody_answers
from storage import audit, tables
from storage.audit import Verdict
from tests.scenarios.looking import (
    acknowledge_by_sms,
    expect_everything,
    paged,
    paged_until_acknowledged,
)

A = tables.audit.c
GUARDS = {
    "sqlite": ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"],
    "postgresql": ["DROP TRIGGER audit_no_change ON audit"],
}


@pytest.fixture
def intruder(database_url: str, hospital: Hospital) -> Iterator[Engine]:
    """Somebody with the database's password."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def changed(alert: str, seq: int, /, **values: object) -> Update:
    return update(tables.audit).where(A.chain == alert, A.seq == seq).values(values)


def removed(alert: str, *seqs: int) -> Delete:
    """These entries of the alert, or all of them."""
    chain = delete(tables.audit).where(A.chain == alert)
    return chain.where(A.seq.in_(seqs)) if seqs else chain


def tampered(hospital: Hospital, intruder: Engine, *statements: Update | Delete) -> Verdict:
    """What verify says after these statements; then everything is put back as it was."""
    with intruder.connect() as connection:
        for guard in GUARDS[intruder.dialect.name]:
            connection.execute(text(guard))
        for statement in statements:
            connection.execute(statement)
        found = audit.verify(connection)
        connection.rollback()
    assert hospital.database.look(audit.verify).ok
    return found


def one_alert(hospital: Hospital) -> str:
    """Its id, once it has been acknowledged."""
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged_until_acknowledged(hospital, hospital.ada)
    expect_everything(hospital)
    return hospital.alert().id


def seal(hospital: Hospital) -> None:
    assert hospital.database.run(lambda c: audit.seal(c, hospital.now))


def test_the_trail_is_whole_after_a_long_story_with_seals_in_between(hospital: Hospital) -> None:
    addendum_reopens(hospital)
    seal(hospital)
    nobody_answers(hospital)
    seal(hospital)
    verdict = hospital.database.look(audit.verify)
    assert (verdict.ok, verdict.seals) == (True, 2)
    assert verdict.entries > 40
    expect_everything(hospital)


@pytest.mark.parametrize("statement", ["UPDATE audit SET what = 'x'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_trail(
    hospital: Hospital, intruder: Engine, statement: str
) -> None:
    one_alert(hospital)
    with intruder.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(statement))


def test_an_edited_entry_is_named(hospital: Hospital, intruder: Engine) -> None:
    alert = one_alert(hospital)
    verdict = tampered(hospital, intruder, changed(alert, 3, actor="somebody else"))
    assert verdict.first_broken == (
        f"chain {alert}, entry 3: changed after it was written (its hash does not match)"
    )


def test_a_removed_entry_is_named(hospital: Hospital, intruder: Engine) -> None:
    alert = one_alert(hospital)
    verdict = tampered(hospital, intruder, removed(alert, 2, 3))
    assert verdict.first_broken == f"chain {alert}, entry 2 to 3: removed"


def test_entries_that_changed_places_are_named(hospital: Hospital, intruder: Engine) -> None:
    alert = one_alert(hospital)
    swap = [changed(alert, before, seq=to) for to, before in ((-1, 2), (2, 3), (3, -1))]
    verdict = tampered(hospital, intruder, *swap)
    assert not verdict.ok
    assert f"chain {alert}, entry 2" in (verdict.first_broken or "")


def test_the_first_of_several_broken_entries_is_named(hospital: Hospital, intruder: Engine) -> None:
    first = one_alert(hospital)
    hospital.send(hospital.report("mr-spine-cord"))
    second = hospital.alert().id
    assert second != first
    expect_everything(hospital)
    both = changed(second, 2, actor="x"), changed(first, 4, actor="x")
    verdict = tampered(hospital, intruder, *both)
    assert (verdict.first_broken or "").startswith(f"chain {first}, entry 4")


def test_a_removed_alert_is_missed_under_its_seal(hospital: Hospital, intruder: Engine) -> None:
    alert = one_alert(hospital)
    hospital.send(hospital.report("mr-spine-cord"))
    expect_everything(hospital)
    seal(hospital)
    entries = len(hospital.database.look(lambda c: audit.chain(c, alert)))
    verdict = tampered(hospital, intruder, removed(alert))
    assert "seal 1" in (verdict.first_broken or "")
    assert f"{entries} of its" in (verdict.first_broken or "")


def test_a_chain_that_no_seal_covers_yet_is_missed_by_its_alert(
    hospital: Hospital, intruder: Engine
) -> None:
    alert = one_alert(hospital)
    verdict = tampered(hospital, intruder, removed(alert))
    assert verdict.first_broken == f"chain {alert}, entry 1: removed with all that followed"


@pytest.mark.parametrize(
    ("what", "missed"), [("expired", "its window passed"), ("acknowledged", "who acknowledged it")]
)
def test_the_end_of_a_chain_that_no_seal_covers_yet_is_missed_where_the_alert_tells_more(
    hospital: Hospital, intruder: Engine, what: str, missed: str
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=61)
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    trail = hospital.trail(hospital.alert())
    first = next(entry.seq for entry in trail if entry.what == what)
    end = [entry.seq for entry in trail if entry.seq >= first]
    verdict = tampered(hospital, intruder, removed(hospital.alert().id, *end))
    assert missed in (verdict.first_broken or "")
    expect_everything(hospital)


def test_a_stop_seals_what_was_written_since_the_last_seal(hospital: Hospital) -> None:
    one_alert(hospital)
    hospital.close()
    verdict = hospital.database.look(audit.verify)
    assert (verdict.ok, verdict.seals) == (True, 1)
    hospital.open()


def test_the_end_of_a_chain_that_was_cut_off_is_missed(
    hospital: Hospital, intruder: Engine
) -> None:
    alert = one_alert(hospital)
    seal(hospital)
    last = hospital.trail(hospital.alert())[-1].seq
    verdict = tampered(hospital, intruder, removed(alert, last))
    assert "1 of its" in (verdict.first_broken or "")


def test_an_entry_forged_with_the_right_hashes_is_found_by_its_seal(
    hospital: Hospital, intruder: Engine
) -> None:
    """Whoever can rehash a chain to its end still cannot rehash what was sealed."""
    alert = one_alert(hospital)
    seal(hospital)
    with intruder.connect() as connection:
        for guard in GUARDS[intruder.dialect.name]:
            connection.execute(text(guard))
        _rewrite(connection, alert)
        verdict = audit.verify(connection)
        connection.rollback()
    assert "seal 1" in (verdict.first_broken or "")


def _rewrite(connection: Connection, alert: str) -> None:
    """Change who did it in the last entry, with a hash that fits."""
    entries = tables.audit.select().where(A.chain == alert).order_by(A.seq.desc())
    last = connection.execute(entries.limit(1)).one()
    at = last.at.isoformat(timespec="microseconds")
    forged = audit.entry_hash(alert, last.seq, at, last.what, "nobody", last.data, last.prev)
    connection.execute(changed(alert, last.seq, actor="nobody", hash=forged))
