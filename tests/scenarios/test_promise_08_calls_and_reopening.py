"""Coordinators and radiologists record calls and reopen; nobody else does."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.alert import State
from bot.domain.events import ReadBack
from bot.sandbox.hospital import Hospital, Member
from tests.scenarios.acting import alert_of_ada, command, refusals
from tests.scenarios.looking import acknowledge_by_sms, entries, expect_everything, paged


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
    message, sms = paged(hospital.ada)
    assert "Open again" in message.plain, "she has answered it a moment ago"
    assert "imaging result, open again, ref" in sms.body
    hospital.pass_time(minutes=20)
    message, sms = paged(hospital.ben)
    assert "pen again" not in message.plain + sms.body, "he never heard of it"
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
