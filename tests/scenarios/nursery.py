"""Brings up bots that die when they are told to: a process that has imported everything and forks.

Run as a program. Each line on its standard input is an Order as JSON; the answer is the child's
process id. A child is the whole bot; a fuse kills it, with SIGKILL, at the n-th commit after the
fuse was lit, before or after that commit.
"""

import asyncio
import gc
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from bot import log
from bot.app import serve
from bot.clock import MovedClock
from bot.settings import load
from tests.leash import Leash

Dialect = Any


class Fuse:
    """A file with "before 3" or "after 3" in it: lit while it exists."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._commits = 0

    def commit(self, commit: Callable[[], Any]) -> Any:
        """Do it, unless this is where to die."""
        moment, number = self._read()
        self._commits = self._commits + 1 if number else 0
        here = self._commits == number  # other threads commit, and count, during this one
        if here and moment == "before":
            self._die()
        done = commit()
        if here and moment == "after":
            self._die()
        return done

    def _read(self) -> tuple[str, int]:
        try:
            moment, number = self._file.read_text(encoding="ascii").split()
        except FileNotFoundError:
            return "", 0
        return moment, int(number)

    def _die(self) -> None:
        """Unless it has been put out meanwhile: then nobody counts on a death any more."""
        with suppress(FileNotFoundError):
            self._file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def watch_commits(fuse: Fuse) -> None:
    """Every connection that SQLAlchemy makes from now on asks the fuse at its commits."""

    class Sqlite(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            if sql != "COMMIT":
                return super().execute(sql, *rest)
            done: sqlite3.Cursor = fuse.commit(lambda: super(Sqlite, self).execute(sql))
            return done

    class Postgres(psycopg.Connection[Any]):
        def commit(self) -> None:
            fuse.commit(super().commit)

    @event.listens_for(Engine, "do_connect")
    def _(dialect: Dialect, _record: object, args: list[Any], options: dict[str, Any]) -> Any:
        if dialect.name == "sqlite":
            options["factory"] = Sqlite
            return None
        return Postgres.connect(*args, **options)


def live(order: dict[str, Any]) -> None:
    """Be the bot until somebody ends it."""
    written = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(written, stream)
    watch_commits(Fuse(Path(order["fuse"])))
    log.configure("json")
    settings = load(Path(order["config"]), order["environment"])
    asyncio.run(serve(settings, MovedClock(Path(order["clock"]))))


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    gc.collect()  # else each fork looks through all of it, and copies its pages
    gc.freeze()
    leash = Leash()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            leash.put_on()
            sys.stdin.close()
            live(json.loads(line))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
