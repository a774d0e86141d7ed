"""An outage of Slack is told once for all copies, by another channel, and so is its end."""

import asyncio
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from bot.domain.page import Notice
from bot.engine import outage
from bot.engine.outage import CLICKS, Line, Watch, feed
from storage import cursors, tables
from tests.engine.conftest import Bench

_pages = tables.pages.c


def told(bench: Bench, notice: Notice) -> list[tuple[str, str]]:
    """Each notice of the kind: by which channel, and what became of it."""
    wanted = select(_pages.channel, _pages.state).where(_pages.notice == notice.value)
    return [(row.channel, row.state) for row in bench.database.look(lambda c: c.execute(wanted))]


def note(bench: Bench, *, starts: bool = False) -> None:
    bench.database.run(lambda c: outage.note(c, bench.engine, starts=starts))


def holds(bench: Bench, minutes: int = 15, line: Line = CLICKS) -> None:
    """From now on for so long it is noted again and again that it works."""
    for _ in range(minutes * 3):
        bench.database.run(lambda c: outage.note(c, bench.engine, line))
        bench.pass_time(seconds=20)


def tell(bench: Bench, line: Line = CLICKS) -> bool:
    return bench.database.run(lambda c: outage.tell_outage(c, bench.engine, line))


def test_an_outage_and_its_end_are_told_once_each_however_many_copies_see_them(
    bench: Bench,
) -> None:
    note(bench)
    bench.pass_time(seconds=61)
    assert [tell(bench), tell(bench)] == [True, True]
    assert told(bench, Notice.SLACK_DOWN) == [("sms", "waiting")] * 2
    bench.dispatch(until=bench.quiet)
    bench.pass_time(minutes=5)
    holds(bench, 15)
    assert not told(bench, Notice.SLACK_BACK)
    note(bench)
    note(bench)
    assert told(bench, Notice.SLACK_DOWN) == [("sms", "sent")] * 2
    assert told(bench, Notice.SLACK_BACK) == [("sms", "waiting")] * 2
    bench.dispatch(until=bench.quiet)
    assert "Slack is back since 07:06:" in bench.sms.pages[-1].reason


def test_what_comes_and_goes_is_told_once_and_is_over_when_it_has_stayed(bench: Bench) -> None:
    """Three minutes away, and ten minutes there: today people hear of the first time only."""
    note(bench)
    for _ in range(6):
        bench.pass_time(minutes=3)
        assert tell(bench)
        bench.dispatch(until=bench.quiet)
        holds(bench, 10)
    assert told(bench, Notice.SLACK_DOWN) == [("sms", "sent")] * 2
    assert not told(bench, Notice.SLACK_BACK)
    holds(bench, 6)
    assert told(bench, Notice.SLACK_BACK) == [("sms", "waiting")] * 2
    bench.dispatch(until=bench.quiet)
    bench.pass_time(minutes=3)
    assert tell(bench)
    assert len(told(bench, Notice.SLACK_DOWN)) == 4, "the next one is told again"


def test_it_is_no_outage_where_another_copy_is_connected(bench: Bench) -> None:
    note(bench)
    bench.pass_time(seconds=40)
    note(bench)
    bench.pass_time(seconds=40)
    assert not tell(bench)
    assert not told(bench, Notice.SLACK_DOWN)


def test_what_could_not_be_told_before_it_was_over_is_not_told_any_more(bench: Bench) -> None:
    note(bench)
    bench.pass_time(minutes=2)
    tell(bench)
    bench.pass_time(minutes=2)
    note(bench)
    assert told(bench, Notice.SLACK_DOWN) == [("sms", "cancelled")] * 2
    bench.pass_time(minutes=2)
    tell(bench)
    assert told(bench, Notice.SLACK_DOWN)[2:] == [("sms", "waiting")] * 2, "nobody had heard of it"
    bench.pass_time(minutes=2)
    holds(bench, 16)
    assert not told(bench, Notice.SLACK_BACK)


def test_a_copy_that_starts_without_slack_ends_no_outage_and_tells_it_no_second_time(
    bench: Bench,
) -> None:
    note(bench)
    bench.pass_time(minutes=2)
    tell(bench)
    bench.pass_time(minutes=2)
    note(bench, starts=True)
    assert tell(bench)
    assert len(told(bench, Notice.SLACK_DOWN)) == 2
    assert not told(bench, Notice.SLACK_BACK)


