"""Whoever an import of the directory puts out of reach is passed by at once, also where it runs in
another process than the bot."""

import json
import re
from datetime import timedelta

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from tests.scenarios.late import send_late
from tests.scenarios.looking import (
    CODE,
    acknowledge_by_sms,
    attempts,
    code_in,
    entries,
    expect_everything,
    import_people,
    left_out,
    nothing_waits_for_nothing,
    operate,
    owner,
    paged,
    paged_until_acknowledged,
    pages,
)

NOBODYS_DESIGNEE = (",,1245319599\n", ",,\n")


def test_an_owner_who_is_removed_is_passed_by_at_once(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    began = hospital.now
    import_people(hospital, left_out(hospital.ada.name))
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    assert [entry.data for entry in entries(hospital, "directory_changed")] == [
        {"person": hospital.alert().paged[0], "reason": "left"}
    ]
    shown = operate(hospital, "alerts", "show", hospital.alert().ref)
    assert "Dr. Ada Osei is not in the directory any more" in shown
    paged_until_acknowledged(hospital, hospital.ben)


def test_a_page_that_waits_to_be_tried_again_does_not_go_to_who_has_left_by_then(
    hospital: Hospital,
) -> None:
    """Paged beside the owner, so that nothing cancels it."""
    hospital.world.slack.faults.fail_next(
        "chat.postMessage", status=429, retry_after=30, to=hospital.ben.slack.id
    )
    send_late(hospital, 57)
    assert owner(hospital) == hospital.carla.name
    import_people(hospital, left_out(hospital.ben.name), NOBODYS_DESIGNEE)
    hospital.pass_time(minutes=2)
    assert not hospital.ben.slack.messages
    expect_everything(hospital)


def test_an_owner_who_loses_every_channel_is_passed_by_at_once(hospital: Hospital) -> None:
    hospital.send(hospital.report("us-thyroid-nodule"))
    sms = hospital.sam.phone.expect_sms(CODE)
    import_people(hospital, ("+13125550106", ""))
    assert owner(hospital) == hospital.ben.name
    assert sms.body
    (told,) = json.loads(operate(hospital, "alerts", "show", hospital.alert().ref, "--json"))[
        "passed_by"
    ]
    assert (told["person"], told["reason"]) == (hospital.sam.name, "no_channel")
    _, theirs = paged(hospital.ben, "significant")
    acknowledge_by_sms(hospital, hospital.ben, theirs)
    expect_everything(hospital)


def test_an_owner_who_keeps_one_channel_keeps_the_alert(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    import_people(hospital, ("U0ADA", ""), left_out(hospital.rosa.name))
    assert (owner(hospital), len(pages(hospital))) == (hospital.ada.name, 2)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


def test_a_designee_and_a_coordinator_who_leave_are_passed_by_too(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=30)
    assert owner(hospital) == hospital.ben.name
    gone = [left_out(hospital.ben.name), NOBODYS_DESIGNEE]
    import_people(hospital, *gone)
    assert owner(hospital) == hospital.carla.name
    import_people(hospital, *gone, left_out(hospital.carla.name))
    assert owner(hospital) == hospital.chris.name
    nothing_waits_for_nothing(hospital)
    expect_everything(hospital)


def test_after_expiry_too_a_coordinator_who_leaves_is_passed_by(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=65)
    assert owner(hospital) == hospital.chris.name
    import_people(hospital, left_out(hospital.chris.name))
    assert owner(hospital) == hospital.carla.name
    nothing_waits_for_nothing(hospital)
    expect_everything(hospital)


def test_with_nobody_in_reach_an_import_that_brings_somebody_is_not_waited_for(
    hospital: Hospital,
) -> None:
    both = ("+13125550103", "+13125550104")
    import_people(hospital, *((number, "") for number in both), ("U0CARLA", ""))
    hospital.chris.slack.deactivate("channel_not_found")
    hospital.send(hospital.report("unknown-provider"))
    assert hospital.alert().next_action_at == hospital.now + timedelta(seconds=30)
    import_people(hospital, ("U0CHRIS", ""), ("+13125550104", ""))
    assert owner(hospital) == hospital.carla.name
    paged_until_acknowledged(hospital, hospital.carla)
    expect_everything(hospital)


def test_an_alert_that_ended_is_left_alone(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged_until_acknowledged(hospital, hospital.ada)
    import_people(hospital, left_out(hospital.ada.name))
    assert hospital.alert().state is State.ACKNOWLEDGED
    expect_everything(hospital)


def test_a_corrected_number_is_paged_at_once(hospital: Hospital) -> None:
    hospital.send(hospital.report("us-thyroid-nodule"))
    astray = hospital.sam.phone.expect_sms(CODE)
    phone = hospital.world.phone("+13125550199")
    began = hospital.now
    import_people(hospital, ("+13125550106", "+13125550199"))
    assert (owner(hospital), hospital.now) == (hospital.sam.name, began)
    sms = phone.expect_sms(CODE)
    astray.reply(f"ACK {code_in(astray)}")
    hospital.sam.phone.expect_sms("not open on this phone")
    assert hospital.alert().state is State.OPEN
    sms.reply(f"ACK {code_in(sms)}")
    phone.expect_sms("acknowledged")
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED
    expect_everything(hospital)


def test_who_left_is_told_with_whom_it_is_now_and_can_answer_no_more(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    import_people(hospital, left_out(hospital.ada.name))
    paged(hospital.ben)
    sms.reply(f"ACK {code_in(sms)}")
    answer = hospital.ada.phone.expect_sms("not in the directory any more")
    assert hospital.alert().ref in answer.body
    assert "with the designee" in answer.body
    assert hospital.alert().state is State.OPEN
    expect_everything(hospital)


def test_whoever_gets_the_number_of_somebody_who_left_does_not_answer_for_them(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    inherited = ("+13125550107", "+13125550101")
    import_people(hospital, left_out(hospital.ada.name), inherited)
    paged(hospital.ben)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(re.compile("not in the directory any more"))
    assert hospital.alert().state is State.OPEN
    expect_everything(hospital)


def test_an_undo_by_sms_is_answered_once(hospital: Hospital) -> None:
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    sms = hospital.sam.phone.expect_sms(CODE)
    acknowledge_by_sms(hospital, hospital.sam, sms)
    sms.reply(f"UNDO {code_in(sms)}")
    hospital.sam.phone.expect_sms("your acknowledgment is undone")
    hospital.settle()
    assert [row for row in attempts(hospital) if row.slip.notice] == []
    acknowledge_by_sms(hospital, hospital.sam, sms)
