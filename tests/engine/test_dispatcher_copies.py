"""Several copies on one PostgreSQL: none takes from another what that one has in hand."""

import asyncio
import os
import signal
import threading
import time
from concurrent.futures import Future
from contextlib import closing

import pytest
from sqlalchemy import Connection, text

from bot.engine import dispatcher
from storage import claims
from storage.database import Database
from storage.outbox import Claimed
from tests.engine.conftest import benched

PRESENT = text("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted")
WAITING = text("SELECT count(*) FROM pg_locks WHERE relation = 'pages'::regclass AND NOT granted")


def test_what_a_copy_claims_that_starts_while_another_waits_is_not_taken_from_it(
    postgres_database: str,
) -> None:
    with benched(postgres_database) as bench, closing(Database(postgres_database)) as other:
        bench.report()
        locked = threading.Event()

        def claims_meanwhile(c: Connection) -> list[Claimed]:
            c.execute(text("LOCK TABLE pages IN SHARE MODE"))
            locked.set()
            until = time.monotonic() + 5
            while not c.execute(WAITING).scalar_one() and time.monotonic() < until:
                time.sleep(0.01)
            other.hold_alive(2)
            return claims.claim(c, bench.clock.at, instance=2)

        async def story() -> Future[list[Claimed]]:
            claiming = other.submit(claims_meanwhile)
            await asyncio.to_thread(locked.wait)
            await bench.at_work()._adopt_orphans()
            return claiming

        assert len(asyncio.run(story()).result()) == 2
        assert "attempt_adopted" not in {line["event"] for line in bench.log.lines}


def test_pages_leave_while_who_else_is_here_is_not_answered(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's process for that one connection may hang while all others answer."""
    monkeypatch.setattr(dispatcher, "PRESENCE_SECONDS", 0.2)
    with benched(postgres_database) as bench:
        bench.report()
        stuck = bench.database.look(lambda c: c.execute(PRESENT).scalars().first())
        assert stuck
        os.kill(stuck, signal.SIGSTOP)
        try:
            bench.dispatch(bench.quiet)
        finally:
            os.kill(stuck, signal.SIGCONT)
        assert (len(bench.slack.pages), len(bench.sms.pages)) == (1, 1)
        assert "copies_not_seen" in {line["event"] for line in bench.log.lines}
