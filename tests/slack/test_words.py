from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.slack.elements import plain
from bot.slack.words import clipped, due, escaped, late
from tests.slack.given import NOW, moments, zones

MINUTE = timedelta(minutes=1)


def test_time_left_is_rounded_down() -> None:
    told = due(NOW + 38 * MINUTE + timedelta(seconds=59), "America/Chicago", NOW)
    assert told == "answer by *14:40* · 38 min left"


def test_a_window_that_has_passed_says_since_when() -> None:
    assert due(NOW - 5 * MINUTE, "America/Chicago", NOW) == "was due 13:57, 5 min ago"


def test_a_late_report_says_how_late() -> None:
    assert late(25 * MINUTE) == "Received late: 25 min after the window opened"
    assert late(None) == ""


def test_no_mark_in_a_text_formats_it_and_it_stays_as_long_and_legible() -> None:
    assert escaped("*b* _i_ ~s~ `c`") == "∗b∗ ˍiˍ ∼s∼ ˋcˋ"
    assert escaped("**b** __i__ *a b*, (_x_)") == "∗∗b∗∗ ˍˍiˍˍ ∗a b∗, (ˍxˍ)"


def test_a_mark_within_a_word_is_text_already() -> None:
    assert escaped("RIS_PROD a_b@example.org 5*3") == "RIS_PROD a_b@example.org 5*3"


def test_nothing_in_a_text_steers_or_reorders_the_message() -> None:
    assert escaped("CT\x1b[31m \u202eHEAD") == "CT�[31m �HEAD"
    assert plain("CT\x1b[31m \u202eHEAD")["text"] == "CT�[31m �HEAD"


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
