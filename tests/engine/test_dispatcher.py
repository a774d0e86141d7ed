"""Attempts: claimed durably, sent and settled once; how many at a time, and on which channel."""

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from bot.domain.page import Page, SendFailed, Sent
from bot.engine import dispatcher
from bot.engine.settle import Refused, settle
from storage import audit, claims
from tests.engine.conftest import Bench, Channel, states


def test_the_log_tells_of_each_attempt_with_the_alerts_reference_and_without_the_person(
    bench: Bench,
) -> None:
    async def refused(_: Page) -> Sent:
        raise SendFailed("twilio-21610", permanent=True)

    bench.sms = Channel(refused)
    bench.report()
    bench.dispatch(bench.quiet)
    told = [line for line in bench.log.lines if str(line["event"]).startswith("message_")]
    (ref,) = {line["ref"] for line in told}
    assert ref == bench.alert().ref
    assert ("message_sent", "slack") in {(line["event"], line["channel"]) for line in told}
    (failed,) = [line for line in told if line["event"] == "message_failed"]
    assert (failed["channel"], failed["reason"], failed["kind"]) == ("sms", "twilio-21610", "page")


def test_the_time_that_a_provider_names_is_kept(bench: Bench) -> None:
    async def busy(_: Page) -> Sent:
        raise SendFailed("busy", permanent=False, retry_after=17.0)

    bench.sms = Channel(busy)
    bench.report()
    bench.dispatch(bench.quiet)
    waiting = [row for row in bench.attempts() if row.state == "waiting"]
    assert [row.not_before for row in waiting] == [bench.clock.at + timedelta(seconds=17)]


def test_a_channel_that_the_site_does_without_moves_to_the_next_at_once(bench: Bench) -> None:
    bench.report()
    bench.dispatch(bench.quiet, {"slack": bench.slack})
    assert states(bench, "sms") == [("failed", 1, False)]
    assert [row.reason for row in bench.attempts() if row.slip.channel == "sms"] == ["sms-is-off"]
    assert states(bench, "slack") == [("sent", 1, False)]


def test_no_more_pages_of_a_channel_are_in_flight_than_the_limit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "IN_FLIGHT", 3)
    flying: Counter[str] = Counter()
    most = 0

    async def slow(page: Page) -> Sent:
        nonlocal most
        flying[page.slip.channel] += 1
        most = max(most, *flying.values())
        await asyncio.sleep(0.02)
        flying[page.slip.channel] -= 1
        return Sent(page.delivery_id)

    bench.slack, bench.sms = Channel(slow), Channel(slow)
    for number in range(5):
        bench.report(f"E{number}")
    bench.dispatch(bench.quiet)
    assert most == 3
    assert len(bench.slack.pages) + len(bench.sms.pages) == 10


def test_a_channel_that_answers_nobody_holds_up_no_page_on_another(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "IN_FLIGHT", 2)

    async def hangs(_: Page) -> Sent:
        await asyncio.Event().wait()
        raise AssertionError

    bench.sms = Channel(hangs)
    for number in range(6):
        bench.report(f"E{number}")
    bench.dispatch(lambda: len(bench.slack.pages) == 6)
    assert len(bench.sms.pages) == 2


def test_an_attempt_is_settled_once(bench: Bench) -> None:
    bench.report()
    claimed = bench.database.run(lambda c: claims.claim(c, bench.clock.at, 1))
    one = next(each for each in claimed if each.slip.channel == "sms")
    refused = Refused("twilio-21211", permanent=True)
    for outcome in (Sent("S1"), refused, Sent("S2")):
        unit = partial(settle, engine=bench.engine, claimed=one, outcome=outcome)
        bench.database.run(unit)
    (row,) = [row for row in bench.attempts() if row.delivery_id == one.delivery_id]
    assert (row.state, row.provider_id) == ("sent", "S1")
    trail = bench.database.look(lambda c: audit.chain(c, bench.alert().id))
    assert [entry.what for entry in trail].count("page_sent") == 1


def test_a_drain_claims_nothing_more_and_lets_what_flies_land(bench: Bench) -> None:
    async def slow(page: Page) -> Sent:
        await asyncio.sleep(0.1)
        return Sent(page.delivery_id)

    bench.slack, bench.sms = Channel(slow), Channel(slow)
    bench.report()
    bench.dispatch(lambda: bool(bench.sms.pages))
    assert {row.state for row in bench.attempts()} == {"sent"}


def test_a_provider_that_refuses_our_credentials_is_the_operators_to_hear_of(
    bench: Bench,
) -> None:
    async def refuses(_: Page) -> Sent:
        raise SendFailed("twilio-20003", permanent=True, configuration=True)

    bench.sms = Channel(refuses)
    bench.report()
    bench.dispatch(bench.quiet)
    assert {line["event"] for line in bench.log.error_lines} == {"channel_misconfigured"}


def test_threads_that_hang_in_other_work_do_not_keep_pages_from_leaving(bench: Bench) -> None:
    bench.report()
    over = threading.Event()

    async def story() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        loop.run_in_executor(None, over.wait)
        try:
            await bench._dispatch(bench.quiet, None)
        finally:
            over.set()

    asyncio.run(story())
    assert [row.state for row in bench.attempts()] == ["sent", "sent"]
