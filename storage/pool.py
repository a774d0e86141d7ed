"""Units of work on PostgreSQL: a small pool of threads, a transaction each, repeated where that is
safe.
"""

import asyncio
import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, PendingRollbackError, SQLAlchemyError

from storage.memory import Shared, begin, run_callbacks, run_otherwise
from storage.units import Unit, perform

WRITERS = 8
# Seconds before each repetition, on average.
_WAITS = (0.005, 0.02, 0.1, 0.4)
# Serialization failure, deadlock, and the unique key that two transactions met at: the second try
# sees the first's row.
_MET_ANOTHER = {"40001", "40P01", "23505"}


class CommitUnknown(Exception):
    """The connection was lost during COMMIT: what the unit did may be stored or not."""


class PoolWriter:
    """Runs units side by side, each in a transaction of its own."""

    def __init__(self, engine: Engine, shared: Shared) -> None:
        self._engine = engine
        self._shared = shared
        self._local = threading.local()
        self._threads = ThreadPoolExecutor(WRITERS, "writer", self._mark_thread)

    def submit(self, unit: Unit) -> "Future[Any]":
        """Queue the unit; the future is resolved after COMMIT. Raises RuntimeError once closed."""
        return self._threads.submit(self._run, unit)

    async def write(self, unit: Unit) -> Any:
        """The same for a coroutine."""
        return await asyncio.wrap_future(self.submit(unit))

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller runs inside a unit of work."""
        return getattr(self._local, "writes", False)

    def close(self) -> None:
        """Finish what is queued, then end the threads."""
        self._threads.shutdown(wait=True)

    def _mark_thread(self) -> None:
        self._local.writes = True

    def _run(self, unit: Unit) -> Any:
        for wait in _WAITS:
            try:
                return self._attempt(unit)
            except SQLAlchemyError as error:
                if not _may_be_repeated(error):
                    raise
            time.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 - only keeps two apart
        return self._attempt(unit)

    def _attempt(self, unit: Unit) -> Any:
        with self._engine.connect() as connection:
            memory = begin(connection, self._shared, writes=True)
            try:
                result = _committed(unit, connection)
            except BaseException:
                run_otherwise(memory)
                raise
        run_callbacks(memory)
        return result


def _committed(unit: Unit, connection: Connection) -> Any:
    result = perform(unit, connection)
    try:
        connection.commit()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise CommitUnknown from error
        raise
    return result


def _may_be_repeated(error: SQLAlchemyError) -> bool:
    """Whether the transaction has certainly not been committed, and another try may do better."""
    if isinstance(error, DBAPIError):
        met = getattr(error.orig, "sqlstate", None) in _MET_ANOTHER
        return error.connection_invalidated or met
    # The connection was lost in a savepoint whose errors concern nobody else: the claim of pages.
    return isinstance(error, PendingRollbackError)
