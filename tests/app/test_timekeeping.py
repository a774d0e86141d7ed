"""What happens around Readback's own time when the system clock is set back."""

import asyncio
from datetime import timedelta
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import metrics
from bot.app.timekeeping import watch_clock
from bot.clock import ClockControl, SteadyClock, SystemClock
from tests.written import writing

HOUR = timedelta(hours=1)


async def _a_job_runs_although_its_time_lies_an_hour_ahead(control: ClockControl) -> None:
    clock = SteadyClock(control.create())
    ran = asyncio.Event()

    async def job() -> None:
        ran.set()

    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_job(job, "interval", seconds=60, next_run_time=SystemClock().now() + HOUR)
    scheduler.start()
    watching = asyncio.create_task(watch_clock(clock, scheduler))
    try:
        await asyncio.sleep(0)
        control.step(-HOUR)
        async with asyncio.timeout(10):
            await ran.wait()
    finally:
        watching.cancel()
        scheduler.shutdown(wait=False)


def test_periodic_jobs_do_not_wait_for_a_clock_that_was_set_back(tmp_path: Path) -> None:
    control = ClockControl(tmp_path / "clock")
    with writing() as written:
        asyncio.run(_a_job_runs_although_its_time_lies_an_hour_ahead(control))
    assert written.getvalue().count("clock_stepped_back") == 1
    shown = metrics.REGISTRY.get_sample_value("readback_clock_ahead_seconds")
    assert shown is not None
    assert 3590 < shown <= 3600
