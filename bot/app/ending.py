"""The end of the process. It must come: a copy that works no more and does not end is started anew
by nobody."""

import os
import threading
import time

from bot.log import log

STOP_SECONDS = 45.0
"""All parts stop in less, one after another, and systemd as we have it set up waits for longer."""


def end_in_time() -> None:
    """Have the process end after STOP_SECONDS, whatever it waits for by then: a thread in a folder
    whose share is gone, or one that asks a database which does not answer, is waited for by Python
    without an end. Nothing is lost by it: it is found again as after a kill."""
    threading.Thread(target=_end, args=(STOP_SECONDS,), name="ending", daemon=True).start()


def _end(seconds: float) -> None:
    time.sleep(seconds)
    log.error("stop_hangs", seconds=seconds)
    os._exit(1)
