"""The database: units of work that write, reads beside them, migration, and who else is alive on
it.

A unit of work is a plain function of a connection. It does not commit; what it returns must not
depend on the connection. What it wants done once it is durable, it hands to ``after_commit``.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.coverage import Calls
from storage import migrating
from storage.engines import open_engine, read_url
from storage.memory import Shared, begin, memory
from storage.pool import CommitUnknown, PoolWriter
from storage.presence import DatabaseInUse, LockFile, Presence
from storage.units import perform
from storage.writer import GroupWriter

__all__ = ["OUTAGES", "Database", "DatabaseInUse", "after_commit", "before_commit"]
OUTAGES = (SQLAlchemyError, sqlite3.Error, CommitUnknown)
"""What a unit of work may end with where the database is away, locked or full."""
T = TypeVar("T")
READERS = 4
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def after_commit(connection: Connection, callback: Callable[[], None]) -> None:
    """Run the callback once, on the writer's thread, when the unit of work under way is durable."""
    memory(connection).callbacks.append(callback)


def unless_committed(connection: Connection, callback: Callable[[], None]) -> None:
    """Run the callback once, on the writer's thread, when the unit of work under way is not stored,
    or the answer to its COMMIT got lost."""
    memory(connection).otherwise.append(callback)


def before_commit(connection: Connection, act: Callable[[Connection], None]) -> None:
    """Do it once, at the end of the unit of work under way and as a part of it."""
    memory(connection).last.append(act)


class Database:
    """One database, SQLite or PostgreSQL by its URL. Raises ValueError for any other.

    ``calls``: what they can do at this site says whose channel they are.
    """

    def __init__(self, url: str, *, calls: Calls = Calls.NONE) -> None:
        self._url = read_url(url)
        self._engine = open_engine(self._url)
        self._shared = Shared(calls=calls)
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._looker = ThreadPoolExecutor(1, "presence")
        self._instance: int | None = None
        self._lock_file = LockFile(Path(str(self._url.database)))
        self._presence = Presence(self._engine)
        sqlite = self.dialect == "sqlite"
        self._writer: GroupWriter | PoolWriter
        self._writer = (GroupWriter if sqlite else PoolWriter)(self._engine, self._shared)

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    def migrate(self) -> bool:
        """Bring the tables to this release; whether they were not. Raises DatabaseTooNew after a
        later one."""
        return migrating.migrate(self._engine)

    # ---- writing ----------------------------------------------------------------------------

    def submit(self, unit: Callable[[Connection], T]) -> "Future[T]":
        """Queue a unit of work. The future has its result after the COMMIT, or what it raised."""
        return self._writer.submit(unit)

    async def write(self, unit: Callable[[Connection], T]) -> T:
        """Run a unit of work and return its result once it is durable."""
        result: T = await self._writer.write(unit)
        return result

    def run(self, unit: Callable[[Connection], T]) -> T:
        """The same for a thread that can wait. Raises RuntimeError from inside a unit of work."""
        if self._writer.is_current_thread:
            raise RuntimeError("a unit of work cannot wait for another: call its function instead")
        return self.submit(unit).result()

    # ---- reading ----------------------------------------------------------------------------

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Run a function that only reads, on what is committed, beside the writer."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.look, unit)

    def look(self, unit: Callable[[Connection], T]) -> T:
        """The same for a thread that can wait. All statements see the database at one moment."""
        with self._engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = ON")
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(**_SNAPSHOT)
            begin(connection, self._shared, writes=False)
            result: T = perform(unit, connection)
            return result

    # ---- who else is here -------------------------------------------------------------------

    def hold_alone(self) -> None:
        """Serve this SQLite file alone, until the process ends. Raises DatabaseInUse.

        PostgreSQL takes any number of copies: nothing to hold.
        """
        if self.dialect == "sqlite":
            self._lock_file.take()

    def hold_alive(self, instance: int, *, shadow: bool = False) -> None:
        """Be seen as alive under this number, 0 to 2³¹ - 1, and in this mode: all copies run in the
        same one. Raises DatabaseInUse."""
        self._instance = instance
        if self.dialect == "postgresql":
            self._presence.hold(instance, shadow=shadow)

    async def see_alive(self) -> set[int]:
        """The same as ``alive``, on a thread of its own: whatever all others hang in, we are seen,
        and pages leave."""
        return await asyncio.get_running_loop().run_in_executor(self._looker, self.alive)

    def alive(self) -> set[int]:
        """The numbers of all copies that are alive, this one included."""
        if self.dialect == "postgresql":
            return self._presence.alive()
        return set() if self._instance is None else {self._instance}

    def close(self) -> None:
        """Finish every unit that is queued, then let go of everything."""
        self._writer.close()
        self._readers.shutdown(wait=True)
        self._looker.shutdown(wait=True)
        self._presence.release()
        self._engine.dispose()
        self._lock_file.release()
