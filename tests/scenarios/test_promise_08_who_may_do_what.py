"""Whoever was paged may acknowledge, and nobody else; who was not paged sees nothing of it."""

import pytest

from bot.domain.alert import State
from bot.domain.events import ReadBack
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import UNDERSTOOD
from tests.scenarios.acting import SCREEN, alert_of_ada, command, in_time_past, refusals
from tests.scenarios.looking import (
    acknowledge_by_sms,
    code_in,
    entries,
    expect_everything,
    owner,
    paged,
)


def test_opening_the_modal_acknowledges_nothing(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    hospital.settle()
    assert (SCREEN in modal.text, hospital.alert().state) == (True, State.OPEN)
    hospital.ada.slack.close(modal)
    hospital.settle()
    assert hospital.alert().state is State.OPEN
    assert len(entries(hospital, "finding_shown")) == 1


def test_a_modal_submitted_without_reading_back_acknowledges_nothing(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    answer = hospital.ada.slack.submit(modal, {})
    assert answer.outcome == "errors"
    assert hospital.alert().state is State.OPEN


def test_confirming_and_repeating_are_recorded_apart(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert hospital.ada.slack.submit(modal, {"confirm": UNDERSTOOD}).outcome == "closed"
    hospital.settle()
    hospital.ada.slack.expect_now(message, "Acknowledged")
    given = hospital.alert().acknowledgment
    assert given
    assert given.read_back is ReadBack.VIEWED


def test_a_click_by_somebody_who_was_not_paged_gets_a_private_answer_and_an_audit_entry(
    hospital: Hospital,
) -> None:
    message = alert_of_ada(hospital)
    answer = hospital.tess.slack.click("Acknowledge", message)
    assert "not sent to you" in answer.ephemeral.plain
    assert not hospital.tess.slack.modals
    assert hospital.alert().state is State.OPEN
    (refused,) = entries(hospital, "refused")
    assert refused.data["reason"] == "not_paged"


def test_a_designee_who_was_not_paged_yet_cannot_acknowledge(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    answer = hospital.ben.slack.click("Acknowledge", message)
    assert "not sent to you" in answer.ephemeral.plain
    ref = hospital.alert().ref
    assert "not sent to you" in command(hospital, hospital.ben, f"ack {ref}")
    assert refusals(hospital) == [(hospital.ben.name, "not_paged")] * 2


def test_a_slack_account_that_is_not_in_the_directory_can_do_nothing(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    stranger = hospital.world.slack_user("U0STRANGER", "Somebody")
    for button in ("Acknowledge", "I can't take this"):
        assert "does not know your Slack account" in stranger.click(button, message).ephemeral.plain
    assert len(refusals(hospital)) == 2
    assert hospital.alert().state is State.OPEN


def test_a_coordinator_who_was_not_paged_is_pointed_to_recording_a_call(
    hospital: Hospital,
) -> None:
    alert_of_ada(hospital)
    ref = hospital.alert().ref
    assert f"/readback called {ref}" in command(hospital, hospital.carla, f"ack {ref}")
    assert hospital.alert().state is State.OPEN


def test_the_first_owner_may_acknowledge_after_the_hand_over_and_after_expiry(
    hospital: Hospital,
) -> None:
    alert_of_ada(hospital)
    in_time_past(hospital, 30, 31)
    assert owner(hospital) == hospital.chris.name
    assert hospital.alert().expired_at
    message = hospital.ada.slack.messages[-1]
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert hospital.ada.slack.submit(modal, {"words": "subdural"}).outcome == "closed"
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED
    (entry,) = entries(hospital, "acknowledged")
    assert entry.data["late"] is True
    expect_everything(hospital)


def test_a_second_acknowledgment_is_told_who_was_first_and_changes_nothing(
    hospital: Hospital,
) -> None:
    alert_of_ada(hospital)
    in_time_past(hospital, 30)
    _, sms = paged(hospital.ben)
    acknowledge_by_sms(hospital, hospital.ben, sms)
    before = hospital.alert()
    ref = before.ref
    assert "Ben Ito" in command(hospital, hospital.ada, f"ack {ref}")
    assert hospital.alert() == before
    expect_everything(hospital)


@pytest.mark.parametrize("body", ["ack {code}", '  "Ack:   {code}". '])
def test_an_sms_acknowledges_in_any_case_and_spacing(hospital: Hospital, body: str) -> None:
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    sms = hospital.sam.phone.expect_sms("ACK")
    sms.reply(body.format(code=code_in(sms)))
    hospital.sam.phone.expect_sms("acknowledged")
    assert hospital.alert().state is State.ACKNOWLEDGED


def test_the_right_code_from_another_phone_acknowledges_nothing(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.tess.phone.send(f"ACK {code_in(sms)}")
    hospital.tess.phone.expect_sms("not open on this phone")
    hospital.world.phone("+13125559999").send(f"ACK {code_in(sms)}")
    hospital.world.phone("+13125559999").expect_sms("not open on this phone")
    assert hospital.alert().state is State.OPEN


def test_two_codes_in_one_reply_acknowledge_neither(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.send(hospital.report("mr-spine-cord"))
    _, one = paged(hospital.ada)
    _, two = paged(hospital.ada)
    one.reply(f"ACK {code_in(one)} {code_in(two)}")
    hospital.ada.phone.expect_sms("One code at a time")
    assert hospital.alert("A00001").state is hospital.alert("A00002").state is State.OPEN
    different = sum(a != b for a, b in zip(code_in(one), code_in(two), strict=True))
    assert different >= 2


def test_somebody_who_was_not_paged_sees_neither_list_nor_timeline(hospital: Hospital) -> None:
    alert_of_ada(hospital)
    ref = hospital.alert().ref
    assert "No open alert concerns you" in command(hospital, hospital.tess, "open")
    assert "cannot look at it" in command(hospital, hospital.tess, f"show {ref}")
    assert ref in command(hospital, hospital.ada, "open")
    assert ref in command(hospital, hospital.carla, "open")


def test_a_click_on_an_alert_that_has_ended_says_how_it_ended(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage", accession="E1"))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    gone = hospital.report("ct-head-hemorrhage", accession="E1").replace(b"|CT|F|", b"|CT|X|")
    hospital.send(gone)
    answer = hospital.ada.slack.submit(modal, {"words": "subdural"})
    assert answer.view
    assert "withdrawn" in answer.view.text
    assert hospital.alert().state is State.WITHDRAWN
    expect_everything(hospital)
