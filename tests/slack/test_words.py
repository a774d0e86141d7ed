from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.words import clipped, due, escaped, late, local, span
from tests.slack.given import NOW, alert, moments, zones

MINUTE = timedelta(minutes=1)


def test_a_time_today_is_told_in_the_persons_zone() -> None:
    assert local(NOW, "America/Chicago", NOW) == "14:02"
    assert local(NOW, "Asia/Kolkata", NOW) == "01:32"


def test_a_time_tomorrow_comes_with_its_day() -> None:
    assert local(NOW + timedelta(hours=12), "America/Chicago", NOW) == "Thu 02:02"


def test_a_time_in_another_week_comes_with_its_date() -> None:
    assert local(NOW - timedelta(days=7), "America/Chicago", NOW) == "25 Feb 2026 14:02"


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (timedelta(seconds=59), "less than 1 min"),
        (38 * MINUTE, "38 min"),
        (119 * MINUTE, "119 min"),
        (125 * MINUTE, "2 h 5 min"),
        (timedelta(hours=24), "24 h"),
        (timedelta(days=9), "9 days"),
    ],
)
def test_lengths_read_as_people_say_them(length: timedelta, told: str) -> None:
    assert span(length) == told


def test_time_left_is_rounded_down() -> None:
    told = due(NOW + 38 * MINUTE + timedelta(seconds=59), "America/Chicago", NOW)
    assert told == "answer by *14:40* · 38 min left"


def test_a_window_that_has_passed_says_since_when() -> None:
    assert due(NOW - 5 * MINUTE, "America/Chicago", NOW) == "was due 13:57, 5 min ago"


def test_a_late_report_is_called_late_only_where_it_cost_a_step() -> None:
    opened = alert().opened_at
    assert late(alert(window_opens_at=opened - 2 * MINUTE)) == ""
    told = late(alert(window_opens_at=opened - 25 * MINUTE))
    assert told == "Received late: 25 min after the window opened"


@given(st.text())
def test_nothing_in_a_text_can_become_a_mention_or_a_link(text: str) -> None:
    assert "<" not in escaped(text)
    assert ">" not in escaped(text)


@given(st.text(), st.integers(1, 50))
def test_a_clipped_text_keeps_to_its_length(text: str, most: int) -> None:
    assert len(clipped(text, most)) <= most


@given(moments, moments, zones)
def test_every_moment_can_be_told(at: object, now: object, zone: str) -> None:
    assert due(at, zone, now)  # type: ignore[arg-type]  # Hypothesis hands out datetimes
