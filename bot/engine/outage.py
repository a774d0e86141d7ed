"""No click in Slack or no report of a source arrives any more, or Twilio takes no SMS: the
coordinators hear of it by another channel, once, and once more when it is over. What comes and goes
is over when it has stayed for a while: in between nobody hears anything new.

Slack sends each click to any copy that is connected, and any copy may read a source, so it is an
outage only where none does. Each notes from time to time that it does; whoever has been cut off for
long enough, and finds no newer note, tells.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.domain import outage
from bot.domain.coverage import SLACK, SMS
from bot.domain.page import Notice
from bot.engine.context import Engine
from bot.engine.coordinators import tell_coordinators
from bot.log import log
from storage import cursors, locks, outages, outbox

LOOK_EVERY = 1.0
NOTE_EVERY = 20.0
FEED_MINUTES = 5.0
HOLDS = timedelta(minutes=15)
"""So long it must have gone well again before its end is told. The notice says since when."""


@dataclass(frozen=True, slots=True)
class Line:
    """What may be cut off: ``name`` is told, after so many ``minutes``, and ``without`` is the
    channel that cannot tell of it. Notes of it are kept beside the sources that are polled."""

    name: str
    down: Notice
    back: Notice
    minutes: float
    without: str = ""

    @property
    def patience(self) -> float:
        """Seconds until it is told."""
        return self.minutes * 60.0

    @property
    def connected(self) -> str:
        """When a copy was last connected."""
        return f"{self.name}:connected"

    @property
    def outage(self) -> str:
        """The same of the outage that was told; nothing stands there once its end was told."""
        return f"{self.name}:outage"

    @property
    def again(self) -> str:
        """Since when it has gone well after that."""
        return f"{self.name}:again"


CLICKS = Line("slack", Notice.SLACK_DOWN, Notice.SLACK_BACK, 1, without=SLACK)
POSTS = Line("slack-posts", Notice.SLACK_REFUSED, Notice.SLACK_TAKEN, 10, without=SLACK)
TEXTS = Line("sms", Notice.SMS_DOWN, Notice.SMS_BACK, 10, without=SMS)
"""Ten minutes: where webhooks bring what Twilio has to say it is asked for nothing in five."""


def feed(name: str) -> Line:
    """A FHIR server or a folder. Five minutes: a restart is over by then, and much of the shortest
    window is left."""
    return Line(name, Notice.FEED_DOWN, Notice.FEED_BACK, FEED_MINUTES)


def hl7(minutes: int) -> Line:
    """All senders together: none has brought a message for so long."""
    return Line(outage.HL7, Notice.FEED_DOWN, Notice.FEED_BACK, minutes)


async def look_again(
    engine: Engine, seconds: float, look_at: Callable[[float], Awaitable[None]]
) -> None:
    """Look so often, by the event loop's time, until cancelled. In shadow nobody is paged, and
    nothing is told."""
    while True:
        if not engine.shadow:
            await look_at(asyncio.get_running_loop().time())
        await asyncio.sleep(seconds)


@dataclass
class Watch:
    """This copy's view of a line; ``up`` says whether a click or a report would arrive here. Its
    times are the event loop's, which a stepped clock does not move."""

    engine: Engine
    up: Callable[[], bool]
    line: Line = CLICKS
    cut_off_since: float | None = None
    noted_at: float | None = None
    told: bool = False

    async def run(self) -> None:
        """Look every second until cancelled."""
        await look_again(self.engine, LOOK_EVERY, self.look_at)

    async def look_at(self, now: float) -> None:
        """``now`` is the event loop's, in seconds."""
        if self.noted_at is None or self.up():
            await self._connected(now)
        elif self.cut_off_since is None:
            self.cut_off_since = now
        elif not self.told and now - self.cut_off_since >= self.line.patience:
            self.told = await self.engine.database.write(
                lambda c: tell_outage(c, self.engine, self.line)
            )

    async def _connected(self, now: float) -> None:
        """A start counts as well: nobody could click before it."""
        starts = self.noted_at is None and not self.up()
        if self.noted_at is None or self.told or now - self.noted_at >= NOTE_EVERY:
            await self.engine.database.write(
                lambda c: note(c, self.engine, self.line, starts=starts)
            )
            self.noted_at, self.told = now, False
        self.cut_off_since = now if starts else None


def note(c: Connection, engine: Engine, line: Line = CLICKS, *, starts: bool = False) -> None:
    """A copy is connected; where an outage was told and this holds, it is over. What nobody has
    heard of is over at once, and nobody has to. One that only ``starts`` ends none."""
    before, outage_of, now = _read(c, engine, line)
    if starts and before is not None:
        return
    cursors.put(c, line.connected, now)
    if outage_of is None:
        return
    about = outage.told(line.name, outage_of)
    since = cursors.load(c, line.again)
    if since is None and not outages.heard_of(c, line.down, about):
        outbox.cancel_about(c, line.down, [about], now)
        cursors.forget(c, line.outage)
        return
    if since is None:
        cursors.put(c, line.again, since := now)
    if abs(now - since) >= HOLDS:
        outbox.cancel_about(c, line.down, [about], now)
        tell_coordinators(c, engine, line.back, outage.told(line.name, since), without=line.without)
        cursors.forget(c, line.outage, line.again)


def tell_outage(c: Connection, engine: Engine, line: Line = CLICKS) -> bool:
    """Tell that none has been connected for long enough. False where another copy is."""
    last, outage_of, now = _read(c, engine, line)
    # Copies' clocks are a little apart; a note from much later than now was made by one that has
    # been set back since.
    if last is None or abs(now - last) < timedelta(seconds=line.patience):
        return False
    if outage_of is None:
        about = outage.told(line.name, last)
        tell_coordinators(c, engine, line.down, about, without=line.without)
        cursors.put(c, line.outage, last)
        log.warning("outage_told", source=line.name)
    else:  # it had come back for a while
        cursors.forget(c, line.again)
    return True


def _read(
    c: Connection, engine: Engine, line: Line
) -> tuple[datetime | None, datetime | None, datetime]:
    locks.lock(c, line.connected)
    return cursors.load(c, line.connected), cursors.load(c, line.outage), engine.clock.now()
