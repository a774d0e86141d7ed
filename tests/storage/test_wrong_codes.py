"""Ten wrong codes within an hour stop a number for an hour, and that is told once."""

from datetime import datetime

from storage import wrong_codes
from storage.database import Database
from tests.storage.given import HOUR, MINUTE, NOW

NUMBER = "+13125550101"


def note(database: Database, sid: str, now: datetime) -> bool:
    return database.run(lambda c: wrong_codes.note(c, NUMBER, sid, now))


def refused(database: Database, now: datetime) -> bool:
    return database.look(lambda c: wrong_codes.refused(c, NUMBER, now))


def test_the_tenth_stops_them_and_what_comes_then_prolongs_nothing(database: Database) -> None:
    told = [note(database, f"SM{nth}", NOW) for nth in range(10)]
    assert told == [False] * 9 + [True]
    later = NOW + 50 * MINUTE
    assert [note(database, f"CA{nth}", later) for nth in range(3)] == [False] * 3
    assert refused(database, later)
    assert not refused(database, NOW + HOUR)
