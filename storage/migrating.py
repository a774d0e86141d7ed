"""Migrations, applied by the program itself: there is no ini file, and Alembic's command is not
needed.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from storage import locks

# Its context is one for the whole process: two databases at once would be migrated into each other.
_ALEMBIC = threading.Lock()
_LONGEST_MIGRATION = 600
"""Seconds that a copy waits for another one that migrates a large database."""


class DatabaseTooNew(Exception):
    """A later release of Readback has migrated this database."""


class Standing(Enum):
    """Which release's tables a database has."""

    NONE = "none"
    EARLIER = "earlier"
    OURS = "ours"
    LATER = "later"


def standing(connection: Connection) -> Standing:
    """As the database has it; nothing is changed."""
    known, heads = _revisions()
    at = frozenset(MigrationContext.configure(connection).get_current_heads())
    if at - known:
        return Standing.LATER
    if at == heads:
        return Standing.OURS
    return Standing.EARLIER if at else Standing.NONE


def refuse_later(connection: Connection) -> None:
    """Raises DatabaseTooNew where the database knows a migration that this release does not."""
    known, _ = _revisions()
    _refuse_newer(frozenset(MigrationContext.configure(connection).get_current_heads()) - known)


def migrate(engine: Engine) -> bool:
    """Apply what is missing, all of it or nothing; whether anything was. Copies that start together
    do it one after another.

    Raises DatabaseTooNew where the database knows a migration that this release does not.
    """
    known, heads = _revisions()
    with engine.connect() as connection, _alone(connection):
        at = frozenset(MigrationContext.configure(connection).get_current_heads())
        _refuse_newer(at - known)
        if at != heads:
            config = configuration()
            config.attributes["connection"] = connection
            with _ALEMBIC:
                command.upgrade(config, "head")
    return at != heads


def configuration() -> Config:
    """Alembic's configuration, with a connection to be put into its attributes."""
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LONGEST_MIGRATION}s'")
        locks.lock(connection, "migrate")
        yield
        connection.commit()
        return
    connection.exec_driver_sql("PRAGMA query_only = OFF")
    # Else no table that others refer to can be written anew; it works outside a transaction alone.
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    (usual,) = connection.exec_driver_sql("PRAGMA busy_timeout").one()
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {_LONGEST_MIGRATION * 1000}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken:
            raise RuntimeError(f"a migration has left rows of {broken[0]} that refer to nothing")
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        connection.invalidate()  # rolled back, and the next connection checks references again
        raise
    connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {usual}")


@cache
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    """Every migration of this release, and those that nothing comes after."""
    scripts = ScriptDirectory.from_config(configuration())
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return known, frozenset(scripts.get_heads())


def _refuse_newer(unknown: frozenset[str]) -> None:
    if unknown:
        raise DatabaseTooNew(
            f"the database is at {', '.join(sorted(unknown))}, which this release does not know: "
            "a later release of Readback has used it. Install that one, or restore a backup."
        )
