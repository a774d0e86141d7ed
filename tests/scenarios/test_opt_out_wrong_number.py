""" "Wrong number": out until START or an edit, and told to a coordinator."""

import pytest

from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import (
    CODE,
    acknowledge_by_sms,
    change_directory,
    channels,
    code_in,
    expect_everything,
    owner,
    paged,
)


def test_a_wrong_number_is_out_and_told_and_the_right_one_is_paged(hospital: Hospital) -> None:
    began = hospital.now
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="1"))
    hospital.sam.phone.expect_sms(CODE)
    hospital.sam.phone.send("Who is this? You have the wrong number, stop texting me")
    hospital.sam.phone.expect_sms("this number gets no more messages")
    paged(hospital.ben)
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect_new("Wrong number")
    assert channels(hospital, hospital.sam.name) == ()
    change_directory(hospital, hospital.sam.name, mobile="+13125550199")
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="2"))
    hospital.world.phone("+13125550199").expect_sms(CODE)
    expect_everything(hospital)


@pytest.mark.parametrize("word", ["STOP", "Wrong number"])
def test_a_page_that_waits_to_be_tried_again_does_not_go_to_a_number_that_is_out_by_then(
    hospital: Hospital, word: str
) -> None:
    hospital.world.twilio.faults.fail_next("messages.create", status=429, retry_after=30)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect_new("Critical")
    hospital.ada.phone.send(word)
    hospital.pass_time(minutes=1)
    asked = [e.body["To"] for e in hospital.world.log if e.method == "messages.create"]
    assert asked == [hospital.ada.phone.number], "the first try, and no second"
    assert owner(hospital) == hospital.ada.name, "she is in Slack"
    expect_everything(hospital)


def test_start_takes_a_wrong_number_back(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    hospital.ada.phone.send("wrong number")
    hospital.settle()
    assert channels(hospital, hospital.ada.name) == ("slack",)
    assert owner(hospital) == hospital.ada.name, "she is in Slack"
    hospital.ada.phone.send("START")
    hospital.settle()
    assert channels(hospital, hospital.ada.name) == ("slack", "sms")
    expect_everything(hospital)


def test_who_changes_hands_with_a_number_that_was_wrong_starts_afresh(hospital: Hospital) -> None:
    """An admin has entered the number for somebody else: what was said is not said of them."""
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    hospital.sam.phone.send("Wrong number")
    hospital.settle()
    change_directory(hospital, hospital.sam.name, mobile="+13125550199")
    change_directory(hospital, hospital.tess.name, mobile=hospital.sam.phone.number)
    assert "sms" in channels(hospital, hospital.tess.name)
    expect_everything(hospital)


def test_what_a_wrong_number_answers_afterwards_acknowledges_nothing(hospital: Hospital) -> None:
    """A stranger who does as the SMS says, so that it stops."""
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    sms = hospital.sam.phone.expect_sms(CODE)
    hospital.sam.phone.send("Wrong number")
    _, bens = paged(hospital.ben)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.sam.phone.expect_sms("this code is not open on this phone")
    assert hospital.alert().is_open
    acknowledge_by_sms(hospital, hospital.ben, bens)
    expect_everything(hospital)


def test_what_a_wrong_number_has_just_acknowledged_is_open_again_and_goes_on(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="1"))
    acknowledge_by_sms(hospital, hospital.sam, hospital.sam.phone.expect_sms(CODE))
    hospital.send(hospital.report("ct-head-hemorrhage", accession="2"))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.pass_time(minutes=14)
    hospital.sam.phone.send("Sorry, wrong number")
    paged(hospital.ben)
    assert owner(hospital, "1") == hospital.ben.name
    assert not hospital.alert("2").is_open, "it was acknowledged from another phone"
    expect_everything(hospital)


def test_who_is_in_slack_is_told_there_that_nobody_has_what_a_wrong_number_acknowledged(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.ada.phone.send("Sorry, wrong number")
    hospital.ada.slack.expect_new("open again")
    assert (hospital.alert().is_open, owner(hospital)) == (True, hospital.ada.name)
    expect_everything(hospital)


def test_a_stranger_who_says_so_changes_nothing(hospital: Hospital) -> None:
    hospital.world.phone("+13125559999").send("wrong number")
    hospital.settle()
    assert channels(hospital, hospital.ada.name) == ("slack", "sms")
    assert not hospital.carla.slack.messages
    expect_everything(hospital)


def test_a_wrong_number_that_answers_nothing_of_ours_takes_nobody_out(hospital: Hospital) -> None:
    """Whoever forges the numbers of a directory could silence all of it."""
    for member in (hospital.ada, hospital.sam, hospital.carla):
        member.phone.send("Wrong number")
        member.phone.expect_sms("Reply only ACK")
    assert channels(hospital, hospital.sam.name) == ("sms",)
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    acknowledge_by_sms(hospital, hospital.sam, hospital.sam.phone.expect_sms(CODE))
    hospital.pass_time(hours=24 * 7)
    hospital.sam.phone.send("Wrong number")
    hospital.sam.phone.expect_sms("Reply only ACK")
    assert channels(hospital, hospital.sam.name) == ("sms",)
    expect_everything(hospital)


def test_its_holder_hears_of_it_once_however_often_it_is_said(hospital: Hospital) -> None:
    """Two machines that answer each other would never stop."""
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    for _ in range(3):
        hospital.sam.phone.send("Wrong number")
        hospital.settle()
    said = [sms for sms in hospital.sam.phone.sms if "no more messages" in sms.body]
    assert len(said) == 1
    told = [m for m in hospital.carla.slack.messages if "Wrong number" in m.plain]
    assert len(told) == 1
    expect_everything(hospital)
