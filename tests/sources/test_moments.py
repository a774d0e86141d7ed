from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.moments import moment, zone_of

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def utc(year: int, month: int, day: int, *time: int) -> datetime:
    hour, minute, second, micro = (*time, 0, 0, 0, 0)[:4]
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("20260115120000", utc(2026, 1, 15, 18)),
        ("202601151200", utc(2026, 1, 15, 18)),
        ("20260715120000", utc(2026, 7, 15, 17)),
        ("20260115120000+0100", utc(2026, 1, 15, 11)),
        ("202601151200-0500", utc(2026, 1, 15, 17)),
        ("20260115120000.1234-0600", utc(2026, 1, 15, 18, 0, 0, 123400)),
        ("20260115120000.123456789", utc(2026, 1, 15, 18, 0, 0, 123456)),
        ("2026-01-15T12:00:00", utc(2026, 1, 15, 18)),
        ("2026-01-15T12:00:00Z", utc(2026, 1, 15, 12)),
        (" 20260115120000 ", utc(2026, 1, 15, 18)),
        ("20260114240000", utc(2026, 1, 15, 6)),
        ("202601142400+0000", utc(2026, 1, 15)),
        ("20260115115960", utc(2026, 1, 15, 18)),
        ("20260115 12:00", utc(2026, 1, 15, 18)),
        ("20260115120000 -0600", utc(2026, 1, 15, 18)),
        ("2026/01/15 12:00:00", utc(2026, 1, 15, 18)),
        ("2026/01/15 24:00", utc(2026, 1, 16, 6)),
        ("20260115120000UTC", utc(2026, 1, 15, 12)),
    ],
)
def test_times_are_read_into_utc(value: str, expected: datetime) -> None:
    found = moment(value, CHICAGO, NOW)
    assert (found.at, found.note) == (expected, "")


@pytest.mark.parametrize(
    ("value", "note"),
    [
        ("", "is empty"),
        ('""', "is empty"),
        ("2026", "has no minutes"),
        ("20260115", "has no minutes"),
        ("2026-01-15", "has no minutes"),
        ("2026011512", "has no minutes"),
        ("20260230120000", "is not a date and time"),
        ("20260115250000", "is not a date and time"),
        ("20260115240100", "is not a date and time"),
        ("20260115120061", "is not a date and time"),
        ("20260115120000+9999", "is not a date and time"),
        ("20260115120000.x", "is not a date and time"),
        ("٢٠٢٦٠١١٥١٢٠٠", "is not a date and time"),
        ("00000000000000", "is not a date and time"),
        ("noon", "is not a date and time"),
        ("01/02/2026 12:00", "is not a date and time"),
        ("2026/01-15 12:00", "is not a date and time"),
        ("00010101000000", "is a placeholder"),
        ("17530101000000", "is a placeholder"),
        ("18991230000000", "is a placeholder"),
        ("190001010000", "is a placeholder"),
        ("19700101000000+0000", "is a placeholder"),
        ("19700101010000+0100", "is a placeholder"),
        ("19691231180000-0600", "is a placeholder"),
        ("1900-01-01T00:00:00Z", "is a placeholder"),
        ("19891231235959", "is a placeholder"),
    ],
)
def test_what_is_no_time_says_why(value: str, note: str) -> None:
    found = moment(value, CHICAGO, NOW)
    assert (found.at, found.note) == (None, note)


@pytest.mark.parametrize(
    ("latest", "meaning", "which"),
    [
        (utc(2026, 11, 1, 6, 31), utc(2026, 11, 1, 6, 30), "earlier"),
        (utc(2026, 11, 1, 7, 29), utc(2026, 11, 1, 6, 30), "earlier"),
        (utc(2026, 11, 1, 7, 30), utc(2026, 11, 1, 7, 30), "later"),
        (utc(2027, 6, 1), utc(2026, 11, 1, 7, 30), "later"),
        (utc(2025, 6, 1), utc(2026, 11, 1, 6, 30), "earlier"),
    ],
)
def test_an_hour_that_came_twice_is_the_later_one_as_soon_as_that_can_be(
    latest: datetime, meaning: datetime, which: str
) -> None:
    found = moment("20261101013000", CHICAGO, latest)
    assert found.at == meaning
    assert found.note.startswith("came twice")
    assert found.note.endswith(f"the {which} meaning counts")


@pytest.mark.parametrize(
    ("latest", "meaning"),
    [
        (utc(2026, 3, 8, 8, 29), utc(2026, 3, 8, 7, 30)),
        (utc(2026, 3, 8, 8, 30), utc(2026, 3, 8, 8, 30)),
    ],
    ids=["a clock changed too early", "a clock not changed yet"],
)
def test_an_hour_that_never_came_is_read_in_the_same_way(
    latest: datetime, meaning: datetime
) -> None:
    found = moment("20260308023000", CHICAGO, latest)
    assert found.at == meaning
    assert found.note.startswith("never came")


@pytest.mark.parametrize("value", ["20261101003000", "20261101020000"])
def test_the_hours_beside_it_have_one_meaning(value: str) -> None:
    assert moment(value, CHICAGO, NOW).note == ""


NIGHTS = (utc(2026, 11, 1, 5), utc(2026, 3, 8, 6))


@given(st.sampled_from(NIGHTS), st.integers(0, 4 * 60 * 60))
def test_what_is_received_as_it_is_written_is_read_as_it_was(night: datetime, after: int) -> None:
    at = night + timedelta(seconds=after)
    assert moment(at.astimezone(CHICAGO).strftime("%Y%m%d%H%M%S"), CHICAGO, at).at == at


@pytest.mark.parametrize(
    ("value", "hours"),
    [
        ("20260115120000-0600", -6),
        ("2026+0000", 0),
        ("20260115120000", None),
        ("+9900", None),
        ("2026-01-15T12:00:00-03:00", -3),
        ("202601151200+05:00", 5),
        ("20260115120000Z", 0),
        ("2026-01-15T12:00", None),
        ("LABZ", None),
    ],
)
def test_the_zone_of_a_time(value: str, hours: int | None) -> None:
    assert zone_of(value) == (None if hours is None else timezone(timedelta(hours=hours)))


@given(st.text())
def test_no_text_at_all_raises(value: str) -> None:
    found = moment(value, CHICAGO, NOW)
    assert found.at is None or found.at.tzinfo is UTC
    zone_of(value)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year >= 1990))
def test_a_time_with_its_zone_comes_back_as_it_was(at: datetime) -> None:
    assert moment(at.strftime("%Y%m%d%H%M%S.%f+0000"), CHICAGO, NOW).at == at
