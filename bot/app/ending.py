"""The end of the process. It must come: a copy that works no more and does not end is started anew
by nobody."""

import asyncio
import faulthandler
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.log import log

STOP_SECONDS = 45.0
"""All parts stop in less, one after another, and systemd as we have it set up waits for longer."""
STUCK_SECONDS = 60.0
"""Nothing that runs on the event loop takes one."""
_TICK_SECONDS = 1.0
_STDERR = 2


@contextmanager
def ending_in_time() -> Iterator[None]:
    """Have the process end where its event loop stands still for STUCK_SECONDS, and STOP_SECONDS
    after this has been left, whatever it waits for by then: Python waits without an end for a
    thread in a folder whose share is gone, or one that asks a database which does not answer.
    Nothing is lost by either: it is found again as after a kill."""
    ticking = asyncio.create_task(_tick())
    try:
        yield
    finally:
        ticking.cancel()
        threading.Thread(target=_end, args=(STOP_SECONDS,), name="ending", daemon=True).start()


async def _tick() -> None:
    """By a thread of C: none of Python's would run beside a search that does not end. It shows
    first where each thread is, by functions and lines alone."""
    try:
        while True:
            faulthandler.dump_traceback_later(STUCK_SECONDS, exit=True, file=_STDERR)
            await asyncio.sleep(_TICK_SECONDS)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _end(seconds: float) -> None:
    time.sleep(seconds)
    log.error("stop_hangs", seconds=seconds)
    os._exit(1)
