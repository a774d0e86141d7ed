"""What of the outside world stays away is told to the coordinators by another way."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import channels, running
from bot.clock import SystemClock
from bot.domain.page import Notice
from bot.engine.outage import TEXTS
from storage import tables
from storage.database import Database
from tests.app.test_feeds import settings
from tests.waiting import soon
from tests.written import writing

NO_SLACK = frozenset({"slack"})


def test_a_twilio_that_stays_away_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "TEXTS", replace(TEXTS, minutes=0.5 / 60))
    wanted = select(tables.pages.c.id).where(tables.pages.c.notice == Notice.SMS_DOWN.value)

    def told(database: Database) -> bool:
        return bool(database.look(lambda c: c.execute(wanted).all()))

    async def run() -> None:
        async with running(settings(tmp_path, ""), SystemClock(), without=NO_SLACK) as copy:
            await soon(lambda: told(copy.engine.database))

    with writing():
        asyncio.run(run())
