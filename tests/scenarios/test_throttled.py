"""A provider that is busy for a moment costs nobody the alert: the page goes out once it may."""

import pytest

from bot.sandbox.demo.place import CALL_FROM, CALLER
from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import (
    CODE,
    acknowledge_by_sms,
    expect_everything,
    owner,
    paged,
    pages,
)


@pytest.fixture
def settings() -> dict[str, str]:
    """A site that can ring phones."""
    return {CALL_FROM: CALLER}


def sent_after(hospital: Hospital, channel: str) -> list[float]:
    """Seconds from the opening to each page that the provider took."""
    opened = hospital.alert().opened_at
    taken = [row for row in pages(hospital) if row.slip.channel == channel and row.state == "sent"]
    return [round((row.not_before - opened).total_seconds()) for row in taken]


@pytest.mark.parametrize(("retry_after", "times", "seconds"), [(61, 1, 61), (1, 5, 60)])
def test_whoever_has_sms_only_gets_it_once_twilio_takes_it(
    hospital: Hospital, retry_after: int, times: int, seconds: int
) -> None:
    hospital.world.twilio.faults.fail_next(
        "messages.create", status=429, retry_after=retry_after, times=times
    )
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    hospital.pass_time(minutes=4)
    assert sent_after(hospital, "sms") == [seconds]
    assert owner(hospital) == hospital.sam.name
    acknowledge_by_sms(hospital, hospital.sam, hospital.sam.phone.expect_sms(CODE))
    expect_everything(hospital)


def test_whom_slack_makes_wait_holds_up_nobody_elses_message(hospital: Hospital) -> None:
    hospital.world.slack.faults.fail_next(
        "chat.postMessage", status=429, retry_after=45, to="U0ADA", times=5
    )
    began = hospital.now
    for report in ("ct-head-hemorrhage", "us-testis-torsion"):
        hospital.send(hospital.report(report))
    hospital.tess.slack.expect_new("Critical")
    assert (hospital.now, hospital.ada.slack.messages) == (began, [])
    hospital.pass_time(minutes=4)
    hospital.ada.slack.expect_new("Critical")
    expect_everything(hospital)


def test_whom_twilio_makes_wait_holds_up_nobody_elses_sms(hospital: Hospital) -> None:
    hospital.world.twilio.faults.fail_next(
        "messages.create", status=429, retry_after=45, to=hospital.ada.phone.number
    )
    began = hospital.now
    for report in ("ct-head-hemorrhage", "us-testis-torsion"):
        hospital.send(hospital.report(report))
    hospital.tess.phone.expect_sms(CODE)
    assert (hospital.now, hospital.ada.phone.sms) == (began, [])
    hospital.pass_time(minutes=1)
    hospital.ada.phone.expect_sms(CODE)
    expect_everything(hospital)


def test_where_every_provider_is_busy_for_a_minute_the_owner_is_paged_after_it_and_nobody_else(
    hospital: Hospital,
) -> None:
    slack, twilio = hospital.world.slack.faults, hospital.world.twilio.faults
    slack.fail_next("chat.postMessage", status=429, retry_after=61, times=50)
    for method in ("messages.create", "calls.create"):
        twilio.fail_next(method, status=429, retry_after=61, times=50)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    slack.clear()
    twilio.clear()
    hospital.pass_time(minutes=4)
    assert sent_after(hospital, "slack") == sent_after(hospital, "sms") == [61]
    assert sent_after(hospital, "voice") == [61, 121]
    assert {row.slip.person_id for row in pages(hospital)} == {hospital.alert().owner}
    paged(hospital.ada)
    for _ in range(2):
        hospital.ada.phone.expect_call()
    expect_everything(hospital)


def test_the_next_step_of_the_ladder_ends_the_waiting(hospital: Hospital) -> None:
    hospital.world.twilio.faults.fail_next(
        "messages.create", status=429, retry_after=1, to=hospital.sam.phone.number, times=500
    )
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    hospital.pass_time(minutes=29.9)
    assert owner(hospital) == hospital.sam.name
    hospital.pass_time(minutes=0.2)
    assert owner(hospital) == hospital.ben.name
    left = [row for row in pages(hospital) if row.slip.person_id != hospital.alert().owner]
    assert "waiting" not in {row.state for row in left}
    paged(hospital.ben)
    expect_everything(hospital)


@pytest.mark.parametrize(
    ("status", "retry_after", "times"), [(429, 61, 1), (429, 1, 5), (500, 1, 2)]
)
def test_a_phone_still_rings_twice_where_twilio_takes_the_call_only_later(
    hospital: Hospital, status: int, retry_after: int, times: int
) -> None:
    hospital.world.twilio.faults.fail_next(
        "calls.create", status=status, retry_after=retry_after, times=times
    )
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    hospital.pass_time(minutes=10)
    assert [hospital.ada.phone.expect_call().status for _ in range(2)] == ["no-answer"] * 2
    assert owner(hospital) == hospital.ada.name
    expect_everything(hospital)


def test_a_phone_still_rings_twice_after_a_refusal_and_two_calls_in_doubt(
    hospital: Hospital,
) -> None:
    faults = hospital.world.twilio.faults
    faults.fail_next("calls.create", status=429, retry_after=1)
    faults.fail_next("calls.create", status=500, times=2)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    hospital.pass_time(minutes=10)
    assert [hospital.ada.phone.expect_call().status for _ in range(2)] == ["no-answer"] * 2
    assert owner(hospital) == hospital.ada.name
    expect_everything(hospital)
