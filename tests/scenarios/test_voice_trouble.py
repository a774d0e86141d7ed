"""Calls that Twilio did not take, tells nothing of, or cannot ask us about."""

import pytest

from bot.domain import spoken
from bot.engine import proof
from bot.sandbox.demo.place import CALL_FROM, CALLER
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import paged
from tests.scenarios.looking import entries, expect_everything, pages
from tests.scenarios.ringing import (
    CAN_RING,
    acknowledgment,
    calls,
    critical,
    nobody_answered,
    picked_up,
)


@pytest.fixture
def settings() -> dict[str, str]:
    """A site that can ring phones."""
    return CAN_RING


def test_a_call_that_twilio_did_not_take_is_not_one_of_the_two(hospital: Hospital) -> None:
    hospital.world.twilio.faults.fail_next("calls.create", error=20429)
    critical(hospital)
    hospital.pass_time(minutes=4)
    nobody_answered(hospital.ada)
    assert [row.slip.tries for row in pages(hospital) if row.slip.channel == "voice"] == [1, 2, 3]


def test_a_phone_rings_although_twilio_is_away_for_seconds_at_the_fifth_minute(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "PROOF_WAITS", (0.0,))
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    hospital.pass_time(minutes=4.9)
    hospital.world.twilio_down()
    hospital.pass_time(minutes=0.3)
    hospital.world.twilio_down(down=False)
    hospital.pass_time(minutes=3)
    nobody_answered(hospital.ada)
    assert calls(hospital)[-2:] == [("Dr. Ada Osei", 6.0), ("Dr. Ada Osei", 7.0)]


def test_callbacks_that_come_twice_and_in_any_order_count_once(hospital: Hospital) -> None:
    carrier = hospital.world.twilio.carrier
    carrier.duplicate_callbacks = carrier.shuffle_callbacks = True
    critical(hospital)
    hospital.pass_time(minutes=3)
    nobody_answered(hospital.ada)
    assert len(entries(hospital, "page_failed")) == 2


def test_what_became_of_a_call_is_asked_for_where_its_callbacks_got_lost(
    hospital: Hospital,
) -> None:
    hospital.world.twilio.carrier.lose_callbacks = True
    critical(hospital)
    hospital.pass_time(minutes=5)
    nobody_answered(hospital.ada)
    assert len(entries(hospital, "page_failed")) == 2
    expect_everything(hospital)


def test_a_call_whose_answer_was_lost_is_found_and_rings_once(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    hospital.world.twilio.faults.fail_next("calls.create", "lost_reply")
    code = critical(hospital)
    picked_up(hospital.ada).press("1").press(f"{code}#")
    assert acknowledgment(hospital).channel == "voice"
    assert len(hospital.ada.phone.calls) == 1


class TestWithoutAPublicUrl:
    """Twilio cannot ask what to say, nor tell what became of it."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        calls = {CALL_FROM: CALLER, "READBACK_TWILIO__CALLS_PER_SECOND": "10"}
        return {**calls, "READBACK_WEB__PUBLIC_URL": ""}

    def test_the_call_announces_and_asks_for_the_code_or_slack(self, hospital: Hospital) -> None:
        hospital.ada.phone.answers("picks up")
        critical(hospital)
        call = hospital.ada.phone.expect_call("answer in Slack, or with the code")
        assert call.over
        assert "press" not in call.heard
        hospital.pass_time(minutes=3)
        assert calls(hospital) == [("Dr. Ada Osei", 5.0)], "a person has heard it"
        assert hospital.alert().is_open

    def test_one_that_nobody_takes_is_asked_after_and_rings_once_more(
        self, hospital: Hospital
    ) -> None:
        critical(hospital)
        hospital.pass_time(minutes=4)
        nobody_answered(hospital.ada)
        failed = [e.data["reason"] for e in entries(hospital, "page_failed")]
        assert failed == ["voice-no-answer"] * 2

    def test_of_two_calls_in_doubt_neither_is_taken_for_the_other(self, hospital: Hospital) -> None:
        """One request was taken, which nobody could find out; the next one was not, and calls say
        nothing of themselves."""
        faults = hospital.world.twilio.faults
        faults.fail_next("calls.create", "lost_reply")
        faults.fail_next("calls.list", status=503, times=len(proof.PROOF_WAITS))
        for accession in ("1", "2"):
            hospital.send(hospital.report("ct-head-hemorrhage", accession=accession))
            hospital.pass_time(minutes=0.5)
        hospital.pass_time(minutes=4)
        faults.fail_next("calls.create", "refuse")
        hospital.pass_time(minutes=0.5)
        twiml = {call.sid: call.record.twiml for call in hospital.ada.phone.calls}
        for accession in ("1", "2"):
            ref = hospital.alert(accession).ref
            rang = [
                r for r in pages(hospital, accession) if r.slip.channel == "voice" and r.claimed_at
            ]
            assert [row.state for row in rang[:2]] == ["uncertain", "sent"]
            assert spoken.spelled(ref) in twiml[rang[1].provider_id]
        expect_everything(hospital)
