"""Instants stay exact and aware; text from outside never keeps a message from being stored."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from storage import inbound, tables
from storage.columns import EPOCH, MICROSECOND, storable
from storage.database import Database
from storage.ids import new_id
from tests.storage.given import NOW

DAY = 86_400 * 10**6
zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
microseconds = st.integers(-60 * 365 * DAY, 8000 * 365 * DAY)
instants = st.builds(
    lambda n, zone: (EPOCH + n * MICROSECOND).astimezone(zone), microseconds, zones
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(instants)
def test_an_instant_comes_back_to_the_microsecond_and_in_utc(
    database: Database, instant: datetime
) -> None:
    sid = new_id()

    def there_and_back(c: Connection) -> datetime:
        inbound.seen(c, "test", sid, instant)
        seen_at = select(tables.inbound.c.seen_at).where(tables.inbound.c.sid == sid)
        found: datetime = c.execute(seen_at).scalar_one()
        return found

    back = database.run(there_and_back)
    assert back == instant
    assert back.tzinfo is UTC


def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match=r"naive|time zone"):
        database.run(lambda c: inbound.seen(c, "test", "1", NOW.replace(tzinfo=None)))


@given(st.text())
def test_what_is_storable_has_neither_nul_nor_half_a_pair_and_keeps_the_rest(text: str) -> None:
    stored = storable(text)
    assert "\0" not in stored
    assert stored.encode().decode() == stored
    assert storable(stored) == stored
    if "\0" not in text and text.encode("utf-8", "ignore").decode() == text:
        assert stored == text


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x\udfff"])
def test_what_was_replaced_is_found_again(database: Database, text: str) -> None:
    assert database.run(lambda c: inbound.seen(c, "test", text, NOW))
    assert not database.run(lambda c: inbound.seen(c, "test", text, NOW))


def test_ids_are_opaque_unique_and_in_order() -> None:
    ids = [new_id() for _ in range(1000)]
    assert sorted(ids) == ids
    assert len({identifier[14:] for identifier in ids}) == 1000
