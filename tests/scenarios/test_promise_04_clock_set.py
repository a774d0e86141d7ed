"""Somebody sets the system clock: nobody is paged twice, and everybody in time."""

from datetime import timedelta

import pytest

from bot.app.timekeeping import steady
from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from tests.scenarios.late import first_page, minutes_after, send_late, set_back
from tests.scenarios.looking import (
    CODE,
    acknowledge_by_sms,
    code_in,
    expect_everything,
    owner,
    paged,
    pages,
)
from tests.waiting import until

STEPS_BACK = pytest.mark.parametrize("back", [10, 30, 120])


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
