"""STOP and its kin, and "wrong number": told at once, out until START or an edit, and moved on."""

import pytest

from bot.sandbox.hospital import Hospital
from storage import people
from tests.scenarios.looking import (
    CODE,
    acknowledge_by_sms,
    change_directory,
    expect_everything,
    owner,
    paged,
    pages,
)


def channels(hospital: Hospital, name: str) -> tuple[str, ...]:
    everybody = hospital.database.look(people.everybody)
    return next(person.channels for person in everybody if person.name == name)


@pytest.mark.parametrize("word", ["STOP", "stopall", "Unsubscribe", "CANCEL", "end", "Quit"])
def test_every_word_for_stop_is_told_and_the_alert_moves_on_at_once(
    hospital: Hospital, word: str
) -> None:
    began = hospital.now
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    hospital.sam.phone.expect_sms(CODE)
    hospital.sam.phone.send(word)
    _, sms = paged(hospital.ben)
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect_new("Opted out of SMS")
    acknowledge_by_sms(hospital, hospital.ben, sms)
    expect_everything(hospital)


def test_nothing_is_sent_to_a_number_that_is_out_until_start(hospital: Hospital) -> None:
    hospital.sam.phone.send("STOP")
    hospital.settle()
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="1"))
    paged(hospital.ben)
    assert not [row for row in pages(hospital, "1") if row.slip.channel == "sms"
                and row.slip.person_id != hospital.alert("1").owner]  # fmt: skip
    hospital.sam.phone.send("START")
    hospital.settle()
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="2"))
    hospital.sam.phone.expect_sms(CODE)
    expect_everything(hospital)


def test_a_wrong_number_is_out_and_told_and_the_right_one_is_paged(hospital: Hospital) -> None:
    began = hospital.now
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="1"))
    hospital.sam.phone.expect_sms(CODE)
    hospital.sam.phone.send("You have the wrong number")
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
    hospital.sam.phone.send("Wrong number")
    hospital.settle()
    change_directory(hospital, hospital.sam.name, mobile="+13125550199")
    change_directory(hospital, hospital.tess.name, mobile=hospital.sam.phone.number)
    assert "sms" in channels(hospital, hospital.tess.name)
    expect_everything(hospital)


def test_a_stranger_who_says_so_changes_nothing(hospital: Hospital) -> None:
    hospital.world.phone("+13125559999").send("wrong number")
    hospital.settle()
    assert channels(hospital, hospital.ada.name) == ("slack", "sms")
    assert not hospital.carla.slack.messages
    expect_everything(hospital)
