"""Which copies of Readback are alive on a database: one on SQLite, any number on PostgreSQL."""

import fcntl
import os
import threading
from pathlib import Path

from sqlalchemy import Connection, Engine, Integer, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError

# Marks our advisory locks among those of other programs on the same database: "RB" and a number.
_LOCK_CLASS = 0x5242_0001
# Beside it: 0 is shared by the copies that page people, 1 by those in shadow.
_MODES = 0x5242_0002
_MODE_NAMES = ("live", "shadow")
_TAKE_MODE = select(
    func.pg_try_advisory_lock_shared(
        bindparam("class", type_=Integer), bindparam("mode", type_=Integer)
    )
)
_TAKE = select(
    func.pg_try_advisory_lock(
        bindparam("class", type_=Integer), bindparam("instance", type_=Integer)
    )
)
_HELD = text(
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
    "AND classid = :class AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)
# Whoever has not looked for so long is no more, by PostgreSQL's own clock: a copy that is stopped,
# or hangs, keeps its connection. Longer than any call to a provider may take: what such a copy had
# under way then ends by its own timeouts, before anything of it is sent.
UNSEEN_SECONDS = 20.0
# PostgreSQL before 14 has no such setting: there such a copy is waited for.
_UNSEEN = text(
    "SELECT set_config(name, :limit, false) FROM pg_settings WHERE name = 'idle_session_timeout'"
)


class DatabaseInUse(Exception):
    """Another copy has it: two of them would send every page twice."""


class LockFile:
    """An exclusive lock on a file beside a SQLite database, which is the same by whatever link it
    was opened. It ends with the process, however that ends.
    """

    def __init__(self, database: Path) -> None:
        database = database.resolve()
        self._path = database.with_name(f"{database.name}.lock")
        self._file: int | None = None

    def take(self) -> None:
        """Take it. Raises DatabaseInUse where another process has it."""
        file = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(file)
            raise DatabaseInUse("another copy of Readback is running on this database") from error
        self._file = file

    def release(self) -> None:
        """Let go of it. The file stays: removing it could take it from under a third process."""
        if self._file is not None:
            # A process that is just being started has all our files until it begins to run.
            fcntl.flock(self._file, fcntl.LOCK_UN)
            os.close(self._file)
            self._file = None


class Presence:
    """This copy's session lock on PostgreSQL, and the view of everybody's.

    The lock lives on a connection of its own and is gone as soon as PostgreSQL sees that end, or
    when nobody has looked by it for UNSEEN_SECONDS.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._connection: Connection | None = None
        self._instance: int | None = None
        self._shadow = False

    def hold(self, instance: int, *, shadow: bool) -> None:
        """Be alive as ``instance``, 0 to 2³¹ - 1. Raises DatabaseInUse where another copy is, or
        runs in the other mode."""
        with self._guard:
            self._instance, self._shadow = instance, shadow
            self._take()
            self._refuse_other_mode()

    def _refuse_other_mode(self) -> None:
        """What the one in shadow received first would page nobody, at the live one neither. Only at
        the start: whoever has lost its connection for a while goes on."""
        others = self._held(_MODES) - {int(self._shadow)}
        if others:
            mode = _MODE_NAMES[others.pop()]
            raise DatabaseInUse(f"another copy of Readback runs in {mode} mode on this database")

    def alive(self) -> set[int]:
        """The instances that are. A connection that was lost is made anew, and the lock taken
        again.
        """
        with self._guard:
            try:
                found = self._held()
            except DBAPIError:
                self._drop()
                found = self._held()
            if self._instance is not None and self._instance not in found:
                self._take()
                found.add(self._instance)
            return found

    def release(self) -> None:
        """Be alive no more."""
        with self._guard:
            self._instance = None
            self._drop()

    def _held(self, kind: int = _LOCK_CLASS) -> set[int]:
        return set(self._connected().execute(_HELD, {"class": kind}).scalars())

    def _take(self) -> None:
        names = {"class": _LOCK_CLASS, "instance": self._instance}
        if not self._connected().execute(_TAKE, names).scalar_one():
            raise DatabaseInUse(f"another copy is running as instance {self._instance}")
        mode = {"class": _MODES, "mode": int(self._shadow)}
        self._connected().execute(_TAKE_MODE, mode).close()

    def _connected(self) -> Connection:
        if self._connection is None:
            connection = self._engine.connect()
            self._connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            limit = f"{round(UNSEEN_SECONDS * 1000)}ms"
            self._connection.execute(_UNSEEN, {"limit": limit}).close()
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            # Not back into the pool: the lock belongs to the session.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
