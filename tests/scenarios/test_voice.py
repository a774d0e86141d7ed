"""Phones ring: by policy, until somebody who has the code or a PIN answers."""

import re

import pytest

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from bot.sandbox.samples import PEOPLE_CSV
from bot.sandbox.stories import paged
from tests.scenarios.looking import entries, expect_everything, import_people, operate, owner
from tests.scenarios.marked import MARK, leaks, marked
from tests.scenarios.ringing import (
    CAN_RING,
    PIN,
    WITH_PIN,
    acknowledgment,
    calls,
    critical,
    nobody_answered,
    picked_up,
)
from tests.scenarios.test_database_away import without_table


@pytest.fixture
def settings() -> dict[str, str]:
    """A site that can ring phones."""
    return CAN_RING


def test_the_owner_is_called_at_five_minutes_and_once_more_within_three(hospital: Hospital) -> None:
    critical(hospital)
    hospital.pass_time(minutes=4.9)
    nobody_answered(hospital.ada)
    assert calls(hospital) == [("Dr. Ada Osei", 5.0), ("Dr. Ada Osei", 6.0)]
    failed = [(e.data["reason"], e.data["permanent"]) for e in entries(hospital, "page_failed")]
    assert failed == [("voice-no-answer", False), ("voice-no-answer", True)]
    assert owner(hospital) == hospital.ada.name, "the pages that she can read still stand"
    told = [event for _, event in hospital.timeline() if "Dr. Ada Osei's phone" in event]
    assert len(told) == 2
    shown = operate(hospital, "alerts", "show", hospital.alert().ref)
    assert shown.count("rang (voice-no-answer)") == 2


def test_a_key_and_the_code_of_the_sms_acknowledge(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    code = critical(hospital)
    call = picked_up(hospital.ada)
    assert "critical imaging result" in call.heard
    assert "3 1 2, 5 5 5, 0 1 0 0" in call.heard
    assert hospital.alert().is_open, "nobody has pressed a key yet"
    hospital.world.twilio.exchange.duplicate_requests = True
    assert call.press("1").press(f"{code}#").over
    assert "is acknowledged" in call.last_heard
    given = acknowledgment(hospital)
    assert (given.by, given.channel) == (hospital.alert().owner, "voice")
    hospital.pass_time(minutes=60)
    assert calls(hospital) == [("Dr. Ada Osei", 5.0)]
    assert [e.data["channel"] for e in entries(hospital, "page_delivered")] == ["sms", "voice"]


def test_a_pin_acknowledges_on_a_landline_that_takes_no_sms(hospital: Hospital) -> None:
    import_people(hospital, (PEOPLE_CSV, WITH_PIN))
    hospital.ada.phone.landline()
    hospital.ada.phone.answers("picks up")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect_new("Critical")
    call = picked_up(hospital.ada).press("3")
    assert len(re.findall("press 1", call.heard)) == 2, "the call came at once, and says it again"
    assert call.press("1").press(f"{PIN}#").over
    assert acknowledgment(hospital).channel == "voice"
    assert calls(hospital) == [("Dr. Ada Osei", 0.0)]
    assert not [entry for entry in hospital.world.log if PIN in entry.text and entry.method]


def test_whoever_could_hear_a_call_and_not_answer_it_gives_way_at_once(hospital: Hospital) -> None:
    """A landline, no Slack, no PIN: nobody waits half an hour for an answer that cannot come."""
    hospital.sam.phone.landline()
    began = hospital.now
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="1"))
    paged(hospital.ben)
    assert (owner(hospital, "1"), hospital.now) == (hospital.ben.name, began)
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="2"))
    paged(hospital.ben)
    hospital.pass_time(minutes=4)
    assert not hospital.sam.phone.calls
    sent = [e for e in hospital.world.log if hospital.sam.phone.number in e.text]
    assert len(sent) == 1, "what is known to take no SMS is sent none"
    expect_everything(hospital)


def test_on_a_landline_a_pin_is_enough_to_be_asked(hospital: Hospital) -> None:
    import_people(hospital, (PEOPLE_CSV, WITH_PIN.replace("U0ADA", "")))
    hospital.ada.phone.landline()
    hospital.ada.phone.answers("picks up")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    picked_up(hospital.ada).press("1").press(f"{PIN}#")
    assert acknowledgment(hospital).by == hospital.alert().owner


