"""Time: a timer is a column. One sweep looks for what is due and sleeps until the next is.

It sleeps on the monotonic clock for a second at most, so that a stepped wall clock delays
nothing by more.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from bot import metrics
from bot.engine.alerts import apply_in
from bot.engine.context import LONGEST_SLEEP, Engine, Wake
from bot.engine.directory import pass_on_one
from bot.engine.dispatcher import asleep
from bot.log import log
from storage import alerts, people

BATCH = 500


async def run(engine: Engine, wake: Wake) -> None:
    """Sweep until cancelled."""
    followed = ""
    while True:
        wake.timers.clear()
        while await sweep(engine) == BATCH:
            pass
        due, edition = await engine.database.read(_ahead)
        if edition != followed:
            await follow_directory(engine)
            followed = edition
        seconds = LONGEST_SLEEP
        if due is not None:
            seconds = engine.clock.seconds_until(due, at_most=LONGEST_SLEEP)
        await asleep(wake.timers, seconds)


def _ahead(c: Connection) -> tuple[datetime | None, str]:
    return alerts.next_due_at(c), people.edition(c)


async def follow_directory(engine: Engine) -> None:
    """Whoever changed the directory and how: an import passes on by itself what its owners lose,
    but not what another copy opened for one of them at the same moment."""
    left = await engine.database.read(alerts.out_of_reach)
    await _each(engine, left, lambda alert_id: partial(pass_on_one, engine, alert_id))


async def sweep(engine: Engine) -> int:
    """Do what is due now; the number of alerts looked at. One that fails does not stop the rest."""
    now = engine.clock.now()
    metrics.swept(now)
    due = await engine.database.read(lambda c: alerts.due(c, now, limit=BATCH))
    await _each(engine, due, lambda alert_id: partial(step, engine, alert_id))
    return len(due)


async def _each(
    engine: Engine, alert_ids: Sequence[str], unit: Callable[[str], Callable[[Connection], None]]
) -> None:
    writes = [engine.database.write(unit(alert_id)) for alert_id in alert_ids]
    results = await asyncio.gather(*writes, return_exceptions=True)
    for alert_id, result in zip(alert_ids, results, strict=True):
        if isinstance(result, BaseException):
            log.error("step_failed", alert=alert_id, error=type(result).__name__)


def step(engine: Engine, alert_id: str, c: Connection) -> None:
    """Apply what time has brought, unless somebody else was faster."""
    event = alerts.load(c, alert_id).due_event(engine.clock.now())
    if event is not None:
        apply_in(c, engine, alert_id, event)
