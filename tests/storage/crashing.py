"""A process that stores notes as fast as it can and prints each as soon as its future says so.

Run by test_crash.py, which kills it.
"""

import sys
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial

from storage import inbound
from storage.database import Database

QUEUED = 50
AT = datetime(2026, 1, 1, tzinfo=UTC)


def say(number: int, future: "Future[bool]") -> None:
    """One line, whole, before anything else can happen."""
    if future.exception() is None:
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def main(url: str) -> None:
    """Until killed."""
    database = Database(url)
    database.migrate()
    waiting: list[Future[bool]] = []
    number = 0
    while True:
        future = database.submit(partial(inbound.seen, provider="test", sid=str(number), now=AT))
        future.add_done_callback(partial(say, number))
        waiting.append(future)
        number += 1
        if len(waiting) >= QUEUED:
            waiting.pop(0).result()


main(sys.argv[1])
