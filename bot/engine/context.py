"""What every loop of one running copy shares."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random, SystemRandom
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.clock import Clock
from bot.domain.policy import Policy
from bot.domain.shadow import Shadow
from storage.database import Database, after_commit

LONGEST_SLEEP = 1.0
"""Seconds after which each loop looks by itself, whoever has forgotten to wake it."""


@dataclass(frozen=True, slots=True)
class Site:
    """Whose installation this is. ``callback_number`` is where a finding is told by phone."""

    name: str
    timezone: ZoneInfo
    callback_number: str


async def asleep(woken: asyncio.Event, seconds: float) -> None:
    """Wait for the event, for ``seconds`` of monotonic time at most."""
    # Not wait_for: before Python 3.12 it can swallow a cancellation that comes with the event.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()


class Wake:
    """Ends the sleep of the dispatcher, the timers and whoever asks for receipts, from any thread,
    after a commit.

    ``claim`` is the dispatcher's, once there is one: pages then leave with the unit of work that
    puts them out, and no other commit is waited for.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.dispatcher = asyncio.Event()
        self.timers = asyncio.Event()
        self.receipts = asyncio.Event()
        self.claim: Callable[[Connection], None] | None = None

    def all(self) -> None:
        """Wake each loop."""
        self.soon(self._set)

    def leave(self, connection: Connection) -> None:
        """At the end of a unit of work that has put pages out."""
        if self.claim:
            self.claim(connection)
        else:
            after_commit(connection, self.all)

    def soon(self, callback: Callable[[], None]) -> None:
        """Call it on the event loop; not at all where that is closed: nobody works there."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback)

    def _set(self) -> None:
        self.dispatcher.set()
        self.timers.set()
        self.receipts.set()


@dataclass(frozen=True)
class Engine:
    """One running copy. ``instance`` marks its claims, ``wake`` wakes its loops. In ``shadow`` it
    pages nobody.

    ``leave`` ends a unit of work that has put pages out, where a dispatcher works in this process.
    """

    database: Database
    clock: Clock
    policy: Policy
    site: Site
    wake: Callable[[], None]
    instance: int
    processing_ids: frozenset[str] = frozenset({"P"})
    random: Random = field(default_factory=SystemRandom)
    leave: Callable[[Connection], None] | None = None
    shadow: Shadow | None = None
