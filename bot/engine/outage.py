"""No click in Slack arrives any more: the coordinators hear of it by another channel, once, and
once more when it is over.

Slack sends each click to any copy that is connected, so it is an outage only where none is. Each
notes from time to time that it is; whoever has been cut off for a minute, and finds no newer note,
tells.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.domain.coverage import SLACK
from bot.domain.page import Notice
from bot.engine.context import Engine
from bot.engine.directory import tell_coordinators
from bot.log import log
from storage import cursors, locks, outbox

LOOK_EVERY = 1.0
OUTAGE_SECONDS = 60.0
NOTE_EVERY = 20.0
# Kept beside the sources that are polled: when a copy was last connected, and the same of the last
# outage that was told.
CONNECTED, TOLD = "slack:connected", "slack:outage-told"


@dataclass
class Watch:
    """This copy's view; ``up`` says whether a click would arrive here. Its times are the event
    loop's, which a stepped clock does not move."""

    engine: Engine
    up: Callable[[], bool]
    cut_off_since: float | None = None
    noted_at: float | None = None
    told: bool = False

    async def run(self) -> None:
        """Look every second until cancelled. In shadow nobody is paged, and nothing is told."""
        while True:
            if not self.engine.shadow:
                await self.look_at(asyncio.get_running_loop().time())
            await asyncio.sleep(LOOK_EVERY)

    async def look_at(self, now: float) -> None:
        """``now`` is the event loop's, in seconds."""
        if self.noted_at is None or self.up():
            await self._connected(now)
        elif self.cut_off_since is None:
            self.cut_off_since = now
        elif not self.told and now - self.cut_off_since >= OUTAGE_SECONDS:
            self.told = await self.engine.database.write(lambda c: tell_outage(c, self.engine))

    async def _connected(self, now: float) -> None:
        """A start counts as well: nobody could click before it."""
        starts = self.noted_at is None and not self.up()
        if self.noted_at is None or self.told or now - self.noted_at >= NOTE_EVERY:
            await self.engine.database.write(lambda c: note(c, self.engine, starts=starts))
            self.noted_at, self.told = now, False
        self.cut_off_since = now if starts else None


def note(c: Connection, engine: Engine, *, starts: bool = False) -> None:
    """A copy is connected; where an outage had been told, it is over. One that only ``starts``
    ends none."""
    before, told, now = _read(c, engine)
    if starts and before is not None:
        return
    cursors.put(c, CONNECTED, now)
    if before is None or told != before:
        return
    outbox.cancel_about(c, Notice.SLACK_DOWN, [before.isoformat()], now)
    tell_coordinators(c, engine, Notice.SLACK_BACK, now.isoformat(), without=SLACK)


def tell_outage(c: Connection, engine: Engine) -> bool:
    """Tell that none has been connected for long enough. False where another copy is."""
    last, told, now = _read(c, engine)
    # Copies' clocks are a little apart; a note from much later than now was made by one that has
    # been set back since.
    if last is None or abs(now - last) < timedelta(seconds=OUTAGE_SECONDS):
        return False
    if told != last:
        tell_coordinators(c, engine, Notice.SLACK_DOWN, last.isoformat(), without=SLACK)
        cursors.put(c, TOLD, last)
        log.warning("slack_outage")
    return True


def _read(c: Connection, engine: Engine) -> tuple[datetime | None, datetime | None, datetime]:
    locks.lock(c, CONNECTED)
    return cursors.load(c, CONNECTED), cursors.load(c, TOLD), engine.clock.now()
