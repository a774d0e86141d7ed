"""The database takes nothing: the coordinators are told past it, once, and when it is over."""

import asyncio
from contextlib import closing

import pytest
from sqlalchemy import text

from bot.domain.page import Notice, Page, SendFailed, SendUncertain, Sent
from bot.engine.away import Away
from bot.engine.outage import HOLDS
from storage import audit
from storage.database import Database
from tests.engine.conftest import Bench, benched
from tests.engine.test_outage import told
from tests.scenarios.test_database_away import without_table

CARLA, CHRIS = "Carla Reyes RN", "Chris Novak RN"
HELD = HOLDS.total_seconds()


@pytest.fixture
def away(bench: Bench) -> Away:
    return Away(bench.engine, {"slack": bench.slack, "sms": bench.sms})


def look(away: Away, *seconds: float) -> None:
    async def looks() -> None:
        for second in seconds:
            await away.look_at(second)

    asyncio.run(looks())


def names(pages: list[Page]) -> list[str]:
    return [page.person.name for page in pages]


def recorded(bench: Bench) -> list[str]:
    chain = bench.database.look(lambda c: audit.chain(c, audit.ADMIN))
    return [str(entry.data["channel"]) for entry in chain if entry.what == "notice_sent"]


def test_after_a_minute_it_is_told_past_the_outbox_once_and_recorded_afterwards(
    bench: Bench, away: Away, sqlite_url: str
) -> None:
    look(away, 0)
    with without_table(sqlite_url, "editions"):
        look(away, 10, 69)
        assert not bench.slack.pages
        look(away, 70, 80)
    assert names(bench.slack.pages) == [CARLA, CHRIS]
    assert "its database has taken nothing since 07:00" in bench.slack.pages[0].reason
    assert not recorded(bench)
    look(away, 90)
    assert recorded(bench) == ["slack", "slack"]
    look(away, 89 + HELD)
    assert not told(bench, Notice.DATABASE_BACK)
    look(away, 90 + HELD, 100 + HELD)
    assert told(bench, Notice.DATABASE_BACK) == [("slack", "waiting")] * 2


def test_a_database_that_comes_and_goes_is_told_once(
    bench: Bench, away: Away, sqlite_url: str
) -> None:
    look(away, 0)
    for start in (10, 310):
        with without_table(sqlite_url, "editions"):
            look(away, start, start + 60)
        look(away, start + 70)
    assert names(bench.slack.pages) == [CARLA, CHRIS]
    look(away, 100 + HELD)
    assert not told(bench, Notice.DATABASE_BACK)
    look(away, 380 + HELD)
    assert told(bench, Notice.DATABASE_BACK) == [("slack", "waiting")] * 2


def test_of_two_copies_that_were_cut_off_one_tells_the_end(
    bench: Bench, away: Away, sqlite_url: str
) -> None:
    other = Away(bench.engine, away.senders)
    for copy in (away, other):
        look(copy, 0)
    with without_table(sqlite_url, "editions"):
        for copy in (away, other):
            look(copy, 10, 70)
    for copy in (away, other):
        look(copy, 80, 80 + HELD)
    assert told(bench, Notice.DATABASE_BACK) == [("slack", "waiting")] * 2


def test_what_one_channel_does_not_take_the_other_does_and_what_may_have_arrived_comes_once(
    bench: Bench, away: Away, sqlite_url: str
) -> None:
    async def in_doubt(_: Page) -> Sent:
        raise SendUncertain

    async def busy(_: Page) -> Sent:
        raise SendFailed("busy", permanent=False)

    takes = bench.sms.answers
    bench.slack.answers, bench.sms.answers = in_doubt, busy
    look(away, 0)
    with without_table(sqlite_url, "editions"):
        look(away, 10, 70)
        assert (names(bench.slack.pages), names(bench.sms.pages)) == ([CARLA, CHRIS],) * 2
        bench.sms.answers = takes
        look(away, 80, 90)
    assert names(bench.slack.pages) == [CARLA, CHRIS]
    assert names(bench.sms.pages) == [CARLA, CHRIS] * 2


def test_a_failover_of_half_a_minute_is_told_to_nobody(
    bench: Bench, away: Away, sqlite_url: str
) -> None:
    look(away, 0)
    with without_table(sqlite_url, "editions"):
        look(away, 10, 40)
    look(away, 75, 80 + HELD)
    assert not bench.slack.pages
    assert not told(bench, Notice.DATABASE_BACK)


@pytest.mark.parametrize("table", ["messages", "alerts"])
def test_a_table_that_somebody_keeps_locked_is_told(postgres_database: str, table: str) -> None:
    """Whatever needs it fails or waits, and so may a notice that leaves by the outbox."""
    with benched(postgres_database) as bench, closing(Database(postgres_database)) as other:
        away = Away(bench.engine, {"slack": bench.slack, "sms": bench.sms})
        look(away, 0)
        with other._engine.begin() as forgotten:
            forgotten.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
            look(away, 10, 70)
        assert names(bench.slack.pages) == [CARLA, CHRIS]
        look(away, 80)
        assert recorded(bench) == ["slack", "slack"]
