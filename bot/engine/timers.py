"""Time: a timer is a column. One sweep looks for what is due and sleeps until the next is.

It sleeps on the monotonic clock for a second at most, so that a stepped wall clock delays
nothing by more.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from bot import metrics
from bot.engine.alerts import apply_in
from bot.engine.context import LONGEST_SLEEP, Engine, Wake, asleep
from bot.engine.directory import pass_on_one, provider_known_now
from bot.log import log
from storage import alerts, people
from storage.read_ahead import read_ahead

BATCH = 50
"""Steps in one unit of work: they are durable together, so the first waits for the last."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries of a step that keeps failing."""


@dataclass(slots=True)
class Failing:
    """Alerts that one loop of this copy could not move: each is tried again after a growing pause,
    so that it neither keeps the loop spinning nor the others waiting. Times are the event loop's.
    """

    pauses: dict[str, float] = field(default_factory=dict)
    until: dict[str, float] = field(default_factory=dict)

    def waiting(self) -> set[str]:
        """Those whose pause is not over."""
        now = asyncio.get_running_loop().time()
        return {alert_id for alert_id, until in self.until.items() if until > now}

    def note(self, alert_id: str, error: Exception | None) -> None:
        """How its last step went."""
        if error is None:
            self.pauses.pop(alert_id, None)
            self.until.pop(alert_id, None)
        else:
            pause = min(2 * self.pauses.get(alert_id, 0.5), LONGEST_PAUSE)
            self.pauses[alert_id] = pause
            self.until[alert_id] = asyncio.get_running_loop().time() + pause
            log.error("step_failed", alert=alert_id, error=type(error).__name__)

    def keep(self, alert_ids: Collection[str]) -> None:
        """Nothing is to be done for any other: somebody else has done it, or it has ended."""
        for gone in self.pauses.keys() - set(alert_ids):
            self.note(gone, None)


async def run(engine: Engine, wake: Wake, failing: Failing) -> None:
    """Sweep until cancelled."""
    while True:
        wake.timers.clear()
        while await sweep(engine, failing) == BATCH:
            pass
        due = await engine.database.read(alerts.next_due_at)
        seconds = LONGEST_SLEEP
        if due is not None and not failing.until:
            seconds = engine.clock.seconds_until(due, at_most=LONGEST_SLEEP)
        await asleep(wake.timers, seconds)


async def follow_directory(engine: Engine) -> None:
    """Whoever changed the directory and how, until cancelled: an import passes on by itself what
    its owners lose, but not what another copy opened for one of them at the same moment. Here the
    providers are asked whom it makes known.

    Beside the sweep: to look through a million open alerts takes seconds."""
    followed, left, failing = "", list[str](), Failing()
    while True:
        edition = await engine.database.read(people.edition)
        if edition != followed:
            left, followed = await _to_pass_on(engine), edition
            failing.keep(left)
        waiting = failing.waiting()
        now = [alert_id for alert_id in left if alert_id not in waiting]
        await _each(engine, now, failing, lambda alert_id: partial(pass_on_one, engine, alert_id))
        left = [alert_id for alert_id in left if alert_id in failing.pauses]
        await asyncio.sleep(LONGEST_SLEEP)


async def _to_pass_on(engine: Engine) -> list[str]:
    """Whose provider is known is read one by one: there may be thousands, each with its reports."""
    lost = await engine.database.read(alerts.out_of_reach)
    unknown = await engine.database.read(alerts.without_provider)
    asked = [
        alert_id
        for alert_id in unknown
        if await engine.database.read(partial(provider_known_now, engine, alert_id))
    ]
    return list(dict.fromkeys((*lost, *asked)))


async def sweep(engine: Engine, failing: Failing) -> int:
    """Do what is due now; the number of alerts looked at. One that fails does not stop the rest."""
    now, waiting = engine.clock.now(), failing.waiting()
    metrics.swept(now)
    most = BATCH + len(waiting)
    found = await engine.database.read(lambda c: alerts.due(c, now, limit=most))
    if len(found) < most:
        failing.keep(found)
    due = [alert_id for alert_id in found if alert_id not in waiting][:BATCH]
    await _steps(engine, due, failing)
    metrics.STEPS_FAILING.set(len(failing.pauses))
    return len(due)


async def _steps(engine: Engine, due: Sequence[str], failing: Failing) -> None:
    """All in one unit of work, which reads what they need at once; where one of them fails, each
    in its own."""
    try:
        await engine.database.write(partial(_steps_in, engine, due))
    except Exception:  # whatever it was: it comes again to the alert that it belongs to
        await _each(engine, due, failing, lambda alert_id: partial(step, engine, alert_id))
    else:
        for alert_id in due:
            failing.note(alert_id, None)


def _steps_in(engine: Engine, due: Sequence[str], c: Connection) -> None:
    read_ahead(c, due)
    for alert_id in due:
        step(engine, alert_id, c)


async def _each(
    engine: Engine,
    alert_ids: Sequence[str],
    failing: Failing,
    unit: Callable[[str], Callable[[Connection], None]],
) -> None:
    writes = [engine.database.write(unit(alert_id)) for alert_id in alert_ids]
    results = await asyncio.gather(*writes, return_exceptions=True)
    for alert_id, result in zip(alert_ids, results, strict=True):
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            raise result
        failing.note(alert_id, result)


def step(engine: Engine, alert_id: str, c: Connection) -> None:
    """Apply what time has brought, unless somebody else was faster."""
    event = alerts.load(c, alert_id).due_event(engine.clock.now())
    if event is not None:
        apply_in(c, engine, alert_id, event)
