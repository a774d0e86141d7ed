"""What every loop of one running copy shares."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random, SystemRandom
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.domain.policy import Policy
from bot.domain.shadow import Shadow
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Site:
    """Whose installation this is. ``callback_number`` is where a finding is told by phone."""

    name: str
    timezone: ZoneInfo
    callback_number: str


class Wake:
    """Ends the sleep of the dispatcher and the timers, from any thread, after a commit."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.dispatcher = asyncio.Event()
        self.timers = asyncio.Event()

    def all(self) -> None:
        """Wake both loops. Harmless once the event loop is closed: nobody sleeps there any more."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        self.dispatcher.set()
        self.timers.set()


@dataclass(frozen=True)
class Engine:
    """One running copy. ``instance`` marks its claims; ``callback`` wakes its loops. In
    ``shadow`` it pages nobody."""

    database: Database
    clock: Clock
    policy: Policy
    site: Site
    wake: Callable[[], None]
    instance: int
    processing_ids: frozenset[str] = frozenset({"P"})
    random: Random = field(default_factory=SystemRandom)
    shadow: Shadow | None = None
