"""Once a day what is older than the site keeps, and belongs to no alert, is removed.

See docs/decisions/0026.
"""

import asyncio
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from bot import metrics
from bot.domain.effects import Record
from bot.engine.context import Engine
from bot.log import log
from storage import audit, retention
from storage.columns import EPOCH
from storage.database import OUTAGES, after_commit
from storage.retention import Old, Place, Removed

DAY = timedelta(days=1)
LATELY = timedelta(days=8)
PAUSE = 0.1
"""Seconds between two units of work, so that nine tenths of the time are the feed's and the
pages'."""


class Retention:
    """The daily run of one copy. Several at once find each other's work done."""

    def __init__(self, engine: Engine, days: int) -> None:
        self._engine = engine
        self._days = days
        self._last: datetime | None = None

    async def run(self) -> None:
        """What there is to do by now: nothing within a day of the last run."""
        now = self._engine.clock.now()
        if self._last and now - self._last < DAY:
            return
        before, self._last = self._last, now
        try:
            # What Readback's time is ahead of the system's may be an error of years.
            await self._run(now - self._engine.clock.ahead)
        except OUTAGES:
            self._last = before
            raise

    async def _run(self, now: datetime) -> None:
        if await self._has_been_so(now):
            await self._remove(now - timedelta(days=self._days))
        else:
            log.info("retention_postponed", reason="nothing-received-lately")

    async def _has_been_so(self, now: datetime) -> bool:
        """Whether something was received a day to a week ago by the same clock: one that was set
        ahead by years must not cost what came yesterday."""
        lately = partial(retention.seen, begin=now - LATELY, end=now - DAY)
        return await self._engine.database.read(lately)

    async def _remove(self, limit: datetime) -> None:
        removed, place = Removed(), Place(EPOCH)
        database = self._engine.database
        while old := await database.read(partial(retention.look, limit=limit, after=place)):
            place = old.last
            if old.free or old.orders:
                unit = partial(self._unit, limit=limit, old=old, first=not removed)
                removed += await database.write(unit)
                await asyncio.sleep(PAUSE)
        if removed:
            await database.write(partial(self._tell, removed=removed))

    def _unit(self, c: Connection, limit: datetime, old: Old, *, first: bool) -> Removed:
        removed = retention.remove(c, limit, old)
        if first and removed:  # should this run be killed, it is on record all the same
            began = Record(retention.BEGAN, data={"days": self._days})
            audit.append(c, audit.ADMIN, [began], self._engine.clock.now())
        numbers = removed.orders, removed.reports, removed.messages
        after_commit(c, lambda: metrics.removed(*numbers))
        return removed

    def _tell(self, c: Connection, removed: Removed) -> None:
        numbers = {
            "days": self._days,
            "orders": removed.orders,
            "reports": removed.reports,
            "messages": removed.messages,
        }
        entry = Record("retention_removed", data=numbers)
        audit.append(c, audit.ADMIN, [entry], self._engine.clock.now())
        after_commit(c, lambda: log.info("retention_removed", **numbers))
