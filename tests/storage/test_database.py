"""Units of work: each alone in what it loses, and seen by nobody before it is durable."""

import asyncio
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from storage import inbound, tables
from storage.database import (
    Database,
    DatabaseInUse,
    after_commit,
    before_commit,
    unless_committed,
)
from storage.migrating import DatabaseTooNew
from storage.pool import CommitUnknown
from tests.storage.given import NOW, table_count

NOTES = table_count(tables.inbound)


def note(c: Connection, sid: str) -> str:
    inbound.seen(c, "test", sid, NOW)
    return sid


def noting(sid: str) -> Callable[[Connection], str]:
    return lambda c: note(c, sid)


def note_and_fail(c: Connection, sid: str) -> None:
    note(c, sid)
    raise LookupError(sid)


def test_a_unit_that_raises_rolls_back_alone(database: Database) -> None:
    first = database.submit(lambda c: note(c, "first"))
    second = database.submit(lambda c: note_and_fail(c, "second"))
    third = database.submit(lambda c: note(c, "third"))
    assert first.result() == "first"
    with pytest.raises(LookupError):
        second.result()
    assert third.result() == "third"
    assert database.look(NOTES) == 2


def test_nothing_is_seen_before_its_commit(database: Database) -> None:
    written, looked = threading.Event(), threading.Event()

    def unit(c: Connection) -> str:
        note(c, "unseen")
        written.set()
        looked.wait(10)
        return "done"

    future = database.submit(unit)
    assert written.wait(10)
    assert database.look(NOTES) == 0
    looked.set()
    assert future.result() == "done"
    assert database.look(NOTES) == 1


def test_a_reader_sees_one_moment_however_long_it_reads(database: Database) -> None:
    def twice(c: Connection) -> tuple[int, int]:
        before = NOTES(c)
        database.run(lambda writer: note(writer, "meanwhile"))
        return before, NOTES(c)

    assert database.look(twice) == (0, 0)
    assert database.look(NOTES) == 1


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"read-?only"):
        database.look(lambda c: note(c, "sneaked in"))


def test_callbacks_run_once_after_the_commit_of_their_unit(database: Database) -> None:
    counts: list[int] = []

    def look_now() -> None:
        counts.append(database.look(NOTES))

    def unit(c: Connection) -> None:
        after_commit(c, look_now)
        after_commit(c, look_now)
        note(c, "there")

    database.run(unit)
    assert counts == [1]


def test_what_a_unit_leaves_for_its_end_is_done_once_and_within_it(database: Database) -> None:
    def last(c: Connection) -> None:
        note(c, f"after {NOTES(c)}")

    def unit(c: Connection) -> None:
        before_commit(c, last)
        before_commit(c, last)
        note(c, "first")

    database.run(unit)
    database.run(lambda c: note(c, "another unit"))
    known = database.look(lambda c: set(c.execute(select(tables.inbound.c.sid)).scalars()))
    assert known == {"first", "after 1", "another unit"}


def test_a_unit_fails_with_what_it_left_for_its_end(database: Database) -> None:
    def unit(c: Connection) -> None:
        before_commit(c, lambda c: note_and_fail(c, "last"))
        note(c, "first")

    with pytest.raises(LookupError):
        database.run(unit)
    assert database.look(NOTES) == 0


def test_the_callback_of_a_unit_that_failed_never_runs(database: Database) -> None:
    calls: list[str] = []

    def unit(c: Connection) -> None:
        after_commit(c, lambda: calls.append("woken"))
        note_and_fail(c, "lost")

    with pytest.raises(LookupError):
        database.run(unit)
    database.run(lambda c: note(c, "next"))
    assert calls == []


def test_a_callback_that_raises_is_shown_and_changes_no_result(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: shown.append(args.exc_value))
    mistake = LookupError("in a callback")

    def raise_it() -> None:
        raise mistake

    def unit(c: Connection) -> str:
        after_commit(c, raise_it)
        return note(c, "stored")

    assert database.run(unit) == "stored"
    assert shown == [mistake]
    assert database.look(NOTES) == 1


def test_coroutines_get_results_and_exceptions(database: Database) -> None:
    async def both() -> list[object]:
        writes = [database.write(noting(str(i))) for i in range(50)]
        return [
            await asyncio.gather(*writes),
            await asyncio.gather(
                database.write(lambda c: note_and_fail(c, "no")),
                database.write(lambda _: next(iter(()))),
                return_exceptions=True,
            ),
            await database.read(NOTES),
        ]

    results, errors, seen = asyncio.run(both())
    assert results == [str(i) for i in range(50)]
    assert isinstance(errors, list)
    assert isinstance(errors[0], LookupError)
    assert isinstance(errors[1], RuntimeError)
    assert seen == 50


def test_a_unit_nobody_waits_for_any_more_is_not_begun(sqlite_database: Database) -> None:
    go = threading.Event()
    sqlite_database.submit(lambda _: go.wait(10))
    unwanted = sqlite_database.submit(lambda c: note(c, "unwanted"))
    assert unwanted.cancel()
    go.set()
    assert sqlite_database.run(NOTES) == 0
    with pytest.raises(CancelledError):
        unwanted.result()


