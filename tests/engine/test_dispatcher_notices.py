"""Notices: tried until they got through, marked where in doubt, given up after a day."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from bot.domain.events import Acknowledged, ReadBack
from bot.domain.notices import MOST_TRIES
from bot.domain.page import Notice, Page, SendFailed, SendUncertain, Sent
from bot.engine import timers
from bot.engine.alerts import apply_in
from bot.engine.settle import Lost, Refused, settle
from storage import audit, claims
from storage.outbox import Claimed
from tests.engine.conftest import Bench, Channel, lost, proven


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


@pytest.mark.parametrize("outcome", [Refused("server-error", permanent=False), Lost()])
def test_what_fails_after_its_twin_has_arrived_is_not_tried_again(
    bench: Bench, outcome: Refused | Lost
) -> None:
    ends_after_its_twin_arrived(bench, quarantined(bench), outcome, minutes=5)
    assert bench.database.look(claims.next_to_leave) is None


@pytest.mark.parametrize("outcome", [Refused("server-error", permanent=False), Lost()])
def test_who_was_asked_to_phone_on_one_channel_is_asked_on_no_other(
    bench: Bench, outcome: Refused | Lost
) -> None:
    """One try was under way when the other got through."""
    ends_after_its_twin_arrived(bench, asked_to_phone(bench), outcome, minutes=1)
    assert bench.database.look(claims.next_to_leave) is None


def ends_after_its_twin_arrived(
    bench: Bench, in_slack: Claimed, outcome: Refused | Lost, *, minutes: int
) -> None:
    """Slack is busy; both channels are tried after so long, and the SMS gets through first."""
    settled = partial(settle, engine=bench.engine)
    busy = Refused("server-error", permanent=False)
    bench.database.run(partial(settled, claimed=in_slack, outcome=busy))
    bench.pass_time(minutes=minutes)
    twins = {
        one.slip.channel: one
        for one in bench.database.run(lambda c: claims.claim(c, bench.clock.at, 2))
    }
    bench.database.run(partial(settled, claimed=twins["sms"], outcome=Sent("SM1")))
    bench.database.run(partial(settled, claimed=twins["slack"], outcome=outcome))


def asked_to_phone(bench: Bench) -> Claimed:
    """The notice to the radiologist, who is asked once nobody else is left in time, claimed."""
    bench.report()
    for minutes in (31, 16):
        bench.dispatch(bench.quiet)
        bench.pass_time(minutes=minutes)
        asyncio.run(timers.sweep(bench.engine, timers.Failing()))
    found = bench.database.run(lambda c: claims.claim(c, bench.clock.at, 9))
    for one in found:
        if one.slip.notice is not Notice.PLEASE_PHONE:
            bench.database.run(partial(settle, engine=bench.engine, claimed=one, outcome=Sent("P")))
    return next(one for one in found if one.slip.notice is Notice.PLEASE_PHONE)


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
    """Under the id of the earlier try: the provider has never heard of the present one's."""
    acknowledged(bench)
    bench.slack = Channel(lost)
    bench.dispatch(bench.quiet)
    arrived = {page.delivery_id for page in bench.slack.pages}

    async def knows_the_first(page: Page) -> Sent | None:
        return await proven(page) if page.delivery_id in arrived else None

    bench.slack.proves = knows_the_first
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
