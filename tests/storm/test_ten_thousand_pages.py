"""``make storm``: one request in five fails, in every way that the stand-ins know."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
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

ALERTS = 2_000
SENDERS = 4
PAGES = 10_000
DESIGNEE_OWNS_AFTER = timedelta(minutes=30)
PATIENCE = 420.0


@pytest.mark.timeout(900)
def test_ten_thousand_pages_through_a_storm_lose_none_and_repeat_none_unmarked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with stormy_hospital() as there:
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
    """From several senders at once, and slowly for the bot: the first alert must not be with its
    coordinator before the last is with its designee."""
    bot = there.bot
    assert bot is not None
    there.clock.set_rate(1)

    def send(number: int) -> str:
        return bot.send(report(number, there.now))

    with ThreadPoolExecutor(SENDERS) as senders, Progress(console=_console()) as progress:
        sent = senders.map(send, range(ALERTS))
        for answer in progress.track(sent, description="reports", total=ALERTS):
            assert "MSA|AA" in answer
    there.clock.set_rate(RATE)


def _console() -> Console:
    return Console(file=sys.stdout)


def _until_each_is_answered_or_with_its_designee(there: Hospital) -> None:
    """Until the last one's thirty minutes are over, and what was then due has been sent."""
    over = there.now + DESIGNEE_OWNS_AFTER + timedelta(minutes=3)
    deadline = time.monotonic() + PATIENCE
    while there.now < over:
        assert time.monotonic() < deadline
        time.sleep(1)


def _check(found: Count) -> None:
    assert found.alerts == ALERTS
    assert found.pages >= PAGES
    assert not found.elsewhere, found.elsewhere[:5]
    assert found.acknowledged + found.with_designee == ALERTS
    assert not found.lost, found.lost[:5]
    assert not found.unmarked, found.unmarked[:5]
    assert found.twice <= found.ambiguous, "at most one for each failure that was ambiguous"
    assert found.failed >= 0.15 * found.requests, "one request in five failed"
