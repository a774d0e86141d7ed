"""What is told while nobody is paged."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.app import mode
from bot.domain.page import Notice
from bot.domain.shadow import Shadow
from storage import engines, tables
from tests.engine.conftest import CHICAGO, NOON, benched


def test_a_notice_of_shadow_that_cannot_be_written_down_now_comes_later(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_BUSY_SECONDS", 0.05)
    file = sqlite_url.removeprefix("sqlite:///")
    with (
        benched(sqlite_url) as bench,
        closing(sqlite3.connect(file, isolation_level=None)) as other,
    ):
        engine = replace(bench.engine, shadow=Shadow(NOON.date(), CHICAGO))
        other.execute("BEGIN IMMEDIATE")
        asyncio.run(mode.tell(engine))
        other.execute("ROLLBACK")
        told = [line["event"] for line in bench.log.lines]
    assert told == ["shadow_notice_postponed"]


def test_a_notice_told_by_a_clock_that_was_years_ahead_keeps_nobody_quiet(sqlite_url: str) -> None:
    """It was set, and Readback started again since: past its end it has to insist all the same."""
    with benched(sqlite_url) as bench:
        engine = replace(bench.engine, shadow=Shadow(date(2000, 1, 1), CHICAGO))

        def notices(at: datetime) -> int:
            bench.clock.at = at
            asyncio.run(mode.tell(engine))
            found = select(tables.pages).where(
                tables.pages.c.notice == Notice.SHADOW_OVER.value,
                tables.pages.c.created_at == at,
            )
            return len(bench.database.look(lambda c: c.execute(found).all()))

        assert notices(NOON + timedelta(days=700))
        assert notices(NOON)
        assert not notices(NOON - timedelta(seconds=5)), "a copy whose clock is a little behind"
        assert not notices(NOON + timedelta(hours=3))
        assert notices(NOON + timedelta(hours=4))
