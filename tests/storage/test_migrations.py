"""The migrations end exactly at the tables of the code, on both databases."""

import re
import threading
from collections.abc import Callable
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, text
from sqlmodel import SQLModel

import storage.triggers  # noqa: F401 - hangs them on the tables
from storage import migrating
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
    # A table that a migration has built anew and renamed has its name in quotes.
    plain = (re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", line) for line in lines)
    return {re.sub(r"FOREIGN KEY ?\(", "FOREIGN KEY (", line) for line in plain if line}


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


def test_the_migrated_schema_is_that_of_the_code(database_url: str) -> None:
    in_engine(database_url, migrating.migrate)
    migrated = in_engine(database_url, read_catalogue)
    in_engine(database_url, drop_all)
    in_engine(database_url, create_all)
    created = in_engine(database_url, read_catalogue)
    assert migrated == created
    everything = " ".join(part for parts in migrated.values() for part in parts)
    for expected in ("ck_alerts_open_has_next_action", "WHERE", "TRIGGER", "fk_pages_alert_id"):
        assert expected in everything


def test_alembic_finds_nothing_left_to_migrate(database_url: str) -> None:
    in_engine(database_url, migrating.migrate)

    def differences(engine: Engine) -> list[Any]:
        with engine.connect() as c:
            return list(compare_metadata(MigrationContext.configure(c), SQLModel.metadata))

    assert in_engine(database_url, differences) == []


def test_taking_it_back_leaves_nothing(database_url: str) -> None:
    empty = in_engine(database_url, read_catalogue)
    in_engine(database_url, migrating.migrate)
    in_engine(database_url, drop_all)
    assert in_engine(database_url, read_catalogue) == empty


def test_copies_that_start_together_migrate_once(database_url: str) -> None:
    errors: list[BaseException] = []

    def start() -> None:
        database = Database(database_url)
        try:
            database.migrate()
        except BaseException as error:  # told to the test, which is another thread
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert "alerts" in str(in_engine(database_url, read_catalogue))
