"""What is periodic and may be late; no alert hangs on it."""

from contextlib import AsyncExitStack
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.app.mode import TELL_EVERY, tell
from bot.engine.context import Engine
from bot.engine.retention import Retention
from bot.log import log
from bot.settings import Settings
from storage import audit
from storage.database import OUTAGES

SEAL_EVERY = 60
REMOVE_EVERY = 60
"""Only a look at the clock: once a day there is more to do."""


def schedule(settings: Settings, engine: Engine, stack: AsyncExitStack) -> AsyncIOScheduler:
    """Start the jobs; they end with the stack."""
    scheduler = AsyncIOScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    stack.push_async_callback(_seal, engine)  # the last minute before a stop is sealed as well
    scheduler.add_job(_seal, "interval", seconds=SEAL_EVERY, args=[engine])
    if engine.shadow:
        scheduler.add_job(tell, "interval", seconds=TELL_EVERY, args=[engine])
    if days := settings.retention.routine_days:
        daily = Retention(engine, days)
        # The second one finds the first, which may take an hour, at work.
        every = {"seconds": REMOVE_EVERY, "max_instances": 2}
        scheduler.add_job(_remove, "interval", args=[daily], **every)
    scheduler.start()
    stack.callback(scheduler.shutdown, wait=False)
    return scheduler


async def _seal(engine: Engine) -> None:
    try:
        await engine.database.write(lambda c: audit.seal(c, engine.clock.now()))
    except OUTAGES as error:
        log.warning("seal_postponed", error=type(error).__name__)


async def _remove(daily: Retention) -> None:
    try:
        await daily.run()
    except OUTAGES as error:
        log.warning("retention_postponed", error=type(error).__name__)
