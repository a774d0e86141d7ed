"""No faster than a provider takes them, the most severe first; nobody waits for somebody else."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.domain.coverage import Role
from bot.domain.effects import SendNotice, SendPage
from bot.domain.page import Notice, Slip
from bot.engine import pace as pacing
from bot.engine.limits import Limit, Rate, Window
from bot.engine.pace import Pace
from storage import claims, outbox, people, tables
from storage.outbox import Claimed
from tests.engine.conftest import Bench

HALF_A_MINUTE = timedelta(seconds=30)


def person_of(bench: Bench) -> str:
    return bench.database.look(people.everybody)[0].id


def put(bench: Bench, channel: str, many: int, *, person: str = "", severity: int = 0) -> None:
    slip = Slip(person or person_of(bench), Role.ORDERING_PROVIDER, channel, 1)
    pages = [SendPage(replace(slip, round=n), bench.clock.at) for n in range(many)]
    bench.database.run(
        lambda c: outbox.put(c, None, pages, bench.clock.at, version=1, severity=severity)
    )


def claimed(bench: Bench, pace: Pace, room: int = 100) -> list[Claimed]:
    return bench.database.run(lambda c: pace.claim(c, bench.clock.at, 1, room))


def channels(found: list[Claimed]) -> Counter[str]:
    return Counter(one.slip.channel for one in found)


def test_a_burst_leaves_at_once_and_the_rest_at_the_rate(bench: Bench) -> None:
    pace = Pace({"sms": Rate(2.0, 3.0)})
    put(bench, "sms", 10)
    assert channels(claimed(bench, pace)) == {"sms": 3}
    assert channels(claimed(bench, pace)) == {}
    bench.pass_time(seconds=1)
    assert channels(claimed(bench, pace)) == {"sms": 2}
    bench.pass_time(hours=1)
    assert channels(claimed(bench, pace)) == {"sms": 3}, "what was not used does not pile up"


def test_a_channel_that_must_wait_holds_up_no_other(bench: Bench) -> None:
    pace = Pace({"sms": Rate(1.0, 1.0)})
    put(bench, "sms", 5)
    put(bench, "slack", 5)
    assert channels(claimed(bench, pace)) == {"slack": 5, "sms": 1}
    assert pace.next_free(bench.clock.at) == pace.free_at("sms", bench.clock.at)
    assert pace.free_at("slack", bench.clock.at) == bench.clock.at
    assert (pace.free_at("sms", bench.clock.at) - bench.clock.at).total_seconds() == 1.0
    bench.pass_time(seconds=1)
    assert pace.next_free(bench.clock.at) is None


def test_the_most_severe_goes_first_and_a_notice_last(bench: Bench) -> None:
    pace = Pace({"sms": Rate(1.0, 1.0)})
    slip = Slip(person_of(bench), Role.COORDINATOR, "sms", 0, notice=Notice.QUARANTINE)
    notice = SendNotice(slip, bench.clock.at)
    bench.database.run(lambda c: outbox.put(c, None, [notice], bench.clock.at, version=0))
    put(bench, "sms", 1, severity=1)
    put(bench, "sms", 1, severity=0)
    left = []
    for _ in range(3):
        left += claimed(bench, pace)
        bench.pass_time(seconds=1)
    order = [one.slip.notice for one in left]
    assert order == [None, None, Notice.QUARANTINE]
    assert len({one.delivery_id for one in left}) == 3


def test_one_person_who_gets_too_many_holds_up_nobody_else(bench: Bench) -> None:
    pace = Pace(addresses={"slack": Rate(1.0, 2.0)})
    ada, ben = (person.id for person in bench.database.look(people.everybody)[:2])
    put(bench, "slack", 5, person=ada)
    put(bench, "slack", 1, person=ben)
    first = claimed(bench, pace)
    assert Counter(one.slip.person_id for one in first) == {ada: 2, ben: 1}
    later = bench.database.look(claims.next_to_leave)
    assert later is not None
    assert (later - bench.clock.at).total_seconds() == 1.0
    bench.pass_time(seconds=10)
    assert len(claimed(bench, pace)) == 2


def test_a_page_that_was_held_counts_from_when_it_was_due_and_goes_before_later_ones(
    bench: Bench,
) -> None:
    pace = Pace(addresses={"slack": Rate(1.0, 1.0)})
    due = bench.clock.at
    put(bench, "slack", 2)
    assert len(claimed(bench, pace)) == 1
    bench.pass_time(seconds=0.9)
    assert not claimed(bench, pace)
    put(bench, "slack", 1)
    bench.pass_time(seconds=0.1)
    (second,) = claimed(bench, pace)
    assert second.not_before == due
    bench.pass_time(seconds=1)
    (third,) = claimed(bench, pace)
    assert third.not_before == third.created_at > due


def test_what_was_reserved_and_not_needed_is_there_the_next_time(bench: Bench) -> None:
    pace = Pace({"sms": Rate(1.0, 4.0)})
    put(bench, "sms", 1)
    assert len(claimed(bench, pace)) == 1
    put(bench, "sms", 9)
    assert len(claimed(bench, pace)) == 3


def test_what_may_leave_slowly_is_not_crowded_out_by_what_may_leave_at_once(bench: Bench) -> None:
    pace = Pace({"sms": Rate(1.0, 1.0)})
    put(bench, "slack", 50, severity=1)
    put(bench, "sms", 1)
    assert channels(claimed(bench, pace, room=20)) == {"slack": 19, "sms": 1}


def test_one_number_gets_no_more_in_a_while_than_the_provider_lets_through(bench: Bench) -> None:
    """However close together: the first ones leave at once, and the most severe after them."""
    pace = Pace(addresses={"sms": Window(3, HALF_A_MINUTE)})
    ada, ben = (person.id for person in bench.database.look(people.everybody)[:2])
    put(bench, "sms", 5, person=ada, severity=1)
    put(bench, "sms", 1, person=ben, severity=1)
    assert Counter(one.slip.person_id for one in claimed(bench, pace)) == {ada: 3, ben: 1}
    bench.pass_time(seconds=10)
    put(bench, "sms", 1, person=ada, severity=0)
    assert not claimed(bench, pace)
    assert bench.database.look(claims.next_to_leave) == bench.clock.at + HALF_A_MINUTE * 2 / 3
    bench.pass_time(seconds=20)
    after = claimed(bench, pace)
    assert [one.created_at < bench.clock.at - HALF_A_MINUTE / 2 for one in after].count(False) == 0
    assert len(after) == 3, "two that waited, and before them the urgent one"
    put(bench, "sms", 1, person=ada)
    assert not claimed(bench, pace)


def test_of_those_that_wait_for_one_number_the_most_severe_leaves_first(bench: Bench) -> None:
    pace = Pace(addresses={"sms": Window(1, HALF_A_MINUTE)})
    put(bench, "sms", 3, severity=1)
    claimed(bench, pace)
    bench.pass_time(seconds=10)
    put(bench, "sms", 1, severity=0)
    assert not claimed(bench, pace)
    bench.pass_time(seconds=20)
    (urgent,) = claimed(bench, pace)
    assert urgent.not_before == bench.clock.at - HALF_A_MINUTE * 2 / 3


def test_a_number_that_two_people_share_is_one(bench: Bench) -> None:
    ada, ben = bench.database.look(people.everybody)[:2]
    with_number = update(tables.people).where(tables.people.c.id == ben.id)
    bench.database.run(lambda c: c.execute(with_number.values(mobile=ada.mobile)))
    bench.database.run(people.changed)
    pace = Pace(addresses={"sms": Window(3, HALF_A_MINUTE)})
    for person in (ada, ben):
        put(bench, "sms", 2, person=person.id)
    assert channels(claimed(bench, pace)) == {"sms": 3}


@pytest.mark.parametrize("limit", [Rate(1.0, 1.0), Window(1, HALF_A_MINUTE)])
def test_what_was_claimed_in_vain_may_leave_the_next_time(bench: Bench, limit: Limit) -> None:
    pace = Pace({"sms": Rate(1.0, 1.0)}, {"sms": limit})
    put(bench, "sms", 2)
    taken = claimed(bench, pace)
    bench.database.look(lambda c: pace.give_back(c, taken))
    assert len(claimed(bench, pace)) == 1


@pytest.mark.parametrize("limit", [Rate(1.0, 1.0), Window(1, timedelta(seconds=1))])
def test_what_is_noted_of_addresses_does_not_pile_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, limit: Limit
) -> None:
    monkeypatch.setattr(pacing, "MOST_ADDRESSES", 3)
    pace = Pace(addresses={"slack": limit})
    for person in bench.database.look(people.everybody)[:6]:
        put(bench, "slack", 1, person=person.id)
        assert len(claimed(bench, pace)) == 1
        bench.pass_time(seconds=2)
    assert len(pace._theirs) <= 3


def test_the_dispatcher_sends_all_of_it_in_the_end(bench: Bench) -> None:
    async def work() -> None:
        dispatcher = bench.at_work()
        dispatcher.pace = Pace({"sms": Rate(5.0, 5.0)})
        running = asyncio.create_task(dispatcher.run())
        async with asyncio.timeout(20):
            while len(bench.sms.pages) + len(bench.slack.pages) < 24:
                bench.pass_time(seconds=0.1)
                dispatcher.wake.all()
                await asyncio.sleep(0.005)
        running.cancel()
        await dispatcher.drain(5)

    for n in range(12):
        bench.report(f"P{n}")
    asyncio.run(work())
    assert len(bench.sms.pages) == 12
    assert len(bench.slack.pages) == 12
