"""The one writer of a SQLite database: units of work in savepoints, committed as a group.

A commit costs a wait for the disk whatever it holds, so all that queued up during the last one
share the next.
"""

import asyncio
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection, Engine

from storage.memory import Memory, Shared, begin, run_callbacks, run_otherwise
from storage.units import Unit, perform

# Bounds how long the first unit of a group waits for the last, and what a failed COMMIT takes with
# it.
LARGEST_GROUP = 16


@dataclass(slots=True)
class _Job:
    """A unit with whoever waits for it: a thread, or a coroutine of ``loop``."""

    unit: Unit
    future: Future[Any] | asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop | None = None
    result: Any = None
    error: BaseException | None = None

    def start(self) -> bool:
        """False where nobody waits any more."""
        if isinstance(self.future, Future):
            return self.future.running() or self.future.set_running_or_notify_cancel()
        return not self.future.cancelled()

    def resolve(self) -> None:
        """Tell whoever waits; on the loop's own thread where that is a coroutine."""
        if self.future.done():  # cancelled meanwhile
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class GroupWriter:
    """Runs units one after another, on a thread and a connection of its own."""

    def __init__(self, engine: Engine, shared: Shared) -> None:
        self._engine = engine
        self._shared = shared
        self._connection: Connection | None = None
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    def submit(self, unit: Unit) -> "Future[Any]":
        """Queue the unit; the future is resolved after COMMIT. Raises RuntimeError once closed."""
        future: Future[Any] = Future()
        self._put(_Job(unit, future))
        return future

    async def write(self, unit: Unit) -> Any:
        """The same for a coroutine."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._put(_Job(unit, future, loop))
        return await future

    def _put(self, job: _Job) -> None:
        with self._closing:
            if self._closed:
                raise RuntimeError("the database is closed")
            self._queue.put(job)

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller runs inside a unit of work."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Finish what is queued, then end the thread. Harmless when repeated."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (job := self._queue.get()) is not None:
            self._group(job)
        if self._connection is not None:
            self._connection.close()

    def _group(self, first: _Job) -> None:
        """Run and commit one group. Whatever goes wrong goes to the futures, never further."""
        jobs: list[_Job] = []
        try:
            connection, memory = self._begin()
        except BaseException as error:  # handed to all who wait: each would only fail alike
            _fail([first, *self._waiting()], error)
            return
        try:
            self._run(first, connection, memory, jobs)
            _driver(connection).execute("COMMIT")
        except BaseException as error:  # nothing of the group is stored, and all hear of it
            self._roll_back(connection)
            run_otherwise(memory)
            _fail(jobs, error)
            return
        run_callbacks(memory)
        _resolve(jobs)

    def _begin(self) -> tuple[Connection, Memory]:
        if self._connection is None:
            self._connection = self._engine.connect()
            # Readers leave it switched on, and share the engine's pool.
            _driver(self._connection).execute("PRAGMA query_only = OFF")
        # IMMEDIATE: a second writer (an import) is waited for here, and not found out half-way
        # through.
        _driver(self._connection).execute("BEGIN IMMEDIATE")
        return self._connection, begin(self._connection, self._shared, writes=True)

    def _run(
        self, job: _Job | None, connection: Connection, memory: Memory, jobs: list[_Job]
    ) -> None:
        """Run the first unit, and all that are queued by then: nobody waits for company."""
        while job is not None:
            if job.start():
                jobs.append(job)
                _run_unit(job, connection, memory)
            job = self._next() if len(jobs) < LARGEST_GROUP else None

    def _next(self) -> _Job | None:
        try:
            job = self._queue.get_nowait()
        except Empty:
            return None
        if job is None:  # the end of all: for _serve to see
            self._queue.put(None)
        return job

    def _waiting(self) -> list[_Job]:
        return list(iter(self._next, None))

    def _roll_back(self, connection: Connection) -> None:
        """Back to where the next group can begin; a connection that cannot is dropped."""
        try:
            if _driver(connection).in_transaction:
                _driver(connection).execute("ROLLBACK")
        except BaseException:  # the group has its error already; the next one connects anew
            connection.invalidate()
            connection.close()
            self._connection = None


def _run_unit(job: _Job, connection: Connection, memory: Memory) -> None:
    """Run one unit in its savepoint. Raises where SQLite has ended the transaction by itself."""
    driver = _driver(connection)
    memory.next_unit()
    before = len(memory.callbacks), len(memory.otherwise)
    driver.execute("SAVEPOINT unit")
    try:
        job.result = perform(job.unit, connection)
    except BaseException as error:
        # A full disk or a read error rolls back everything at once: then nobody's work is left to
        # keep.
        if not driver.in_transaction:
            raise
        job.error = error
        driver.execute("ROLLBACK TO unit")
        memory.forget(*before)
    driver.execute("RELEASE unit")


def _fail(jobs: Iterable[_Job], error: BaseException) -> None:
    waiting = [job for job in jobs if job.start()]
    for job in waiting:
        job.error = error
    _resolve(waiting)


def _resolve(jobs: Iterable[_Job]) -> None:
    """Tell all who wait. A loop is woken once for the whole group: each waking costs a system call
    and a change of thread."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in jobs:
        if job.loop is None:
            job.resolve()
        else:
            by_loop.setdefault(job.loop, []).append(job)
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(_resolve_here, theirs)


def _resolve_here(jobs: list[_Job]) -> None:
    for job in jobs:
        job.resolve()


def _driver(connection: Connection) -> Any:
    """The sqlite3 connection: SQLAlchemy's own transactions would cost more than the statements."""
    return connection.connection.driver_connection
