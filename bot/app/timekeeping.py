"""Readback's time where the system clock is set back: goes on, says so, and lets nothing wait."""

import asyncio
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import metrics
from bot.clock import RawClock, SteadyClock, SystemClock
from bot.log import log
from storage.database import Database
from storage.latest import latest

EVERY_SECONDS = 1.0
NOTEWORTHY = timedelta(minutes=1)
"""Smaller steps, and copies on other machines whose clocks are apart, are everyday life."""


def steady(database: Database, raw: RawClock) -> SteadyClock:
    """The clock to work by: it begins no earlier than what the database has seen of the time."""
    return SteadyClock(raw, database.look(latest))


async def watch_clock(clock: SteadyClock, scheduler: AsyncIOScheduler) -> None:
    """Tell when the system clock was set back, and when Readback's time is the system's again."""
    before = timedelta(0)
    while True:
        ahead = clock.ahead
        metrics.CLOCK_AHEAD.set(ahead.total_seconds())
        if ahead - before >= NOTEWORTHY:
            log.warning("clock_stepped_back", seconds=round(ahead.total_seconds()))
            _run_soon(scheduler)
        elif before and not ahead:
            log.info("clock_agrees_again")
        before = ahead
        await asyncio.sleep(EVERY_SECONDS)


def _run_soon(scheduler: AsyncIOScheduler) -> None:
    """Periodic jobs wait for times of the system clock, which may have moved far ahead of it."""
    for job in scheduler.get_jobs():
        job.modify(next_run_time=SystemClock().now())
