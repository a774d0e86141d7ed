"""The migrations end exactly at the tables of the code, on both databases."""

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, Table, literal, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

import storage.triggers  # noqa: F401 - hangs them on the tables
from bot.domain.coverage import NoSms
from storage import engines, migrating, people
from storage.columns import Instant
from storage.database import Database
from storage.engines import open_engine, read_url

Catalogue = dict[str, set[str]]
_POSTGRESQL = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default "
    "FROM information_schema.columns WHERE table_schema = 'public'",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) "
    "FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger "
    "WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}


def catalogue(c: Connection) -> Catalogue:
    """Everything that the database knows of its tables, in words that can be compared."""
    if c.dialect.name == "sqlite":
        return {
            f"{kind} {name}": parts_of(sql)
            for kind, name, sql in c.execute(text("SELECT type, name, sql FROM sqlite_master"))
            if sql and not name.startswith("alembic")
        }
    return {what: rows_of(c, query) for what, query in _POSTGRESQL.items()}


def parts_of(sql: str) -> set[str]:
    """The lines of a statement: two tables are equal whatever the order of their constraints."""
    lines = (re.sub(r"\s+", " ", line).strip(" ,") for line in sql.splitlines())
    # SQLite quotes the name of a table that was renamed.
    lines = (re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", line) for line in lines)
    return {re.sub(r"FOREIGN KEY ?\(", "FOREIGN KEY (", line) for line in lines if line}


def rows_of(c: Connection, query: str) -> set[str]:
    rows = (" | ".join(map(str, row)) for row in c.execute(text(query)))
    return {row for row in rows if "alembic" not in row}


def in_engine(url: str, act: Callable[[Engine], Any]) -> Any:
    engine = open_engine(read_url(url))
    try:
        return act(engine)
    finally:
        engine.dispose()


def read_catalogue(engine: Engine) -> Catalogue:
    with engine.connect() as c:
        return catalogue(c)


def create_all(engine: Engine) -> None:
    with engine.begin() as c:
        SQLModel.metadata.create_all(c)


def drop_all(engine: Engine) -> None:
    config = migrating.configuration()
    with engine.begin() as c:
        config.attributes["connection"] = c
        command.downgrade(config, "base")


def test_the_migrated_schema_is_that_of_the_code(new_database_url: str) -> None:
    in_engine(new_database_url, migrating.migrate)
    migrated = in_engine(new_database_url, read_catalogue)
    in_engine(new_database_url, drop_all)
    in_engine(new_database_url, create_all)
    created = in_engine(new_database_url, read_catalogue)
    assert migrated == created
    everything = " ".join(part for parts in migrated.values() for part in parts)
    for expected in ("ck_alerts_open_has_next_action", "WHERE", "TRIGGER", "fk_pages_alert_id"):
        assert expected in everything


def test_alembic_finds_nothing_left_to_migrate(new_database_url: str) -> None:
    in_engine(new_database_url, migrating.migrate)

    def differences(engine: Engine) -> list[Any]:
        with engine.connect() as c:
            return list(compare_metadata(MigrationContext.configure(c), SQLModel.metadata))

    assert in_engine(new_database_url, differences) == []


def test_taking_it_back_leaves_nothing(new_database_url: str) -> None:
    empty = in_engine(new_database_url, read_catalogue)
    in_engine(new_database_url, migrating.migrate)
    in_engine(new_database_url, drop_all)
    assert in_engine(new_database_url, read_catalogue) == empty


def migrated_at_once(urls: list[str]) -> list[BaseException]:
    """By a thread each; what went wrong."""
    errors: list[BaseException] = []

    def start(url: str) -> None:
        database = Database(url)
        try:
            database.migrate()
        except BaseException as error:  # told to the test, which is another thread
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return errors


def test_copies_that_start_together_migrate_once(new_database_url: str) -> None:
    assert migrated_at_once([new_database_url] * 4) == []
    assert "alerts" in str(in_engine(new_database_url, read_catalogue))


def test_whoever_migrates_waits_longer_for_another_than_a_page_would(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_BUSY_SECONDS", 0.05)
    with locked(make_url(sqlite_url).database, seconds=0.5):
        assert in_engine(sqlite_url, migrated) == (False, 50)


def migrated(engine: Engine) -> tuple[bool, int]:
    """Whether anything was; and how long, in milliseconds, the connection waits afterwards."""
    anything = migrating.migrate(engine)
    with engine.connect() as c:
        return anything, c.exec_driver_sql("PRAGMA busy_timeout").scalar_one()


@contextmanager
def locked(file: str | Path | None, seconds: float) -> Iterator[None]:
    """Somebody else is about to write to it, for so long."""
    first = sqlite3.connect(str(file), isolation_level=None, check_same_thread=False)
    first.execute("BEGIN IMMEDIATE")
    leaving = threading.Timer(seconds, lambda: first.execute("COMMIT"))
    leaving.start()
    try:
        yield
    finally:
        leaving.join()
        first.close()


def test_whoever_opens_a_new_file_waits_for_who_is_about_to_write_to_it(tmp_path: Path) -> None:
    """SQLite itself would refuse at once to switch its journal for the second of two."""
    file = tmp_path / "new.db"
    with locked(file, seconds=0.2):
        assert migrated_at_once([f"sqlite:///{file}"]) == []


def test_two_databases_that_one_process_migrates_at_once_are_both_whole(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / name}" for name in ("one.db", "other.db")]
    assert migrated_at_once(urls) == []
    assert all("alerts" in str(in_engine(url, read_catalogue)) for url in urls)


# Of each table what the constraints ask for; every other column gets nothing of its type.
OLD_ROWS: dict[str, dict[str, Any]] = {
    "messages": {"id": "m1"},
    "policies": {"id": "p1"},
    "reports": {"id": "r1", "message_id": "m1"},
    "alerts": {"id": "a1", "policy_id": "p1", "report_id": "r1", "state": "withdrawn"},
}
_NOTHING: dict[type, Any] = {
    str: "",
    int: 0,
    bool: False,
    bytes: b"",
    datetime: datetime(2026, 3, 2, tzinfo=UTC),
}


def insert(c: Connection, name: str, values: dict[str, Any]) -> None:
    table = Table(name, MetaData(), autoload_with=c)
    needed = {
        column.name: _NOTHING[column.type.python_type]
        for column in table.columns
        if not column.nullable or column.name == "ended_at"
    }
    row = {
        key: literal(value, Instant()) if isinstance(value, datetime) else value
        for key, value in (needed | values).items()
    }
    c.execute(table.insert().values(row))


def test_versions_stored_by_the_first_release_stay_and_alerts_still_show_them(
    new_database_url: str,
) -> None:
    def as_it_was(engine: Engine) -> None:
        config = migrating.configuration()
        with engine.begin() as c:
            config.attributes["connection"] = c
            command.upgrade(config, "0002")
            for name, values in OLD_ROWS.items():
                insert(c, name, values)

    def shown(engine: Engine) -> list[tuple[Any, ...]]:
        query = (
            "SELECT alerts.report_id, reports.resource, reports.sent_at = reports.received_at, "
            "reports.if_preliminary "
            "FROM alerts JOIN reports ON reports.id = alerts.report_id"
        )
        with engine.connect() as c:
            found = [tuple(row) for row in c.execute(text(query))]
            with pytest.raises(IntegrityError):
                c.execute(text("DELETE FROM reports"))
        return found

    in_engine(new_database_url, as_it_was)
    in_engine(new_database_url, migrating.migrate)
    assert in_engine(new_database_url, shown) == [("r1", "", True, None)]


def test_who_had_answered_stop_in_an_earlier_release_stays_out(new_database_url: str) -> None:
    """Two people share the number that has, one of whom it was asked of later."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    stopped = [at, at + timedelta(days=1), None]

    def as_it_was(engine: Engine) -> None:
        config = migrating.configuration()
        with engine.begin() as c:
            config.attributes["connection"] = c
            command.upgrade(config, "0012")
            for n, since in enumerate(stopped):
                mobile = "+13125550101" if since else "+13125550102"
                insert(c, "people", {"id": f"p{n}", "mobile": mobile, "opted_out_at": since})

    def back_again(engine: Engine) -> list[tuple[Any, ...]]:
        config = migrating.configuration()
        with engine.begin() as c:
            config.attributes["connection"] = c
            command.downgrade(config, "0012")
            query = "SELECT id FROM people WHERE opted_out_at IS NOT NULL ORDER BY id"
            return [tuple(row) for row in c.execute(text(query))]

    in_engine(new_database_url, as_it_was)
    in_engine(new_database_url, migrating.migrate)
    database = Database(new_database_url)
    try:
        everybody = database.look(lambda c: [people.load(c, f"p{n}") for n in range(3)])
    finally:
        database.close()
    assert [p.no_sms for p in everybody if p] == [NoSms.STOPPED, NoSms.STOPPED, None]
    assert in_engine(new_database_url, back_again) == [("p0",), ("p1",)]


def test_a_migration_that_fails_leaves_the_next_connection_checking_references(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    def checked(engine: Engine) -> int:
        monkeypatch.setattr(command, "upgrade", fail)
        with pytest.raises(OSError, match="full"):
            migrating.migrate(engine)
        with engine.connect() as c:
            return int(c.execute(text("PRAGMA foreign_keys")).scalar_one())

    assert in_engine(f"sqlite:///{tmp_path / 'readback.db'}", checked) == 1
