"""Attempts: claimed durably, sent, proven or in doubt; how many at a time; whose they are."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, bindparam, select, update

from bot.domain.events import Acknowledged, ReadBack
from bot.domain.notices import MOST_TRIES
from bot.domain.page import Page, SendFailed, SendUncertain, Sent
from bot.engine import dispatcher, proof
from bot.engine.alerts import apply_in
from bot.engine.settle import Lost, Refused, settle
from storage import audit, claims, tables
from storage.database import before_commit
from storage.outbox import Claimed
from tests.engine.conftest import Bench, Channel

WRITE_BODY = update(tables.reports).values(body=bindparam("new"))


def bodies(c: Connection) -> list[str]:
    return list(c.execute(select(tables.reports.c.body)).scalars())


async def lost(_: Page) -> Sent:
    raise SendUncertain("no-answer")


async def proven(page: Page) -> Sent | None:
    return Sent(f"found-{page.delivery_id}")


@pytest.fixture
def one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider is asked for proof once, without waiting."""
    monkeypatch.setattr(proof, "PROOF_WAITS", (0.0,))


def states(bench: Bench, channel: str) -> list[tuple[str, int, bool]]:
    rows = [row for row in bench.attempts() if row.slip.channel == channel]
    return [(row.state, row.slip.tries, row.slip.possible_repeat) for row in rows]


def test_a_page_in_doubt_that_the_provider_proves_counts_as_sent(bench: Bench) -> None:
    bench.sms = Channel(lost, proven)
    bench.report()
    bench.dispatch(bench.quiet)
    (row,) = [row for row in bench.attempts() if row.slip.channel == "sms"]
    assert (row.state, row.provider_id) == ("sent", f"found-{row.delivery_id}")
    assert len(bench.sms.pages) == 1


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


def test_a_page_in_doubt_without_proof_is_repeated_once_under_a_new_id_and_marked(
    bench: Bench, one_question: None
) -> None:
    bench.sms = Channel(lost)
    bench.report()
    bench.dispatch(bench.quiet)
    assert states(bench, "sms") == [("uncertain", 1, False), ("uncertain", 1, True)]
    first, second = bench.sms.pages
    assert first.delivery_id != second.delivery_id
    assert (first.slip.possible_repeat, second.slip.possible_repeat) == (False, True)


def test_a_provider_that_cannot_be_asked_for_proof_is_asked_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "PROOF_WAITS", (0.0, 0.0, 0.0))

    async def at_the_third_time(page: Page) -> Sent | None:
        if len(bench.sms.asked) < 3:
            raise SendFailed("busy", permanent=False)
        return await proven(page)

    bench.sms = Channel(lost, at_the_third_time)
    bench.report()
    bench.dispatch(bench.quiet)
    assert states(bench, "sms") == [("sent", 1, False)]


def test_a_provider_that_answers_no_question_is_not_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "PROOF_SECONDS", 0.05)

    async def deaf(_: Page) -> Sent | None:
        await asyncio.Event().wait()
        return None

    bench.sms = Channel(lost, deaf)
    bench.report()
    bench.dispatch(bench.quiet)
    assert states(bench, "sms") == [("uncertain", 1, False), ("uncertain", 1, True)]


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


def test_an_attempt_that_broke_off_is_found_again_and_asked_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "ORPHANS_EVERY", 0.0)

    async def breaks(_: Page) -> Sent:
        raise ZeroDivisionError

    bench.sms = Channel(breaks, proven)
    bench.report()
    bench.dispatch(bench.quiet)
    assert states(bench, "sms") == [("sent", 1, False)]
    assert {line["event"] for line in bench.log.error_lines} == {"attempt_broke_off"}


def test_what_a_dead_copy_had_claimed_is_looked_up_before_it_is_repeated(
    bench: Bench, one_question: None
) -> None:
    bench.report()
    bench.database.run(lambda c: claims.claim(c, bench.clock.at, 77))
    bench.slack.proves = proven
    bench.dispatch(bench.quiet)
    assert not bench.slack.pages
    assert states(bench, "slack") == [("sent", 1, False)]
    assert states(bench, "sms") == [("uncertain", 1, False), ("sent", 1, True)]


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


