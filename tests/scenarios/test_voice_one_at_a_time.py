"""A phone takes one call of ours at a time: the next one waits until that is over."""

from datetime import timedelta

import pytest

from bot.domain.alert import State
from bot.domain.spoken import spelled
from bot.phone.calls import LONGEST_CALL
from bot.sandbox.demo.place import CALL_FROM, CALLER
from bot.sandbox.hospital import Hospital, Member
from bot.sandbox.phone_calls import PhoneCall
from bot.sandbox.stories import code_in
from tests.scenarios.looking import (
    change_directory,
    deliver,
    entries,
    expect_everything,
    pages,
    version,
)

BEN, SAM = "1002^ITO^BEN^^^DR^^^MAIN", "1003^PARK^SAM^^^DR^^^MAIN"


@pytest.fixture
def settings() -> dict[str, str]:
    """A site that can ring phones."""
    return {CALL_FROM: CALLER}


def critical(hospital: Hospital, *accessions: str) -> dict[str, str]:
    """So many critical reports for Ada in one moment; the code of each SMS."""
    for accession in accessions:
        deliver(hospital, hospital.report("ct-head-hemorrhage", accession=accession))
    hospital.settle()
    refs = {name: hospital.alert(name).ref for name in accessions}
    return {name: code_in(hospital.ada.phone.expect_sms(ref)) for name, ref in refs.items()}


def on_the_line(member: Member) -> PhoneCall:
    return member.phone.expect_call("press 1")


def about(hospital: Hospital, call: PhoneCall, codes: dict[str, str]) -> str:
    """The accession of the alert that this call is about."""
    return next(name for name in codes if spelled(hospital.alert(name).ref) in call.heard)


def reasons(hospital: Hospital, *accessions: str) -> list[object]:
    """Why calls failed."""
    failed = (entries(hospital, "page_failed", name) for name in accessions)
    return [entry.data["reason"] for found in failed for entry in found]


def test_a_second_alert_rings_once_the_call_about_the_first_is_over(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    codes = critical(hospital, "1", "2")
    hospital.pass_time(minutes=5.5)
    first = on_the_line(hospital.ada)
    assert len(hospital.ada.phone.calls) == 1, "she is listening"
    one = about(hospital, first, codes)
    first.press("1").press(f"{codes.pop(one)}#")
    hospital.settle()
    (other,) = codes
    began = hospital.now
    hospital.pass_time(minutes=0.05)
    second = on_the_line(hospital.ada)
    assert about(hospital, second, codes) == other
    row = next(r for r in pages(hospital, other) if r.slip.channel == "voice")
    assert row.claimed_at is not None
    assert row.claimed_at - began <= timedelta(seconds=2)
    assert row.not_before < began, "it tells when it was due"
    second.press("1").press(f"{codes[other]}#")
    hospital.settle()
    assert {hospital.alert(name).state for name in "12"} == {State.ACKNOWLEDGED}
    assert reasons(hospital, "1", "2") == []
    expect_everything(hospital)


def test_a_phone_that_nobody_answers_rings_for_each_alert_twice_one_after_the_other(
    hospital: Hospital,
) -> None:
    critical(hospital, "1", "2")
    hospital.pass_time(minutes=8)
    assert [call.status for call in hospital.ada.phone.calls] == ["no-answer"] * 4
    assert reasons(hospital, "1", "2") == ["voice-no-answer"] * 4
    expect_everything(hospital)


def test_who_shares_a_phone_is_called_one_after_the_other(hospital: Hospital) -> None:
    change_directory(hospital, hospital.sam.name, mobile=hospital.ada.phone.number)
    hospital.ada.phone.answers("picks up")
    deliver(hospital, hospital.report("ct-head-hemorrhage", accession="1"))
    deliver(hospital, version("2", hospital.now, control="S2", provider=SAM))
    hospital.pass_time(minutes=5.5)
    on_the_line(hospital.ada).press("3").hang_up()
    hospital.settle()
    hospital.pass_time(minutes=0.1)
    on_the_line(hospital.ada)
    assert len(hospital.ada.phone.calls) == 2
    assert reasons(hospital, "1", "2") == []
    expect_everything(hospital)


def test_a_call_that_waits_does_not_go_to_a_number_that_is_somebody_elses_by_then(
    hospital: Hospital,
) -> None:
    hospital.ada.phone.answers("picks up")
    critical(hospital, "1", "2")
    hospital.pass_time(minutes=5.1)
    hospital.ada.phone.send("wrong number")
    on_the_line(hospital.ada).hang_up()
    hospital.pass_time(minutes=2)
    assert len(hospital.ada.phone.calls) == 1
    expect_everything(hospital)


def test_a_call_whose_end_nobody_can_tell_is_waited_for_no_longer_than_it_can_last(
    hospital: Hospital,
) -> None:
    hospital.ada.phone.answers("picks up")
    twilio = hospital.world.twilio
    critical(hospital, "1", "2")
    hospital.pass_time(minutes=5.1)
    twilio.carrier.lose_callbacks = True
    twilio.faults.fail_next("calls.fetch", "server_error", times=10**6)
    on_the_line(hospital.ada).hang_up()
    hospital.pass_time(minutes=4)
    assert len(hospital.ada.phone.calls) == 1
    hospital.pass_time(minutes=LONGEST_CALL.total_seconds() / 60 - 4)
    on_the_line(hospital.ada)
    expect_everything(hospital)


class TestWithoutAPublicUrl:
    """Twilio is asked whether a call is over."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {CALL_FROM: CALLER, "READBACK_WEB__PUBLIC_URL": ""}

    def test_the_second_call_announces_after_the_first(self, hospital: Hospital) -> None:
        hospital.ada.phone.answers("picks up")
        critical(hospital, "1", "2")
        hospital.pass_time(minutes=5.5)
        calls = hospital.ada.phone.calls
        assert [call.status for call in calls] == ["completed"] * 2
        ends, starts = calls[0].record.ended, calls[1].record.created
        assert ends is not None
        assert ends <= starts
        expect_everything(hospital)


class TestACallASecond:
    """What Twilio takes, and a clock that runs."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {CALL_FROM: CALLER, "READBACK_TWILIO__CALLS_PER_SECOND": "1"}

    def test_somebody_who_talks_holds_up_nobody_elses_phone(self, hospital: Hospital) -> None:
        hospital.ada.phone.answers("picks up")
        hospital.ben.phone.answers("picks up")
        critical(hospital, *"12345")
        deliver(hospital, version("6", hospital.now, control="B6", provider=BEN))
        hospital.pass_time(minutes=4.95)
        hospital.clock.set_rate(1)
        both = (hospital.ada.phone, hospital.ben.phone)
        hospital.world.wait_until(lambda: all(phone.calls for phone in both), 20)
        (row,) = [r for r in pages(hospital, "6") if r.slip.channel == "voice"]
        assert row.claimed_at is not None
        assert row.claimed_at - row.not_before <= timedelta(seconds=7), "five of Ada's came first"
        assert len(hospital.ada.phone.calls) == 1
        expect_everything(hospital)
