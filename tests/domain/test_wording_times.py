"""Times and durations as a person in another zone, or in the hour that comes twice, reads them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import wording
from bot.domain.gsm import SEGMENT, septets
from tests.domain.worded import NOW, PAGE


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (timedelta(minutes=5), "14:05"),
        (timedelta(hours=12), "Tue 02:00"),
        (timedelta(days=6), "Sun 14:00"),
        (timedelta(days=7), "11 May 14:00"),
        (-timedelta(days=1), "Sun 14:00"),
    ],
)
def test_a_time_is_the_persons_own(later: timedelta, said: str) -> None:
    assert wording.local_time(NOW + later, "America/Chicago", NOW) == said


def test_today_is_the_persons_own_too() -> None:
    assert wording.local_time(NOW + timedelta(hours=1), "Asia/Kolkata", NOW) == "01:30"


def test_a_zone_that_nobody_knows_is_shown_as_utc() -> None:
    assert wording.local_time(NOW, "Nowhere/Atall", NOW) == "19:00 UTC"


@pytest.mark.parametrize(
    ("later", "said"),
    [(-31, "00:59"), (0, "01:30 CDT"), (60, "01:30 CST"), (90, "02:00")],
)
def test_a_time_of_the_hour_that_comes_twice_says_which(later: int, said: str) -> None:
    before = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    at = before + timedelta(minutes=later)
    assert wording.local_time(at, "America/Chicago", before) == said
    assert wording.local_time(at, "America/Chicago", before - timedelta(days=1)) == f"Sun {said}"


def test_a_page_in_the_hour_that_comes_twice_says_by_which_of_the_two() -> None:
    now = datetime(2026, 11, 1, 6, 31, tzinfo=UTC)
    text = wording.sms(replace(PAGE, now=now, due_at=now + timedelta(minutes=59)), "312-555-0100")
    assert "by 01:30 CST" in text
    assert septets(text) <= SEGMENT


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=59), "less than 1 min"),
        (timedelta(minutes=42, seconds=59), "42 min"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47, minutes=5), "47 h 5 min"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_a_duration_is_rounded_down(length: timedelta, said: str) -> None:
    assert wording.duration(length) == said
