"""SQLite's one writer: what happens to a group when the disk, the lock or the COMMIT fails."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from storage import inbound, messages, tables
from storage.database import Database
from tests.storage.given import NOW, raw, table_count

NOTES = table_count(tables.inbound)
Unit = Callable[[Connection], Any]


def note(sid: str) -> Unit:
    return lambda c: inbound.seen(c, "test", sid, NOW)


def submit_as_one_group(database: Database, *units: Unit) -> list["Future[Any]"]:
    """Hold the writer until all are queued."""
    begun, go = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        go.wait(10)

    database.submit(hold)
    assert begun.wait(10)
    futures = [database.submit(unit) for unit in units]
    go.set()
    return futures


def run_sql(*statements: str) -> Unit:
    def unit(c: Connection) -> None:
        for statement in statements:
            c.exec_driver_sql(statement)

    return unit


def test_a_commit_that_fails_fails_the_whole_group(sqlite_database: Database) -> None:
    orphan = run_sql(
        "PRAGMA defer_foreign_keys = ON",
        "INSERT INTO codes (id, mobile, code, alert_id, person_id, version, created_at) "
        "VALUES ('1', '+1', '2222', 'nobody', 'nothing', 1, 0)",
    )
    before, broken, after = submit_as_one_group(sqlite_database, note("a"), orphan, note("b"))
    for future in (before, broken, after):
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            future.result(10)
    assert sqlite_database.look(NOTES) == 0
    sqlite_database.run(note("c"))
    assert sqlite_database.look(NOTES) == 1


def test_a_full_disk_fails_those_whose_work_is_lost_and_no_one_hangs(
    sqlite_database: Database,
) -> None:
    pages = sqlite_database.look(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
    sqlite_database.run(run_sql(f"PRAGMA max_page_count = {pages + 5}"))

    def large(number: int) -> Unit:
        return lambda c: messages.keep(c, raw(b"x" * 15_000 + bytes([number])), NOW, "reports", "")

    futures = submit_as_one_group(sqlite_database, *(large(number) for number in range(6)))
    outcomes = [future.exception(10) for future in futures]
    stored = sqlite_database.look(table_count(tables.messages))
    assert stored == outcomes.count(None) < 6
    assert any("full" in str(outcome) for outcome in outcomes)
    sqlite_database.run(run_sql("PRAGMA max_page_count = 100000"))
    sqlite_database.run(large(7))


def test_a_locked_database_is_an_error_for_all_who_wait_and_not_for_the_next(
    sqlite_database: Database, tmp_path: Path
) -> None:
    sqlite_database.run(run_sql("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(tmp_path / "readback.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    futures = [sqlite_database.submit(note(str(number))) for number in range(20)]
    for future in futures:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            future.result(10)
    other.execute("ROLLBACK")
    other.close()
    sqlite_database.run(note("later"))
    assert sqlite_database.look(NOTES) == 1


def test_a_damaged_file_is_an_error_and_no_hang(tmp_path: Path) -> None:
    file = tmp_path / "readback.db"
    file.write_bytes(b"this is no database" * 1000)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(Exception, match="not a database"):
        database.migrate()
    with pytest.raises(Exception, match="not a database"):
        database.submit(note("a")).result(10)
    database.close()


def test_what_queued_up_shares_one_commit_and_a_lone_unit_waits_for_no_company(
    sqlite_database: Database,
) -> None:
    statements: list[str] = []
    sqlite_database.run(lambda c: driver(c).set_trace_callback(statements.append))
    statements.clear()
    for future in submit_as_one_group(sqlite_database, *(note(str(i)) for i in range(12))):
        assert future.result(10)
    assert statements.count("COMMIT") == 1
    sqlite_database.run(note("alone"))
    assert statements.count("COMMIT") == 2


def driver(c: Connection) -> sqlite3.Connection:
    found: sqlite3.Connection = c.connection.driver_connection  # type: ignore[assignment] # any DBAPI's
    return found
