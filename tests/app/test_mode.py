"""What is told while nobody is paged."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from bot.app import mode
from bot.domain.shadow import Shadow
from storage import engines
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
