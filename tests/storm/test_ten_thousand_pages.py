"""``make storm``: one request in five fails, in every way that the stand-ins know.

READBACK_STORM_ALERTS makes it smaller; it takes as long, since the ladder does.
"""

import os
import sys
import time
from datetime import timedelta

import pytest
from rich.console import Console
from rich.progress import Progress

from bot.sandbox.hospital import Hospital
from tests.storm.counting import Count, count
from tests.storm.hospital import (
    RATE,
    begin_to_fail,
    people_answering,
    report,
    stop_failing,
    stormy_hospital,
)

ALERTS = int(os.environ.get("READBACK_STORM_ALERTS", "1000"))
PAGES = 10 * ALERTS
"""Who never answers is paged in three rounds by Slack and SMS and called twice, then the designee;
and one in five is tried again."""
DESIGNEE_OWNS_AFTER = timedelta(minutes=30)
SPREAD, BEFORE_THE_COORDINATOR = timedelta(minutes=11), timedelta(minutes=13)
BEHIND, SLOWER = timedelta(seconds=30), 0.8


@pytest.mark.timeout(1500)
def test_ten_thousand_pages_through_a_storm_lose_none_and_repeat_none_unmarked(
    database_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with stormy_hospital(database_url) as there:
        begin_to_fail(there)
        with capsys.disabled(), people_answering(there):
            _reports_come_in(there)
            _until_each_is_answered_or_with_its_designee(there)
            stop_failing(there)
        found = count(there)
        with capsys.disabled():
            sys.stdout.write(f"\n{found}\n")
        _check(found)
        assert there.bot is not None
        assert not there.bot.errors()


def _reports_come_in(there: Hospital) -> None:
    """Evenly, so that the last is with its designee before the first is with its coordinator. What
    a second of the story takes is the machine's: where the bot does not keep up, time slows."""
    assert there.bot is not None
    began, late, rate = there.now, timedelta(), RATE
    with Progress(console=_console()) as progress:
        for number in progress.track(range(ALERTS), description="reports"):
            due = began + late + SPREAD * (number / ALERTS)
            while there.now < due:
                time.sleep(0.01)
            if there.now > due + BEHIND:
                late, rate = late + BEHIND, rate * SLOWER
                there.clock.set_rate(rate)
            there.bot.send(report(number, there.now))
    assert there.now - began < BEFORE_THE_COORDINATOR, "this machine is too busy for it"


def _console() -> Console:
    return Console(file=sys.stdout)


def _until_each_is_answered_or_with_its_designee(there: Hospital) -> None:
    """Until the last one's thirty minutes are over, and what was then due has been sent."""
    over = there.now + DESIGNEE_OWNS_AFTER + timedelta(minutes=2)
    while there.now < over:
        time.sleep(1)


def _check(found: Count) -> None:
    assert found.alerts == ALERTS
    assert found.pages >= PAGES
    assert found.calls > ALERTS, "phones have rung"
    assert not found.elsewhere, found.elsewhere[:5]
    assert found.acknowledged + found.with_designee == ALERTS
    assert not found.lost, found.lost[:5]
    assert not found.unmarked, found.unmarked[:5]
    assert found.twice <= found.ambiguous, "at most one for each failure that was ambiguous"
    assert found.failed >= 0.15 * found.requests, "one request in five failed"
