"""The designee is paged before the window expires: late reports, outages, summer time."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.hospital import Hospital
from tests.scenarios.late import first_page, minutes_after, send_late
from tests.scenarios.looking import (
    acknowledge_by_sms,
    entries,
    expect_everything,
    owner,
    paged,
    pages,
    people_paged,
    version,
)

BEFORE_THE_CLOCKS_GO_FORWARD = datetime(2027, 3, 14, 7, 40, tzinfo=UTC)  # 01:40 CST in Chicago
BEFORE_THE_CLOCKS_GO_BACK = datetime(2027, 11, 7, 6, 40, tzinfo=UTC)  # 01:40 CDT


@pytest.mark.parametrize(
    ("late", "designee", "coordinator"),
    [(0, 30, 45), (20, 30, 45), (40, 43, 46), (50, 53, 56), (56, 57, 60)],
)
def test_a_late_report_pages_the_designee_with_time_left(
    hospital: Hospital, late: float, designee: float, coordinator: float
) -> None:
    opened = send_late(hospital, late)
    assert owner(hospital) == hospital.ada.name
    hospital.pass_time(minutes=61 - late)
    assert minutes_after(opened, first_page(hospital, hospital.ben)) == designee
    assert minutes_after(opened, first_page(hospital, hospital.carla)) == coordinator
    assert len(entries(hospital, "expired")) == 1
    expect_everything(hospital)


def test_reminders_that_no_longer_fit_are_dropped(hospital: Hospital) -> None:
    send_late(hospital, 40)
    hospital.pass_time(minutes=3)
    ada = first_page(hospital, hospital.ada).slip.person_id
    assert sum(row.slip.person_id == ada for row in pages(hospital)) == 2
    expect_everything(hospital)


@pytest.mark.parametrize("late", [58, 65])
def test_where_no_step_fits_any_more_all_are_paged_once_and_the_coordinator_owns_it(
    hospital: Hospital, late: float
) -> None:
    send_late(hospital, late)
    assert owner(hospital) == hospital.carla.name
    everybody = {hospital.ada.name, hospital.ben.name, hospital.carla.name}
    assert {name for name, _ in people_paged(hospital)} == everybody
    assert len(pages(hospital)) == 6
    assert (hospital.alert().expired_at is not None) is (late > 60)
    for member in (hospital.ada, hospital.ben):
        paged(member)
    _, sms = paged(hospital.carla)
    acknowledge_by_sms(hospital, hospital.carla, sms)
    expect_everything(hospital)


def test_a_report_that_is_stale_on_receipt_wakes_one_coordinator_and_nobody_else(
    hospital: Hospital,
) -> None:
    send_late(hospital, 25 * 60)
    assert {name for name, _ in people_paged(hospital)} == {hospital.carla.name}
    message, sms = paged(hospital.carla)
    assert "only coordinators are paged" in message.plain, "she would believe that Ada knows"
    assert "critical imaging result to review" in sms.body
    acknowledge_by_sms(hospital, hospital.carla, sms)


def test_a_time_in_the_future_counts_from_receipt_and_says_so(hospital: Hospital) -> None:
    send_late(hospital, -30)
    alert = hospital.alert()
    assert alert.window_opens_at == hospital.now
    assert "future" in alert.note
    message, sms = paged(hospital.ada)
    assert "future" in message.plain
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


def away(hospital: Hospital, minutes: float) -> None:
    hospital.close()
    hospital.clock.advance(timedelta(minutes=minutes))
    hospital.open()
    hospital.settle()


def test_after_an_outage_of_45_minutes_the_designee_is_paged_at_once(hospital: Hospital) -> None:
    opened = send_late(hospital, 0)
    paged(hospital.ada)
    away(hospital, 45)
    assert owner(hospital) == hospital.ben.name
    paged(hospital.ben)
    assert minutes_after(opened, first_page(hospital, hospital.ben)) == pytest.approx(45, abs=0.1)
    assert hospital.alert().expired_at is None
    hospital.pass_time(minutes=14)
    assert owner(hospital) == hospital.carla.name
    expect_everything(hospital)


def test_after_an_outage_of_three_hours_the_miss_is_recorded_and_all_are_paged(
    hospital: Hospital,
) -> None:
    send_late(hospital, 0)
    paged(hospital.ada)
    away(hospital, 180)
    assert hospital.alert().expired_at == hospital.now
    assert owner(hospital) == hospital.carla.name
    paged(hospital.ben)
    _, sms = paged(hospital.carla)
    hospital.rosa.slack.expect("phone")
    acknowledge_by_sms(hospital, hospital.carla, sms)
    assert len(entries(hospital, "expired")) == 1
    expect_everything(hospital)


def test_a_report_sent_while_the_bot_was_away_is_paged_when_it_comes(hospital: Hospital) -> None:
    hospital.close()
    report = hospital.report("ct-head-hemorrhage")
    hospital.clock.advance(timedelta(minutes=35))
    hospital.open()
    hospital.send(report)
    opened = hospital.alert().window_opens_at
    hospital.pass_time(minutes=10)
    assert minutes_after(opened, first_page(hospital, hospital.ben)) == pytest.approx(38, abs=0.1)
    expect_everything(hospital)


@pytest.mark.parametrize(
    ("begin", "due"),
    [(BEFORE_THE_CLOCKS_GO_FORWARD, "03:40"), (BEFORE_THE_CLOCKS_GO_BACK, "01:40")],
    ids=["forward", "back"],
)
def test_a_change_to_or_from_summer_time_moves_no_step(
    hospital: Hospital, begin: datetime, due: str
) -> None:
    hospital.clock.advance(begin - hospital.now)
    opened = send_late(hospital, 0)
    _, sms = paged(hospital.ada)
    assert f"by {due}" in sms.body
    hospital.pass_time(minutes=29)
    assert owner(hospital) == hospital.ada.name
    hospital.pass_time(minutes=1.1)
    assert minutes_after(opened, first_page(hospital, hospital.ben)) == 30
    assert hospital.alert().due_at == opened + timedelta(hours=1)
    expect_everything(hospital)


def test_a_time_without_a_zone_is_read_in_the_sites_zone(hospital: Hospital) -> None:
    hospital.clock.advance(BEFORE_THE_CLOCKS_GO_FORWARD - hospital.now)
    final = hospital.now.replace(microsecond=0)
    told = version("L1", final - timedelta(hours=6), control="L1")  # 01:40, as Chicago reads it
    hospital.send(told.replace(b"+0000", b""))
    assert hospital.alert().window_opens_at == final
    expect_everything(hospital)
