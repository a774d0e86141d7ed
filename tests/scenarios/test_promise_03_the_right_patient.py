"""The alert follows the patient of the version that holds: whoever was told of the wrong one hears
of it, and answers anew."""

import re

import pytest

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from bot.sandbox.people import PhoneMessage
from tests.scenarios.corrected import ROE, correct, send
from tests.scenarios.looking import (
    acknowledge_by_sms,
    code_in,
    expect_everything,
    owner,
    paged,
    paged_until_acknowledged,
    pages,
)

MERGED = "DEMO0009^^^MAIN^MR||DEMO^JANET^Q||19580412|F"
ANOTHER_PATIENT = re.compile("patient's identity was corrected")


def told_of_another_patient(hospital: Hospital) -> None:
    said = hospital.ada.slack.expect_new(ANOTHER_PATIENT)
    assert "ROE" not in said.plain
    assert "DEMO" not in said.plain


def old_code_is_refused(hospital: Hospital, sms: PhoneMessage) -> None:
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms("report has changed")


def test_a_corrected_patient_reopens_what_was_acknowledged(hospital: Hospital) -> None:
    send(hospital)
    message, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.ada.slack.expect_now(message, re.compile("acknowledged", re.IGNORECASE))
    correct(hospital, patient=ROE)
    assert (hospital.alert().state, hospital.alert().cycle) == (State.OPEN, 2)
    told_of_another_patient(hospital)
    old_code_is_refused(hospital, sms)
    paged_until_acknowledged(hospital, hospital.ada)
    expect_everything(hospital)


def test_a_corrected_patient_is_told_to_everybody_paged_while_it_is_open(
    hospital: Hospital,
) -> None:
    send(hospital)
    _, sms = paged(hospital.ada)
    hospital.pass_time(minutes=30)
    message, _ = paged(hospital.ben)
    modal = hospital.ben.slack.click("Acknowledge", message).modal
    correct(hospital, patient=ROE)
    assert (owner(hospital), hospital.alert().state) == (hospital.ben.name, State.OPEN)
    told_of_another_patient(hospital)
    old_code_is_refused(hospital, sms)
    hospital.ben.slack.expect_new(ANOTHER_PATIENT)
    assert hospital.ben.slack.submit(modal, {"words": "Subdural"}).outcome == "updated"
    assert hospital.alert().state is State.OPEN
    paged_until_acknowledged(hospital, hospital.ben)
    expect_everything(hospital)


def test_a_patient_whose_records_were_merged_is_not_said_to_be_somebody_else(
    hospital: Hospital,
) -> None:
    send(hospital)
    paged(hospital.ada)
    correct(hospital, patient=MERGED)
    told = hospital.ada.slack.expect_new(ANOTHER_PATIENT)
    assert "or the same one under another number" in told.plain
    paged_until_acknowledged(hospital, hospital.ada)


@pytest.mark.parametrize("status", ["F", "C"])
def test_a_report_sent_again_under_the_number_of_merged_records_stays_one_alert(
    hospital: Hospital, status: str
) -> None:
    send(hospital)
    paged(hospital.ada)
    correct(hospital, patient=MERGED, status=status)
    assert hospital.alerts() == 1
    hospital.ada.slack.expect_new(ANOTHER_PATIENT)
    paged_until_acknowledged(hospital, hospital.ada)
    expect_everything(hospital)


def test_another_report_under_the_same_number_is_of_another_patient_of_that_name(
    hospital: Hospital,
) -> None:
    send(hospital)
    correct(hospital, patient=MERGED, status="F", impression="Tension pneumothorax.")
    assert hospital.alerts() == 2
    expect_everything(hospital)


def test_the_same_patient_written_in_another_way_is_no_news(hospital: Hospital) -> None:
    send(hospital)
    _, sms = paged(hospital.ada)
    correct(hospital, patient="DEMO0001^^^MAIN^MR||Demo^Janet^Quinn||19580412|F")
    correct(hospital, patient="DEMO0001^^^MAIN^MR~77^^^STATE^SS||DEMO^JANET||195804120000|F")
    correct(hospital, patient="DEMO0001^^^MAIN^MR||MARRIED^JANET||19580412|F")
    alert = hospital.alert()
    assert (alert.version, alert.material_version, len(pages(hospital))) == (4, 1, 2)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


def test_who_said_not_my_patient_is_asked_again_about_the_right_one(hospital: Hospital) -> None:
    send(hospital)
    message, _ = paged(hospital.ada)
    form = hospital.ada.slack.click("I can't take this", message).modal
    assert hospital.ada.slack.submit(form, {"reason": "Not my patient"}).outcome == "closed"
    hospital.settle()
    correct(hospital, patient=ROE)
    told_of_another_patient(hospital)
    again = hospital.ada.slack.click("Acknowledge", message).modal
    words = "Subdural, another patient"
    assert hospital.ada.slack.submit(again, {"words": words}).outcome == "closed"
    assert hospital.alert().state is State.ACKNOWLEDGED
    hospital.settle()
    expect_everything(hospital)
