"""Pages that leave with the unit of work that puts them out."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import Connection, bindparam, event, select, update

from bot.domain.page import Page, Sent
from bot.engine import dispatcher
from storage import tables
from storage.database import before_commit
from tests.engine.conftest import Bench, states

WRITE_BODY = update(tables.reports).values(body=bindparam("new"))


def bodies(c: Connection) -> list[str]:
    return list(c.execute(select(tables.reports.c.body)).scalars())


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
        at_work = bench.at_work()
        receipt = await asyncio.to_thread(bench.report, "E2")
        assert not receipt.quarantined
        assert at_work.idle

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


def test_what_waits_during_a_drain_does_not_keep_the_loop_spinning(bench: Bench) -> None:
    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    async def story() -> None:
        at_work = bench.at_work()
        await at_work.drain(5)
        await asyncio.to_thread(bench.report)
        event.listen(bench.database._engine, "before_cursor_execute", note)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await at_work.run()

    asyncio.run(story())
    assert 0 < len(asked) < 10
