"""The designee is paged before the window expires: late reports, outages, clocks that jump."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot import metrics
from bot.app.timekeeping import steady
from bot.domain.alert import State
from bot.sandbox.hospital import Hospital, Member
from storage.page_history import PageRow
from tests.scenarios.looking import (
    CODE,
    acknowledge_by_sms,
    code_in,
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


def send_late(hospital: Hospital, minutes: float) -> datetime:
    """A critical report finalized that long ago; when its window opened."""
    final = hospital.now.replace(microsecond=0) - timedelta(minutes=minutes)
    hospital.send(version("L1", final, control="L1"))
    return final


def first_page(hospital: Hospital, member: Member) -> PageRow:
    roster = hospital.alert().roster
    return next(
        row
        for row in pages(hospital)
        if (person := roster.person(row.slip.person_id)) and person.name == member.name
    )


def minutes_after(opened: datetime, row: PageRow) -> float:
    assert row.claimed_at is not None
    return round((row.claimed_at - opened).total_seconds() / 60, 1)


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
    _, sms = paged(hospital.carla)
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


# ---- somebody sets the system clock ----------------------------------------------------------

STEPS_BACK = pytest.mark.parametrize("back", [10, 30, 120])


def set_back(hospital: Hospital, minutes: float) -> None:
    swept = "readback_last_sweep_timestamp_seconds"
    now = hospital.now.timestamp()
    until(lambda: (metrics.REGISTRY.get_sample_value(swept) or 0.0) >= now)
    hospital.clock.step(timedelta(minutes=-minutes))
    hospital.pass_time()


@STEPS_BACK
def test_a_clock_stepped_back_pages_nobody_twice_and_everybody_in_time(
    hospital: Hospital, back: float
) -> None:
    opened = send_late(hospital, 0)
    hospital.pass_time(minutes=12)
    before = len(pages(hospital))
    set_back(hospital, back)
    assert len(pages(hospital)) == before
    hospital.pass_time(minutes=9)
    assert len(pages(hospital)) == before + 2, "the second reminder, on both channels"
    hospital.pass_time(minutes=28)
    assert minutes_after(opened, first_page(hospital, hospital.ben)) == 30
    assert minutes_after(opened, first_page(hospital, hospital.carla)) == 45
    assert hospital.alert().state is State.OPEN
    assert hospital.alert().expired_at is None
    expect_everything(hospital)


def test_while_the_clock_is_behind_real_time_is_longer_by_a_twentieth_at_most(
    hospital: Hospital,
) -> None:
    send_late(hospital, 0)
    set_back(hospital, 120)
    hospital.clock.advance(timedelta(minutes=32))  # of real time: nobody waits for the system clock
    hospital.pass_time()
    assert owner(hospital) == hospital.ben.name
    expect_everything(hospital)


def test_codes_undo_and_new_reports_work_while_the_clock_is_behind(hospital: Hospital) -> None:
    send_late(hospital, 0)
    _, sms = paged(hospital.ada)
    set_back(hospital, 120)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    acknowledged = hospital.alert().acknowledgment
    assert acknowledged is not None
    assert acknowledged.at >= hospital.alert().opened_at
    sms.reply(f"UNDO {code_in(sms)}")
    hospital.ada.phone.expect_sms("open again")
    hospital.settle()
    assert hospital.alert().state is State.OPEN
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="L2"))
    sam = hospital.sam.phone.expect_sms(CODE)
    acknowledge_by_sms(hospital, hospital.sam, sam)
    expect_everything(hospital)


def test_somebody_reads_in_the_log_that_the_clock_was_set_back(
    hospital: Hospital,
) -> None:
    assert hospital.bot is not None
    send_late(hospital, 0)
    set_back(hospital, 30)
    until(lambda: "clock_stepped_back" in log_of(hospital))
    expect_everything(hospital)


def restart_set_back(hospital: Hospital, by: timedelta) -> None:
    """Also the clock by which the test waits has forgotten what it had seen."""
    hospital.close()
    hospital.clock.step(-by)
    hospital.watch = steady(hospital.database, hospital.watch.raw)
    hospital.open()


@STEPS_BACK
def test_restarted_while_the_clock_is_behind_it_goes_on_from_the_last_time_it_wrote_down(
    hospital: Hospital, back: float
) -> None:
    opened = send_late(hospital, 0)
    hospital.pass_time(minutes=21)  # the second reminder was at 20
    restart_set_back(hospital, timedelta(minutes=back))
    hospital.pass_time(minutes=12)
    ben = first_page(hospital, hospital.ben)
    assert minutes_after(opened, ben) == 30
    assert hospital.alert().expired_at is None
    expect_everything(hospital)


def test_with_nothing_open_a_restart_begins_with_the_system_clock(hospital: Hospital) -> None:
    send_late(hospital, 0)
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    restart_set_back(hospital, timedelta(days=400))  # and not 20 years of waiting for it
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="L2"))
    sam = hospital.sam.phone.expect_sms(CODE)
    assert hospital.alert("L2").opened_at == hospital.now
    acknowledge_by_sms(hospital, hospital.sam, sam)
    expect_everything(hospital)


def test_a_clock_stepped_forward_by_two_hours_pages_everybody_at_once(hospital: Hospital) -> None:
    send_late(hospital, 0)
    paged(hospital.ada)
    hospital.clock.step(timedelta(hours=2))
    hospital.pass_time()
    assert owner(hospital) == hospital.carla.name
    paged(hospital.ben)
    paged(hospital.carla)
    assert len(pages(hospital)) == 6
    expect_everything(hospital)


def log_of(hospital: Hospital) -> str:
    return hospital.bot.log_text() if hospital.bot else ""


def until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.02)
