"""The owner may decline, and who said "not my patient" sees no more of it."""

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from tests.scenarios.acting import SCREEN, alert_of_ada, command, decline, in_time_past, refusals
from tests.scenarios.looking import (
    acknowledge_by_sms,
    code_in,
    entries,
    expect_everything,
    owner,
    paged,
)


def test_only_the_owner_may_decline(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    in_time_past(hospital, 30)
    assert owner(hospital) == hospital.ben.name
    assert "I can't take this" not in message.buttons
    _, sms = paged(hospital.ben)
    older = hospital.ada.phone.sms[0]
    older.reply(f"PASS {code_in(older)}")
    hospital.ada.phone.expect_sms("present owner")
    assert owner(hospital) == hospital.ben.name
    assert refusals(hospital) == [(hospital.ada.name, "not_owner")]
    acknowledge_by_sms(hospital, hospital.ben, sms)
    expect_everything(hospital)


def test_declining_hands_it_up_the_ladder_at_once(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    began = hospital.now
    assert decline(hospital, hospital.ada, message, "I am off shift") == "closed"
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    paged(hospital.ben)
    hospital.ada.slack.expect_now(message, "Handed over")


def test_whoever_declined_never_owns_it_again_and_cannot_decline_twice(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    assert decline(hospital, hospital.ada, message, "I cannot act now") == "closed"
    sms = hospital.ada.phone.sms[0]
    sms.reply(f"PASS {code_in(sms)}")
    hospital.ada.phone.expect_sms("present owner")
    hospital.pass_time(hours=2)
    owners = [e.data["person"] for e in entries(hospital, "owner")]
    assert owners.count(owners[0]) == 1
    expect_everything(hospital)


def test_whoever_declined_may_still_acknowledge(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    assert decline(hospital, hospital.ada, message, "I am off shift") == "closed"
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert hospital.ada.slack.submit(modal, {"words": "subdural"}).outcome == "closed"
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED
    expect_everything(hospital)


def test_not_my_patient_ends_access_to_the_finding_and_tells_the_coordinator(
    hospital: Hospital,
) -> None:
    message = alert_of_ada(hospital)
    assert decline(hospital, hospital.ada, message, "Not my patient") == "closed"
    hospital.carla.slack.expect_new("Check the directory")
    paged(hospital.ben)
    ref = hospital.alert().ref
    hospital.ada.slack.expect_now(message, "You passed this on: not your patient")
    assert message.buttons == []
    assert "is not your patient" in command(hospital, hospital.ada, f"ack {ref}")
    assert "your access to it has ended" in command(hospital, hospital.ada, f"show {ref}")
    sms = hospital.ada.phone.sms[0]
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms("not your patient")
    assert hospital.alert().state is State.OPEN
    assert not any(SCREEN in modal.text for modal in hospital.ada.slack.modals)
    expect_everything(hospital)


def test_not_my_patient_from_a_form_that_was_open_while_time_handed_it_on(
    hospital: Hospital,
) -> None:
    message = alert_of_ada(hospital)
    form = hospital.ada.slack.click("I can't take this", message).modal
    hospital.pass_time(minutes=30)
    assert hospital.ada.slack.submit(form, {"reason": "Not my patient"}).outcome == "closed"
    hospital.settle()
    hospital.carla.slack.expect_new("Check the directory")
    newest = hospital.ada.slack.messages[-1]
    hospital.ada.slack.expect_now(newest, "You passed this on: not your patient")
    assert newest.buttons == []
    assert owner(hospital) == hospital.ben.name
    expect_everything(hospital)


def test_a_modal_that_was_open_when_access_ended_acknowledges_nothing(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert decline(hospital, hospital.ada, message, "Not my patient") == "closed"
    answer = hospital.ada.slack.submit(modal, {"words": "subdural"})
    assert answer.outcome == "updated"
    assert answer.view
    assert SCREEN not in answer.view.text
    assert hospital.alert().state is State.OPEN
    expect_everything(hospital)