def test_a_child_that_presses_keys_acknowledges_nothing(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    critical(hospital)
    call = picked_up(hospital.ada).press("1")
    for guess in ("1111#", "#", "2222#"):
        assert not call.over
        call.press(guess)
    assert call.over
    assert "Nothing was acknowledged" in call.last_heard
    assert hospital.alert().state is State.OPEN
    hospital.pass_time(minutes=3)
    assert calls(hospital) == [("Dr. Ada Osei", 5.0)], "somebody answered: it does not ring again"


def test_a_voicemail_is_told_and_counts_as_unanswered(hospital: Hospital) -> None:
    hospital.ada.phone.answers("voicemail")
    critical(hospital)
    hospital.pass_time(minutes=3)
    for _ in range(2):
        left = hospital.ada.phone.expect_call("imaging result")
        assert (left.over, left.record.pressed) == (True, [])
        assert "press 1" not in left.heard
    assert [e.data["reason"] for e in entries(hospital, "page_failed")] == ["voice-machine"] * 2
    assert hospital.alert().is_open


@pytest.mark.parametrize("silence", ["stay_silent", "hang_up"])
def test_who_picks_up_and_presses_no_key_is_called_once_more(
    hospital: Hospital, silence: str
) -> None:
    """A voicemail with a short greeting passes for a person, as does a phone in do-not-disturb."""
    hospital.ada.phone.answers("picks up")
    critical(hospital)
    for minute in (1, 3):
        call = picked_up(hospital.ada)
        while not call.over:
            getattr(call, silence)()
        hospital.settle()
        hospital.pass_time(minutes=minute)
    assert calls(hospital) == [("Dr. Ada Osei", 5.0), ("Dr. Ada Osei", 6.0)]
    assert [e.data["reason"] for e in entries(hospital, "page_failed")] == ["voice-unsure"] * 2
    assert owner(hospital) == hospital.ada.name
    expect_everything(hospital)


def test_two_passes_it_to_the_designee_whose_phone_rings_in_turn(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    critical(hospital)
    hospital.world.twilio.exchange.duplicate_requests = True
    call = picked_up(hospital.ada).press("2")
    assert "went to the next person" in call.last_heard
    hospital.settle()
    assert owner(hospital) == hospital.ben.name
    hospital.pass_time(minutes=7)
    nobody_answered(hospital.ben)
    assert calls(hospital)[1:] == [("Dr. Ben Ito", 10.0), ("Dr. Ben Ito", 11.0)]
    expect_everything(hospital)


def test_the_coordinators_phone_rings_at_once_and_again_after_the_end(hospital: Hospital) -> None:
    critical(hospital)
    hospital.pass_time(minutes=55)
    assert calls(hospital) == [
        ("Dr. Ada Osei", 5.0),
        ("Dr. Ada Osei", 6.0),
        ("Dr. Ben Ito", 35.0),
        ("Dr. Ben Ito", 36.0),
        ("Carla Reyes RN", 45.0),
        ("Carla Reyes RN", 46.0),
        ("Chris Novak RN", 60.0),
    ]
    hospital.pass_time(minutes=1)
    for member in (hospital.ada, hospital.ben, hospital.carla, hospital.chris):
        nobody_answered(member)
    expect_everything(hospital)


def test_a_call_tells_nothing_of_the_patient(hospital: Hospital) -> None:
    for member in (hospital.ada, hospital.ben):
        member.phone.answers("picks up" if member is hospital.ada else "voicemail")
    hospital.send(marked(hospital.now, "C1"))
    hospital.pass_time(minutes=5)
    heard = picked_up(hospital.ada).press("1").press("11#").press("22#").press("33#").heard
    hospital.pass_time(minutes=34)
    left = hospital.ben.phone.expect_call("imaging result").heard
    assert not MARK.findall(heard + left)
    assert leaks(hospital, "modal") == []
    expect_everything(hospital)


def test_a_key_that_cannot_be_stored_is_told_so(
    hospital: Hospital, database_url: str, log_errors: set[str]
) -> None:
    log_errors.add("webhook_not_kept")
    hospital.ada.phone.answers("picks up")
    critical(hospital)
    call = picked_up(hospital.ada)
    with without_table(database_url, "inbound"):
        assert "Not recorded" in call.press("1").last_heard
    assert call.over
    assert hospital.alert().is_open


def test_who_picked_up_and_heard_an_error_is_called_once_more(hospital: Hospital) -> None:
    """Our own server is away for a moment: Twilio has nothing to say, and says so."""
    hooks = hospital.world.twilio.carrier.hooks
    hospital.ada.phone.answers("picks up")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    hospital.pass_time(minutes=4.9)
    hooks.unreachable = True
    hospital.pass_time(minutes=0.2)
    assert "error" in hospital.ada.phone.expect_call().heard
    hooks.unreachable = False
    hospital.pass_time(minutes=3)
    picked_up(hospital.ada)
    assert [e.data["reason"] for e in entries(hospital, "page_failed")] == ["voice-unsure"]
    expect_everything(hospital)
