"""Several copies on one PostgreSQL: none takes from another what that one has in hand."""

import asyncio
import threading
import time
from concurrent.futures import Future
from contextlib import closing

from sqlalchemy import Connection, text

from storage import claims
from storage.database import Database
from storage.outbox import Claimed
from tests.engine.conftest import benched

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
