"""A copy that stands still ends."""

import subprocess
import sys

STUCK = """
import asyncio, re
from bot.app import ending
ending.STUCK_SECONDS = 0.5

async def looks_for_ever():
    with ending.ending_in_time():
        await asyncio.sleep(0)
        re.match("(a+)+$", "a" * 100 + "b")

asyncio.run(looks_for_ever())
"""


def test_an_event_loop_that_stands_still_ends_the_process_and_shows_where() -> None:
    """Within a search, which lets no other thread of Python's run."""
    done = subprocess.run(
        [sys.executable, "-c", STUCK], check=False, capture_output=True, timeout=60
    )
    assert done.returncode == 1
    assert b"in looks_for_ever" in done.stderr
