"""Units of work: each alone in what it loses, and seen by nobody before it is durable."""

import asyncio
import stat
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from storage import tables
from storage.database import Database, after_commit, before_commit
from storage.migrating import DatabaseTooNew
from tests.storage.given import NOW
from tests.storage.notes import NOTES, note, note_and_fail, noting


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


def test_whatever_driver_a_url_names_ours_is_used(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'readback.db'}")
    assert database.look(lambda c: c.exec_driver_sql("SELECT 1").scalar_one()) == 1
    database.close()


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'readback.db'}")
    database.migrate()
    database.run(lambda c: note(c, "private"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    database.close()
    assert modes == {0o600}


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