def connected_at(bench: Bench, **ahead: float) -> None:
    """What a copy has noted by a clock that was ahead of ours."""
    at = bench.clock.at + timedelta(**ahead)
    bench.database.run(lambda c: cursors.put(c, CLICKS.connected, at))


def test_a_note_by_a_clock_that_was_ahead_hides_no_outage_nor_its_end(bench: Bench) -> None:
    connected_at(bench, hours=2)
    assert [tell(bench), tell(bench)] == [True, True]
    assert len(told(bench, Notice.SLACK_DOWN)) == 2
    bench.dispatch(until=bench.quiet)
    holds(bench, 16)
    assert len(told(bench, Notice.SLACK_BACK)) == 2
    bench.dispatch(until=bench.quiet)
    bench.pass_time(seconds=61)
    assert [tell(bench), tell(bench)] == [True, True]
    assert len(told(bench, Notice.SLACK_DOWN)) == 4, "the next one is told as well, once"


def test_another_copy_whose_clock_is_a_little_ahead_is_connected(bench: Bench) -> None:
    connected_at(bench, seconds=5)
    assert not tell(bench)


def test_a_site_that_never_reached_slack_hears_of_it_as_well(bench: Bench) -> None:
    watch = Watch(bench.engine, up=lambda: False)

    async def looks(*moments: float) -> None:
        for moment in moments:
            await watch.look_at(moment)

    asyncio.run(looks(0.0, 30.0))
    bench.pass_time(seconds=61)
    asyncio.run(looks(59.0))
    assert not told(bench, Notice.SLACK_DOWN)
    asyncio.run(looks(60.0, 61.0))
    assert len(told(bench, Notice.SLACK_DOWN)) == 2
    bench.dispatch(until=bench.quiet)
    watch.up = lambda: True
    looks_for(bench, 16, watch)
    assert len(told(bench, Notice.SLACK_BACK)) == 2


def looks_for(bench: Bench, minutes: float, *watches: Watch) -> None:
    """Each second from now on, and the clock goes with it."""

    async def looks() -> None:
        for _ in range(round(minutes * 60)):
            for watch in watches:
                await watch.look_at(bench.clock.at.timestamp())
            bench.pass_time(seconds=1)

    asyncio.run(looks())


def test_a_feed_that_has_failed_for_minutes_is_told_by_name_and_so_is_its_end(bench: Bench) -> None:
    """By each coordinator's first channel: Slack is not what is ill."""
    lines, up = [feed("fhir-epic"), feed("folder-ris")], {"fhir-epic": True, "folder-ris": True}
    watches = [Watch(bench.engine, partial(up.__getitem__, line.name), line) for line in lines]

    async def looks(moment: float) -> None:
        for watch in watches:
            await watch.look_at(moment)

    asyncio.run(looks(0.0))
    up["fhir-epic"] = False
    asyncio.run(looks(1.0))
    bench.pass_time(seconds=290)
    asyncio.run(looks(290.0))
    assert not told(bench, Notice.FEED_DOWN)
    bench.pass_time(seconds=20)
    asyncio.run(looks(310.0))
    assert told(bench, Notice.FEED_DOWN) == [("slack", "waiting")] * 2
    bench.dispatch(until=bench.quiet)
    assert "from fhir-epic since" in bench.slack.pages[-1].reason
    up["fhir-epic"] = True
    looks_for(bench, 16, *watches)
    assert told(bench, Notice.FEED_DOWN) == [("slack", "sent")] * 2
    assert told(bench, Notice.FEED_BACK) == [("slack", "waiting")] * 2


def test_a_feed_that_another_copy_reads_is_not_down(bench: Bench) -> None:
    line = feed("fhir-epic")
    bench.database.run(lambda c: outage.note(c, bench.engine, line))
    bench.pass_time(minutes=4)
    bench.database.run(lambda c: outage.note(c, bench.engine, line))
    bench.pass_time(minutes=4)
    assert not bench.database.run(lambda c: outage.tell_outage(c, bench.engine, line))
