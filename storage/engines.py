"""SQLAlchemy engines for the two databases, with the settings that durability and speed rest on."""

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError

# Upserts (3.24) are older; RETURNING and MATERIALIZED came with 3.35.
OLDEST_SQLITE = (3, 35, 0)
# Seconds to wait for another process's transaction, be it an import or a checkpoint.
_BUSY_SECONDS = 5.0
_LOOK_AGAIN = 0.01
_WAL = "PRAGMA journal_mode = WAL"
_PRAGMAS = (
    # Not NORMAL: in WAL mode that loses the last transactions with the power, and we have said yes
    # to their senders.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # As Debian builds it: what is removed of patients does not stay in the file.
    "PRAGMA secure_delete = ON",
    "PRAGMA cache_size = -32000",
    "PRAGMA temp_store = MEMORY",
)
# A copy may stand still in the middle of a transaction: stopped, in swap, on a host that hangs.
# After so many seconds PostgreSQL undoes that one, as everybody else waits for what it holds.
# Ours think for milliseconds between two statements.
STANDSTILL_SECONDS = 10.0
# Whoever is not ours may lock a row or a table and go home: then what needs it fails, and all else
# goes on. Longer than one of ours may stand still.
LOCKED_SECONDS = 15.0
# The text of a database error names no value of a row: it may be a patient's.
_QUIET: dict[str, Any] = {"hide_parameters": True}
_POSTGRESQL: dict[str, Any] = {
    # Whether "insert, or do nothing" did something: psycopg's cursor knows, but only while open.
    "execution_options": {"preserve_rowcount": True},
    "pool_size": 16,
    "max_overflow": 8,
}
# A server that has vanished is noticed in ten seconds by us, and our death by it (advisory locks).
# While a question is under way Linux sends no keepalives: it repeats that for a quarter of an hour,
# unless it is told not to.
_KEEPALIVE = {"connect_timeout": 10, "keepalives_idle": 5, "keepalives_interval": 2,
              "keepalives_count": 3, "tcp_user_timeout": 10_000}  # fmt: skip
_OPTIONS = {"timezone": "UTC", "tcp_keepalives_idle": 5, "tcp_keepalives_interval": 2,
            "tcp_keepalives_count": 3}  # fmt: skip


def read_url(text: str) -> URL:
    """The URL with its driver. Raises ValueError for a database that is not supported."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ValueError(
            "the database URL cannot be read: sqlite:///FILE or postgresql://…"
        ) from error
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return url.set(drivername="sqlite")
        case "sqlite":
            raise ValueError("a SQLite database needs a file: sqlite:///FILE")
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case other:
            raise ValueError(f"{other} is not supported: sqlite:///FILE or postgresql://…")


def open_engine(url: URL) -> Engine:
    """An engine for this URL. A SQLite file is created where it is missing, for its owner alone."""
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, **_QUIET, **_POSTGRESQL, connect_args=_to_postgresql())
        event.listen(engine, "handle_error", _leave_out_detail)
        return engine
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise RuntimeError(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 is needed")
    _create_private(Path(str(url.database)))
    # AUTOCOMMIT keeps both SQLAlchemy and sqlite3 from beginning transactions: the writer does
    # that, explicitly.
    engine = create_engine(
        url,
        **_QUIET,
        isolation_level="AUTOCOMMIT",
        connect_args={"timeout": _BUSY_SECONDS},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _to_postgresql() -> dict[str, Any]:
    options = {
        **_OPTIONS,
        "idle_in_transaction_session_timeout": f"{round(STANDSTILL_SECONDS * 1000)}ms",
        "lock_timeout": f"{round(LOCKED_SECONDS * 1000)}ms",
    }
    said = " ".join(f"-c {name}={value}" for name, value in options.items())
    return {**_KEEPALIVE, "options": said}


def _create_private(path: Path) -> None:
    """Reports are in it. SQLite gives the files beside it the same permissions."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _leave_out_detail(context: ExceptionContext) -> None:
    """PostgreSQL's second line (DETAIL) quotes keys and whole rows, and with them patients."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).split("\n", 1)[0], *error.args[1:])


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    _into_wal(connection)
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _into_wal(connection: sqlite3.Connection) -> None:
    """Of several that open a new file at once SQLite refuses all but one, and without the wait that
    it was asked for."""
    for _ in range(round(_BUSY_SECONDS / _LOOK_AGAIN)):
        try:
            connection.execute(_WAL).close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_LOOK_AGAIN)
        else:
            return
    connection.execute(_WAL).close()