def test_a_unit_cannot_wait_for_another(database: Database) -> None:
    with pytest.raises(RuntimeError, match="cannot wait for another"):
        database.run(lambda _: database.run(NOTES))


def test_closing_finishes_what_is_queued_and_takes_nothing_more(database_url: str) -> None:
    database = Database(database_url)
    database.migrate()
    futures = [database.submit(noting(str(i))) for i in range(100)]
    database.close()
    assert [future.result(0) for future in futures] == [str(i) for i in range(100)]
    with pytest.raises(RuntimeError):
        database.submit(NOTES)
    database.close()


def test_what_was_written_is_there_after_opening_it_again(database_url: str) -> None:
    for _ in range(2):
        database = Database(database_url)
        database.migrate()
        database.run(lambda c: note(c, "kept"))
        database.close()
    database = Database(database_url)
    assert database.look(NOTES) == 1
    database.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/db", "nonsense"])
def test_a_url_that_is_not_supported_is_refused_with_those_that_are(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///FILE"):
        Database(url)


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'readback.db'}")
    database.migrate()
    database.run(lambda c: note(c, "private"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    database.close()
    assert modes == {0o600}


def test_two_copies_never_serve_one_sqlite_file(sqlite_database: Database, tmp_path: Path) -> None:
    sqlite_database.hold_alone()
    other = Database(f"sqlite:///{tmp_path / 'readback.db'}")
    with pytest.raises(DatabaseInUse):
        other.hold_alone()
    sqlite_database.close()
    other.hold_alone()
    other.close()


def test_on_sqlite_only_this_copy_is_alive(sqlite_database: Database) -> None:
    sqlite_database.hold_alive(7)
    assert sqlite_database.alive() == {7}


@pytest.fixture
def two_copies(postgres_database: str) -> Iterator[tuple[Database, Database]]:
    """On one PostgreSQL."""
    with closing(Database(postgres_database)) as one, closing(Database(postgres_database)) as two:
        yield one, two


def test_copies_on_postgresql_see_each_other_until_one_dies(
    two_copies: tuple[Database, Database],
) -> None:
    one, two = two_copies
    one.hold_alone()
    one.hold_alive(1)
    two.hold_alive(2**31 - 1)
    assert one.alive() == two.alive() == {1, 2**31 - 1}
    with pytest.raises(DatabaseInUse):
        two.hold_alive(1)
    two.close()
    # PostgreSQL ends the session, and with it the lock, a moment after the connection.
    deadline = time.monotonic() + 30
    while one.alive() != {1} and time.monotonic() < deadline:
        time.sleep(0.01)
    assert one.alive() == {1}


def test_a_copy_that_lost_its_connection_is_alive_again(
    two_copies: tuple[Database, Database],
) -> None:
    one, two = two_copies
    one.hold_alive(1)
    two.hold_alive(2)
    kill = text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = 1 AND objsubid = 2")
    two.run(lambda c: c.execute(kill).all())
    assert one.alive() == {1, 2}
    assert two.alive() == {1, 2}


def test_a_connection_lost_before_the_commit_costs_nothing(
    two_copies: tuple[Database, Database],
) -> None:
    one, two = two_copies
    tries: list[int] = []

    def unit(c: Connection) -> str:
        pid: int = c.execute(text("SELECT pg_backend_pid()")).scalar_one()
        tries.append(pid)
        if len(tries) == 1:
            two.run(lambda c: c.execute(text(f"SELECT pg_terminate_backend({pid})")).all())
        return note(c, "once")

    assert one.run(unit) == "once"
    assert len(tries) == 2
    assert one.look(NOTES) == 1


def test_a_connection_lost_during_the_commit_is_told_and_never_tried_again(
    two_copies: tuple[Database, Database],
) -> None:
    one, two = two_copies
    tries: list[int] = []
    told: list[str] = []

    def unit(c: Connection) -> None:
        note(c, "perhaps")
        pid: int = c.execute(text("SELECT pg_backend_pid()")).scalar_one()
        tries.append(pid)
        after_commit(c, lambda: told.append("stored"))
        unless_committed(c, lambda: told.append("perhaps"))
        two.run(lambda c: c.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)")).all())

    with pytest.raises(CommitUnknown):
        one.run(unit)
    assert len(tries) == 1
    assert told == ["perhaps"]
    assert one.run(NOTES) == 0


def test_an_error_of_the_database_quotes_no_row(database: Database) -> None:
    secret = "DOE^JANE"

    def twice(c: Connection) -> None:
        values = {"provider": "test", "sid": secret, "seen_at": NOW}
        c.execute(tables.inbound.insert(), values)
        c.execute(tables.inbound.insert(), values)

    with pytest.raises(Exception, match=r"(?i)unique") as caught:
        database.run(twice)
    chain: BaseException | None = caught.value
    while chain is not None:
        assert secret not in f"{chain} {chain!r}"
        chain = chain.__cause__ or chain.__context__


def test_a_database_of_a_later_release_is_refused(database: Database) -> None:
    database.run(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(DatabaseTooNew, match="9999"):
        database.migrate()