def test_a_page_is_claimed_by_the_commit_that_puts_it_out(bench: Bench) -> None:
    async def story() -> None:
        seen = asyncio.Event()

        async def answers(page: Page) -> Sent:
            await seen.wait()
            return Sent(page.delivery_id)

        bench.sms.answers = answers
        at_work = bench.at_work()
        receipt = await asyncio.to_thread(bench.report)
        assert not receipt.quarantined
        assert states(bench, "sms") == [("claimed", 1, False)]
        seen.set()
        await at_work.drain(5)
        assert [row.state for row in bench.attempts()] == ["sent", "sent"]

    asyncio.run(story())


def test_what_was_claimed_by_a_unit_that_is_not_stored_flies_nowhere_and_keeps_no_place(
    bench: Bench,
) -> None:
    def fails(_: Connection) -> None:
        raise RuntimeError("after the claim")

    async def story() -> None:
        at_work = bench.at_work()
        with pytest.raises(RuntimeError, match="after the claim"):
            await asyncio.to_thread(bench.report, also=lambda c: before_commit(c, fails))
        assert at_work.idle
        await asyncio.to_thread(bench.report)
        await at_work.drain(5)
        assert [row.state for row in bench.attempts()] == ["sent", "sent"]

    asyncio.run(story())


def test_a_page_that_cannot_be_composed_is_nothing_to_the_report_that_comes_in(
    bench: Bench,
) -> None:
    bench.slack.shows_finding = True
    bench.report("E1")
    (body,) = bench.database.look(bodies)
    bench.database.run(lambda c: c.execute(WRITE_BODY, {"new": "{}"}))

    async def story() -> None:
        bench.at_work()
        receipt = await asyncio.to_thread(bench.report, "E2")
        assert not receipt.quarantined

    asyncio.run(story())
    assert {row.state for row in bench.attempts("E2")} == {"waiting"}
    bench.database.run(lambda c: c.execute(WRITE_BODY, {"new": body}))
    bench.dispatch(bench.quiet)
    assert [row.state for row in bench.attempts("E2")] == ["sent", "sent"]


def test_what_leaves_with_a_unit_is_limited_and_the_loop_takes_the_rest(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "AT_ONCE", 1)

    async def story() -> None:
        at_work = bench.at_work()
        await asyncio.to_thread(bench.report)
        await at_work.drain(5)

    asyncio.run(story())
    assert sorted(row.state for row in bench.attempts()) == ["sent", "waiting"]
    bench.dispatch(bench.quiet)
    assert [row.state for row in bench.attempts()] == ["sent", "sent"]


def test_a_report_during_a_drain_leaves_its_pages_to_the_next_start(bench: Bench) -> None:
    async def story() -> None:
        await bench.at_work().drain(5)
        await asyncio.to_thread(bench.report)

    asyncio.run(story())
    assert [row.state for row in bench.attempts()] == ["waiting", "waiting"]


def test_a_notice_of_no_alert_is_tried_until_it_gets_through_and_by_the_other_channel(
    bench: Bench,
) -> None:
    async def refuses(_: Page) -> Sent:
        raise SendFailed("server-error", permanent=False)

    bench.slack, bench.sms = Channel(refuses), Channel(refuses)
    bench.take(b"PID|1||nobody\r")
    for _ in range(12):
        bench.dispatch(bench.quiet)
        bench.pass_time(minutes=5)
    assert len(bench.slack.pages) == len(bench.sms.pages) > 8
    assert {page.reason for page in bench.slack.pages} == {bench.slack.pages[0].reason}
    bench.sms = Channel()
    bench.dispatch(lambda: bool(bench.sms.pages) and bench.quiet())
    bench.pass_time(minutes=5)
    bench.dispatch(bench.quiet)
    admin = [e.what for e in bench.database.look(lambda c: audit.chain(c, audit.ADMIN))]
    assert admin.count("notice_sent") == 1
    assert len(bench.sms.pages) == 1
    assert bench.database.look(claims.next_to_leave) is None, "its twin is cancelled"


