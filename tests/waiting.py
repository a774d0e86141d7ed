"""Waiting for what another thread or process does: until it has happened, and not for ever."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")
PATIENCE_SECONDS = 30.0
"""What takes longer, on however busy a machine, does not come."""


def until(
    look: Callable[[], Seen | None],
    what: str | Callable[[], str] = "it did not happen",
    seconds: float = PATIENCE_SECONDS,
) -> Seen:
    """What ``look`` sees once it sees something true. Raises AssertionError with ``what``, or with
    what that says then."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        told = what() if callable(what) else what
        assert time.monotonic() < deadline, f"waited {seconds:g} s: {told}"
        time.sleep(0.01)
    return seen


async def soon(look: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """The same on a loop, which goes on meanwhile. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not look():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)
