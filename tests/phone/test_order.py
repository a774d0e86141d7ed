"""In which order somebody has said what, of messages that are listed late."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from bot.phone.order import overtaken
from storage.database import Database


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as opened:
        yield opened


NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_message_is_overtaken_by_what_its_sender_said_later_about_the_same(
    database: Database,
) -> None:
    def said(about: str, sid: str, seconds: int) -> bool:
        stamp = NOON + timedelta(seconds=seconds)
        return database.run(lambda c: overtaken(c, about, sid, stamp))

    assert not said("A1", "SM2", 20)
    assert not said("A2", "SM1", 10)
    assert said("A1", "SM1", 10)
    assert not said("A1", "SM3", 20)


def test_what_all_others_have_ever_said_holds_up_no_answer(database: Database) -> None:
    def fill(c: Connection) -> None:
        for number in range(2_000):
            overtaken(c, f"A{number}", f"SM{number}", NOON)

    def instructions(c: Connection) -> int:
        seen: list[None] = []
        driver = c.connection.driver_connection
        assert driver
        driver.set_progress_handler(lambda: seen.append(None), 100)
        assert overtaken(c, "A7", "SM", NOON - timedelta(seconds=1))
        driver.set_progress_handler(None, 0)
        return 100 * len(seen)

    database.run(fill)
    assert database.run(instructions) < 2_000
