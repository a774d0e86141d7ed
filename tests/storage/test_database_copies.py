"""Several copies of the bot on one database: who is alive, and what a lost connection costs."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.sources.fhir.polling import OUTAGES
from storage import engines, presence
from storage.database import Database, DatabaseInUse, after_commit, unless_committed
from storage.locks import lock
from storage.pool import CommitUnknown
from tests.storage.notes import NOTES, note


def test_two_copies_never_serve_one_sqlite_file(sqlite_database: Database, tmp_path: Path) -> None:
    sqlite_database.hold_alone()
    other = Database(f"sqlite:///{tmp_path / 'readback.db'}")
    with pytest.raises(DatabaseInUse):
        other.hold_alone()
    sqlite_database.close()
    other.hold_alone()
    other.close()


def test_two_copies_never_serve_one_sqlite_file_by_two_names(
    sqlite_database: Database, tmp_path: Path
) -> None:
    link = tmp_path / "elsewhere" / "linked.db"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "readback.db")
    sqlite_database.hold_alone()
    with closing(Database(f"sqlite:///{link}")) as other, pytest.raises(DatabaseInUse):
        other.hold_alone()


def test_a_file_is_let_go_of_though_a_child_that_is_being_started_has_its_lock_open(
    sqlite_database: Database, tmp_path: Path
) -> None:
    sqlite_database.hold_alone()
    lock_file = tmp_path / "readback.db.lock"
    ours = (int(one.name) for one in Path("/proc/self/fd").iterdir() if one.exists())
    held = next(fd for fd in ours if Path(f"/proc/self/fd/{fd}").resolve() == lock_file)
    of_the_child = os.dup(held)
    sqlite_database.close()
    with closing(Database(f"sqlite:///{tmp_path / 'readback.db'}")) as other:
        other.hold_alone()
    os.close(of_the_child)


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


def test_a_connection_lost_where_errors_concern_nobody_else_costs_nothing_either(
    two_copies: tuple[Database, Database],
) -> None:
    one, two = two_copies
    tries: list[int] = []

    def unit(c: Connection) -> str:
        said = note(c, "once")
        pid: int = c.execute(text("SELECT pg_backend_pid()")).scalar_one()
        tries.append(pid)
        if len(tries) == 1:
            two.run(lambda c: c.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)")).all())
        with suppress(DBAPIError), c.begin_nested():
            c.execute(text("SELECT 1"))
        return said

    assert one.run(unit) == "once"
    assert (len(tries), one.look(NOTES)) == (2, 1)


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


def test_a_copy_that_stands_still_in_a_transaction_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, postgres_database: str
) -> None:
    monkeypatch.setattr(engines, "STANDSTILL_SECONDS", 0.3)
    holding, go_on = threading.Event(), threading.Event()
    tries: list[int] = []

    def unit(c: Connection) -> str:
        lock(c, "what both need")
        tries.append(1)
        holding.set()
        assert go_on.wait(20)
        return note(c, "after all")

    with closing(Database(postgres_database)) as one, closing(Database(postgres_database)) as two:
        stopped = one.submit(unit)
        assert holding.wait(20)
        two.run(lambda c: lock(c, "what both need"))
        go_on.set()
        assert stopped.result(20) == "after all"
        assert (len(tries), two.look(NOTES)) == (2, 1)


def test_a_copy_that_looks_no_more_is_not_alive_until_it_does(
    monkeypatch: pytest.MonkeyPatch, two_copies: tuple[Database, Database]
) -> None:
    monkeypatch.setattr(presence, "UNSEEN_SECONDS", 0.5)
    one, two = two_copies
    one.hold_alive(1)
    two.hold_alive(2)
    deadline = time.monotonic() + 20
    while two.alive() != {2} and time.monotonic() < deadline:
        time.sleep(0.05)
    assert two.alive() == {2}
    assert 1 in one.alive()


def test_a_connection_that_breaks_each_time_is_an_outage_to_whoever_takes_reports_in(
    two_copies: tuple[Database, Database],
) -> None:
    one, two = two_copies

    def unit(c: Connection) -> None:
        pid: int = c.execute(text("SELECT pg_backend_pid()")).scalar_one()
        two.run(lambda c: c.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)")).all())
        with suppress(DBAPIError):
            c.execute(text("SELECT 1"))
        after_commit(c, lambda: None)

    with pytest.raises(OUTAGES):
        one.run(unit)


def test_what_somebody_else_keeps_locked_fails_in_time_and_is_waited_for_no_longer(
    monkeypatch: pytest.MonkeyPatch, two_copies: tuple[Database, Database], postgres_database: str
) -> None:
    monkeypatch.setattr(engines, "LOCKED_SECONDS", 0.3)
    _, theirs = two_copies
    locked, gone_home = threading.Event(), threading.Event()

    def forgotten(c: Connection) -> None:
        lock(c, "what both need")
        locked.set()
        while not gone_home.wait(0.1):
            c.execute(text("SELECT 1"))

    with closing(Database(postgres_database)) as ours:
        forgot = theirs.submit(forgotten)
        assert locked.wait(20)
        with pytest.raises(OUTAGES, match="lock timeout"):
            ours.submit(lambda c: lock(c, "what both need")).result(20)
        gone_home.set()
        forgot.result(20)
        ours.run(lambda c: lock(c, "what both need"))


def test_a_server_that_vanishes_in_the_midst_of_a_question_is_waited_for_for_ten_seconds(
    postgres_database: str,
) -> None:
    """By keepalives alone it would be for a quarter of an hour: none are sent meanwhile."""

    def asked_for(c: Connection) -> str:
        told: dict[str, str] = c.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]  # psycopg's
        return told["tcp_user_timeout"]

    with closing(Database(postgres_database)) as database:
        assert database.look(asked_for) == "10000"


def test_a_copy_that_starts_waits_for_another_that_migrates_longer_than_for_a_lock(
    monkeypatch: pytest.MonkeyPatch, two_copies: tuple[Database, Database], postgres_database: str
) -> None:
    monkeypatch.setattr(engines, "LOCKED_SECONDS", 0.05)
    locked = threading.Event()

    def migrates(c: Connection) -> None:
        lock(c, "migrate")
        locked.set()
        c.execute(text("SELECT pg_sleep(0.5)"))

    migrating = two_copies[0].submit(migrates)
    assert locked.wait(20)
    with closing(Database(postgres_database)) as starting:
        assert not starting.migrate()
    migrating.result(20)
