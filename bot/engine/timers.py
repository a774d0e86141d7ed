"""Time: a timer is a column. One sweep looks for what is due and sleeps until the next is.

It sleeps on the monotonic clock for a second at most, so that a stepped wall clock delays
nothing by more.
"""

import asyncio
from functools import partial

from sqlalchemy import Connection

from bot import metrics
from bot.engine.alerts import apply_in
from bot.engine.context import LONGEST_SLEEP, Engine, Wake
from bot.engine.dispatcher import asleep
from bot.log import log
from storage import alerts

BATCH = 500


async def run(engine: Engine, wake: Wake) -> None:
    """Sweep until cancelled."""
    while True:
        wake.timers.clear()
        while await sweep(engine) == BATCH:
            pass
        due = await engine.database.read(alerts.next_due_at)
        seconds = LONGEST_SLEEP
        if due is not None:
            seconds = engine.clock.seconds_until(due, at_most=LONGEST_SLEEP)
        await asleep(wake.timers, seconds)


async def sweep(engine: Engine) -> int:
    """Do what is due now; the number of alerts looked at. One that fails does not stop the rest."""
    now = engine.clock.now()
    metrics.swept(now)
    due = await engine.database.read(lambda c: alerts.due(c, now, limit=BATCH))
    steps = [engine.database.write(partial(step, engine, alert_id)) for alert_id in due]
    results = await asyncio.gather(*steps, return_exceptions=True)
    for alert_id, result in zip(due, results, strict=True):
        if isinstance(result, BaseException):
            log.error("step_failed", alert=alert_id, error=type(result).__name__)
    return len(due)


def step(engine: Engine, alert_id: str, c: Connection) -> None:
    """Apply what time has brought, unless somebody else was faster."""
    event = alerts.load(c, alert_id).due_event(engine.clock.now())
    if event is not None:
        apply_in(c, engine, alert_id, event)
