"""Whoever was paged may acknowledge; the owner may decline; named roles record calls and reopen."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.alert import State
from bot.domain.events import ReadBack
from bot.sandbox.hospital import Hospital, Member
from bot.sandbox.people import SlackMessage
from bot.sandbox.stories import UNDERSTOOD
from tests.scenarios.looking import (
    acknowledge_by_sms,
    code_in,
    entries,
    expect_everything,
    owner,
    paged,
)

SCREEN = "subdural hematoma"


def alert_of_ada(hospital: Hospital) -> SlackMessage:
    """A critical result that Ada owns; her page in Slack."""
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, _ = paged(hospital.ada)
    return message


def decline(hospital: Hospital, member: Member, message: SlackMessage, reason: str) -> str:
    """Press "I can't take this", choose a reason, submit; the outcome."""
    modal = member.slack.click("I can't take this", message).modal
    answer = member.slack.submit(modal, {"Why can't you take it?": reason})
    hospital.settle()
    return answer.outcome


def command(hospital: Hospital, member: Member, text: str) -> str:
    """What the command answers in private."""
    return member.slack.command("/readback", text).ephemeral.plain


def refusals(hospital: Hospital) -> list[tuple[str, str]]:
    """Who was refused what, by name where the person is known."""
    alert = hospital.alert()
    found = []
    for entry in entries(hospital, "refused"):
        person = alert.roster.person(entry.actor)
        found.append((person.name if person else entry.actor, str(entry.data["reason"])))
    return found


def in_time_past(hospital: Hospital, *minutes: float) -> None:
    for step in minutes:
        hospital.pass_time(minutes=step)


# ---- acknowledging --------------------------------------------------------------------------


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


# ---- declining ------------------------------------------------------------------------------


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


# ---- coordinators and radiologists ----------------------------------------------------------


def local(moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo('America/Chicago')):%H:%M}"


def test_a_coordinator_records_the_phone_call_that_ends_the_alert(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    hospital.pass_time(minutes=5)
    ref = hospital.alert().ref
    modal = hospital.carla.slack.command("/readback", f"called {ref}").modal
    told = {
        "Whom did you reach?": "Dr. Ada Osei",
        "When?": int((hospital.now - timedelta(minutes=2)).timestamp()),
        "On which number?": "312-555-0101",
        "Did they repeat it back?": "Yes, repeated back",
    }
    assert hospital.carla.slack.submit(modal, told).outcome == "closed"
    hospital.settle()
    given = hospital.alert().acknowledgment
    assert given
    assert (given.by, given.channel, given.read_back) == (
        "Dr. Ada Osei",
        "phone",
        ReadBack.REPEATED,
    )
    hospital.ada.slack.expect_now(message, "Acknowledged")


def test_a_radiologist_records_a_call_in_one_line(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    ref = hospital.alert().ref
    line = f"called {ref} Dr. Osei at {local(hospital.now)} on 312-555-0101 repeated no"
    assert "is recorded" in command(hospital, hospital.rosa, line)
    hospital.settle()
    (entry,) = entries(hospital, "call_recorded")
    assert (entry.data["reached"], entry.data["repeated_back"]) == ("Dr. Osei", False)
    hospital.ada.slack.expect_now(message, "Acknowledged")


@pytest.mark.parametrize(("hours", "said"), [(-13, "12 hours before"), (1, "12 hours before")])
def test_a_call_long_before_the_result_is_not_recorded_whether_typed_or_entered(
    hospital: Hospital, hours: int, said: str
) -> None:
    """An hour ahead, typed as a time of day, is yesterday's."""
    alert_of_ada(hospital)
    ref, at = hospital.alert().ref, hospital.now + timedelta(hours=hours)
    line = f"called {ref} Dr. Osei at {local(at)} on 312-555-0101 repeated yes"
    assert said in command(hospital, hospital.carla, line)
    modal = hospital.carla.slack.command("/readback", f"called {ref}").modal
    entered = {"whom": "Dr. Osei", "number": "4711", "repeated": "No", "when": int(at.timestamp())}
    answer = hospital.carla.slack.submit(modal, entered)
    assert re.search("12 hours before|in the future", answer.errors["when"])
    assert hospital.alert().state is State.OPEN
    assert {reason for _, reason in refusals(hospital)} == {"no_such_call"}


def test_a_call_made_before_the_report_was_signed_counts(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    ref, at = hospital.alert().ref, hospital.now - timedelta(hours=8)
    line = f"called {ref} Dr. Osei at {local(at)} on 312-555-0101 repeated yes"
    assert "is recorded" in command(hospital, hospital.rosa, line)
    hospital.settle()
    hospital.ada.slack.expect_now(message, "Acknowledged")


def test_others_cannot_record_a_call(hospital: Hospital) -> None:
    alert_of_ada(hospital)
    ref = hospital.alert().ref
    line = f"called {ref} Dr. Osei at {local(hospital.now)} on 312-555-0101 repeated yes"
    for member in (hospital.ada, hospital.ben):
        assert "Only a coordinator or a radiologist" in command(hospital, member, line)
    assert hospital.alert().state is State.OPEN
    assert {reason for _, reason in refusals(hospital)} == {"not_entitled"}


@pytest.mark.parametrize("who", ["carla", "rosa"])
def test_a_coordinator_or_radiologist_reopens_it_and_the_due_time_stays(
    hospital: Hospital, who: str
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    due = hospital.alert().due_at
    hospital.pass_time(minutes=20)
    member: Member = getattr(hospital, who)
    assert "open again" in command(hospital, member, f"reopen {hospital.alert().ref}")
    hospital.settle()
    alert = hospital.alert()
    assert (alert.state, alert.cycle, alert.due_at) == (State.OPEN, 2, due)
    expect_everything(hospital)


def test_nobody_else_reopens_it(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.ada.slack.expect_now(message, "Acknowledged")
    ref = hospital.alert().ref
    for member in (hospital.ada, hospital.ben):
        said = command(hospital, member, f"reopen {ref}")
        assert "Only a coordinator or a radiologist" in said
    assert hospital.alert().state is State.ACKNOWLEDGED


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
