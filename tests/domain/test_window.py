from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.window import believed, opens_at, reopens_at
from tests.domain.loop import T0, minutes
from tests.domain.reports import report

RECEIVED = T0 + minutes(100)
times = st.none() | st.integers(-500, 500).map(lambda n: T0 + minutes(n))


@pytest.mark.parametrize(
    ("discovered", "finalized", "opens"),
    [(None, 50, 50), (40, 50, 40), (60, 50, 50), (200, 50, 50), (None, 104, 100)],
)
def test_the_window_opens_at_the_earliest_time_that_can_be_used(
    discovered: int | None, finalized: int, opens: int
) -> None:
    told = report(
        discovered_at=None if discovered is None else T0 + minutes(discovered),
        finalized_at=T0 + minutes(finalized),
    )
    assert opens_at(told, RECEIVED) == (T0 + minutes(opens), "")


def test_a_time_in_the_future_is_not_believed_and_the_alert_says_so() -> None:
    at, note = opens_at(report(finalized_at=RECEIVED + minutes(5.1)), RECEIVED)
    assert at == RECEIVED
    assert "future" in note


def test_what_is_doubtful_in_the_senders_time_stands_with_the_alert() -> None:
    told = report(finalized_at=T0, time_notes=("OBR-22 came twice", "and so on"))
    assert opens_at(told, RECEIVED) == (T0, "OBR-22 came twice; and so on")


def test_without_any_time_receipt_counts_and_the_alert_says_so() -> None:
    at, note = opens_at(report(finalized_at=None), RECEIVED)
    assert at == RECEIVED
    assert "no usable" in note


def test_a_later_version_opens_a_window_at_its_own_change_and_not_at_the_first_discovery() -> None:
    told = report(discovered_at=T0, finalized_at=T0 + minutes(10), status_at=T0 + minutes(90))
    assert reopens_at(told, RECEIVED) == T0 + minutes(90)


DAY = minutes(25 * 60)


@pytest.mark.parametrize(("minutes_ago", "late"), [(0, 0), (3, 3), (90, 90)])
def test_after_a_step_of_the_clock_a_report_is_as_old_as_the_systems_clock_says(
    minutes_ago: int, late: int
) -> None:
    final = RECEIVED - DAY - minutes(minutes_ago)
    told = report(finalized_at=final, status_at=final)
    assert opens_at(told, RECEIVED, DAY) == (RECEIVED - minutes(late), "")
    assert reopens_at(told, RECEIVED, DAY) == RECEIVED - minutes(late)


@pytest.mark.parametrize(("ahead", "minutes_ago"), [(DAY, 5), (minutes(30), 35)])
def test_a_time_that_the_systems_clock_has_not_reached_or_a_small_step_is_read_as_ever(
    ahead: timedelta, minutes_ago: int
) -> None:
    told = report(finalized_at=RECEIVED - minutes(minutes_ago))
    assert opens_at(told, RECEIVED, ahead) == (RECEIVED - minutes(minutes_ago), "")


@given(times, times, times)
def test_no_window_opens_in_the_future(
    discovered: datetime | None, finalized: datetime | None, changed: datetime | None
) -> None:
    told = report(discovered_at=discovered, finalized_at=finalized, status_at=changed)
    assert opens_at(told, RECEIVED)[0] <= RECEIVED
    assert reopens_at(told, RECEIVED) <= RECEIVED


def test_a_clock_may_be_hours_ahead_a_time_of_days_ahead_is_none() -> None:
    assert believed(T0 + timedelta(hours=23), T0) == T0 + timedelta(hours=23)
    assert believed(T0 + timedelta(hours=25), T0) is None
    assert believed(None, T0) is None
