"""Steps that are due and that nobody takes."""

import asyncio
from datetime import timedelta

from bot.domain.page import Notice
from bot.engine import timers
from bot.engine.lateness import STEPS, Lateness
from bot.engine.outage import Watch
from tests.engine.conftest import Bench
from tests.engine.test_outage import looks_for, told


def test_a_step_is_late_when_nobody_has_taken_it_for_a_minute(bench: Bench) -> None:
    lateness = Lateness(bench.engine)

    def on_time() -> bool:
        asyncio.run(lateness.look())
        return lateness.on_time()

    assert on_time(), "nothing is open"
    bench.report()
    due = bench.alert().next_action_at
    assert due
    bench.clock.at = due + timedelta(seconds=59)
    assert on_time()
    bench.pass_time(seconds=1)
    assert not on_time()
    asyncio.run(timers.sweep(bench.engine, timers.Failing()))
    assert on_time()


def test_a_lateness_that_lasts_for_a_minute_is_told_and_one_that_is_over_by_then_is_not(
    bench: Bench,
) -> None:
    """After a long stop everything is late, and is taken within seconds."""
    late = [False]
    watch = Watch(bench.engine, lambda: not late[0], STEPS)
    looks_for(bench, 1, watch)
    late[0] = True
    looks_for(bench, 0.9, watch)
    late[0] = False
    looks_for(bench, 1, watch)
    assert not told(bench, Notice.SWEEP_LATE)
    late[0] = True
    looks_for(bench, 1.1, watch)
    assert told(bench, Notice.SWEEP_LATE) == [("slack", "waiting")] * 2