def quarantined(bench: Bench, **about: object) -> Claimed:
    """The notice of a message that could not be used, claimed."""
    bench.take(b"PID|1||nobody\r")
    (claimed,) = bench.database.run(lambda c: claims.claim(c, bench.clock.at, 1))
    return replace(claimed, slip=replace(claimed.slip, **about))  # type: ignore[arg-type] # any field


def test_a_notice_of_no_alert_is_given_up_after_a_day_and_that_is_recorded(bench: Bench) -> None:
    claimed = quarantined(bench, tries=MOST_TRIES)
    unit = partial(settle, engine=bench.engine, claimed=claimed, outcome=Lost())
    bench.database.run(unit)
    admin = [e.what for e in bench.database.look(lambda c: audit.chain(c, audit.ADMIN))]
    assert admin[-2:] == ["notice_lost", "notice_given_up"]
    assert bench.database.look(claims.next_to_leave) is None


def test_a_notice_of_no_alert_in_doubt_is_marked_and_looked_for_first(
    bench: Bench, one_question: None
) -> None:
    bench.slack = Channel(lost)
    bench.take(b"PID|1||nobody\r")
    bench.dispatch(bench.quiet)
    bench.slack.proves = proven
    bench.pass_time(minutes=1)
    bench.dispatch(bench.quiet)
    assert len(bench.slack.pages) == 1, "found, and not sent again"


def acknowledged(bench: Bench) -> None:
    """Ada's page is out, and she has answered: a notice to her waits."""
    bench.report()
    bench.dispatch(bench.quiet)
    alert = bench.alert()
    event = Acknowledged(alert.owner, "sms", 1, ReadBack.NONE)
    bench.database.run(lambda c: apply_in(c, bench.engine, alert.id, event))


def tell(bench: Bench) -> None:
    bench.pass_time(minutes=1)
    bench.dispatch(bench.quiet)


def test_a_notice_in_doubt_is_looked_for_before_each_further_try(
    bench: Bench, one_question: None
) -> None:
    acknowledged(bench)
    bench.slack = Channel(lost)
    bench.dispatch(bench.quiet)
    assert len(bench.slack.pages) == 1

    async def cannot_say(_: Page) -> Sent | None:
        raise SendFailed("busy", permanent=False)

    bench.slack.proves = cannot_say
    tell(bench)
    assert len(bench.slack.pages) == 1, "while it cannot be asked nothing is repeated"
    bench.slack.proves = Channel().proves
    bench.slack.answers = Channel().answers
    tell(bench)
    assert len(bench.slack.pages) == 2
    assert bench.attempts()[-1].state == "sent"


def test_a_notice_in_doubt_that_is_found_later_is_not_repeated(
    bench: Bench, one_question: None
) -> None:
    acknowledged(bench)
    bench.slack = Channel(lost)
    bench.dispatch(bench.quiet)
    bench.slack.proves = proven
    tell(bench)
    assert len(bench.slack.pages) == 1
    assert [row.state for row in bench.attempts()[-2:]] == ["uncertain", "sent"]


@pytest.mark.parametrize(("permanent", "sent"), [(True, 2), (None, 1)])
def test_a_provider_that_never_says_what_arrived_keeps_no_notice_from_being_sent(
    bench: Bench, one_question: None, permanent: bool | None, sent: int
) -> None:
    acknowledged(bench)
    bench.slack = Channel(lost)
    bench.dispatch(bench.quiet)

    async def never_says(_: Page) -> Sent | None:
        raise SendUncertain("hm") if permanent is None else SendFailed("no-scope", permanent=True)

    bench.slack.proves = never_says
    tell(bench)
    assert len(bench.slack.pages) == sent


def test_a_provider_that_refuses_our_credentials_is_the_operators_to_hear_of(
    bench: Bench,
) -> None:
    async def refuses(_: Page) -> Sent:
        raise SendFailed("twilio-20003", permanent=True, configuration=True)

    bench.sms = Channel(refuses)
    bench.report()
    bench.dispatch(bench.quiet)
    assert {line["event"] for line in bench.log.error_lines} == {"channel_misconfigured"}
