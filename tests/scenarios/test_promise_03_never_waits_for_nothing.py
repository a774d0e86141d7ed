"""An open alert always has an owner and a next action; who is out of reach is passed by at once."""

import re
from datetime import timedelta

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital, Member
from tests.scenarios.looking import (
    CODE,
    PHONE,
    acknowledge_by_sms,
    change_directory,
    code_in,
    entries,
    expect_everything,
    nothing_waits_for_nothing,
    owner,
    paged,
    paged_until_acknowledged,
    pages,
    people_paged,
    version,
)

BOTH = ("slack", "sms")


def out_of_reach(member: Member) -> None:
    """Both providers refuse this person for good."""
    member.slack.deactivate("channel_not_found")
    member.phone.refuse(21211)


def test_an_unknown_provider_is_the_coordinators_at_once(hospital: Hospital) -> None:
    hospital.send(hospital.report("unknown-provider"))
    assert owner(hospital) == hospital.carla.name
    assert len(entries(hospital, "provider_unknown")) == 1
    assert "not in the directory" in hospital.carla.slack.messages[0].plain
    _, sms = paged(hospital.carla)
    assert "critical imaging result, orderer unknown, ref" in sms.body
    acknowledge_by_sms(hospital, hospital.carla, sms)


def test_whom_a_coordinator_assigns_it_to_reads_nothing_of_an_unknown_orderer(
    hospital: Hospital,
) -> None:
    """It is they as a rule, and they would take it for somebody else's patient."""
    hospital.send(hospital.report("unknown-provider"))
    paged(hospital.carla)
    hospital.carla.slack.command("/readback", f"assign {hospital.alert().ref} <@U0BEN>")
    hospital.settle()
    message, sms = paged(hospital.ben)
    assert "not in the directory" not in message.plain
    assert "critical imaging result, ref" in sms.body
    acknowledge_by_sms(hospital, hospital.ben, sms)


def test_a_report_that_names_no_provider_is_the_coordinators_at_once(hospital: Hospital) -> None:
    hospital.send(version("N1", hospital.now, control="N1", provider=""))
    assert owner(hospital) == hospital.carla.name
    paged_until_acknowledged(hospital, hospital.carla)


def test_a_name_alone_finds_nobody(hospital: Hospital) -> None:
    hospital.send(version("N1", hospital.now, control="N1", provider="^OSEI^ADA^^^DR"))
    assert owner(hospital) == hospital.carla.name
    paged_until_acknowledged(hospital, hospital.carla)


def test_an_identifier_of_another_authority_finds_nobody(hospital: Hospital) -> None:
    stranger = "1001^OSEI^ADA^^^DR^^^EAST"
    hospital.send(version("N1", hospital.now, control="N1", provider=stranger))
    assert owner(hospital) == hospital.carla.name
    paged_until_acknowledged(hospital, hospital.carla)


def test_of_several_providers_the_first_that_is_known_is_paged(hospital: Hospital) -> None:
    several = "9999^NOBODY^^^^^^^MAIN~1002^ITO^BEN^^^DR^^^MAIN~1001^OSEI^ADA^^^DR^^^MAIN"
    hospital.send(version("N1", hospital.now, control="N1", provider=several))
    assert owner(hospital) == hospital.ben.name
    paged_until_acknowledged(hospital, hospital.ben)


def test_a_provider_without_any_contact_is_passed_by_at_once(hospital: Hospital) -> None:
    change_directory(hospital, hospital.ada.name, mobile="", slack_user_id="")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    assert owner(hospital) == hospital.ben.name
    assert len(entries(hospital, "unreachable")) == 1
    paged_until_acknowledged(hospital, hospital.ben)


def test_a_provider_who_opted_out_of_sms_is_paged_in_slack(hospital: Hospital) -> None:
    hospital.ada.phone.send("STOP")
    hospital.settle()
    hospital.carla.slack.expect_new(f"{hospital.ada.name} answered STOP")
    hospital.chris.slack.expect_new("answered STOP")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    assert people_paged(hospital) == [(hospital.ada.name, "slack")]
    message = hospital.ada.slack.expect_new("Critical")
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    words = "subdural hematoma on the left"
    assert hospital.ada.slack.submit(modal, {"words": words}).outcome == "closed"
    hospital.settle()
    hospital.ada.slack.expect_now(message, "Acknowledged")
    assert hospital.alert().state is State.ACKNOWLEDGED


def test_a_provider_who_opted_out_and_has_nothing_else_is_passed_by_at_once(
    hospital: Hospital,
) -> None:
    opts_out(hospital)
    began = hospital.now
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    assert (hospital.sam.name, "sms") not in people_paged(hospital)
    paged_until_acknowledged(hospital, hospital.ben)


def test_an_owner_who_opts_out_hands_it_on_in_the_same_moment(hospital: Hospital) -> None:
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    hospital.sam.phone.expect_sms(CODE)
    began = hospital.now
    opts_out(hospital)
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    paged_until_acknowledged(hospital, hospital.ben)


def test_who_opts_in_again_is_paged_by_sms_again(hospital: Hospital) -> None:
    opts_out(hospital)
    hospital.sam.phone.send("STOP")
    hospital.sam.phone.send("START")
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    sms = hospital.sam.phone.expect_sms(CODE)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.sam.phone.expect_sms("is acknowledged")


def opts_out(hospital: Hospital) -> None:
    """Sam, who has nothing but a phone; the coordinators hear of it, once."""
    hospital.sam.phone.send("STOP")
    hospital.settle()
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect_new(f"{hospital.sam.name} answered STOP")


def test_a_provider_whom_every_channel_refuses_is_passed_by_at_once(hospital: Hospital) -> None:
    out_of_reach(hospital.ada)
    began = hospital.now
    hospital.send(hospital.report("ct-head-hemorrhage"))
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    assert people_paged(hospital) == [
        (hospital.ada.name, "slack"),
        (hospital.ada.name, "sms"),
        (hospital.ben.name, "slack"),
        (hospital.ben.name, "sms"),
    ]
    paged_until_acknowledged(hospital, hospital.ben)


def test_without_a_designee_the_coordinator_takes_over_at_the_designees_step(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("us-testis-torsion"))
    for minutes in (0, 10, 10):
        hospital.pass_time(minutes=minutes)
        paged(hospital.tess)
    hospital.pass_time(minutes=10)
    assert owner(hospital) == hospital.carla.name
    _, sms = paged(hospital.carla)
    acknowledge_by_sms(hospital, hospital.carla, sms)
    expect_everything(hospital)


def test_a_designee_out_of_reach_is_passed_by_at_once(hospital: Hospital) -> None:
    out_of_reach(hospital.ben)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=30)
    assert owner(hospital) == hospital.carla.name
    assert hospital.alert().due_at - hospital.now > timedelta(minutes=29)
    expect_everything(hospital)


def test_a_coordinator_out_of_reach_is_passed_by_for_the_next_one(hospital: Hospital) -> None:
    out_of_reach(hospital.carla)
    hospital.send(hospital.report("unknown-provider"))
    assert owner(hospital) == hospital.chris.name
    paged_until_acknowledged(hospital, hospital.chris)


def test_with_nobody_in_reach_the_radiologist_is_told_and_everybody_is_tried_again(
    hospital: Hospital,
) -> None:
    for member in (hospital.ada, hospital.ben, hospital.carla, hospital.chris):
        out_of_reach(member)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.rosa.slack.expect(PHONE)
    nothing_waits_for_nothing(hospital)
    first = len(pages(hospital))
    assert first == 8
    assert hospital.alert().next_action_at == hospital.now + timedelta(seconds=30)
    hospital.pass_time(minutes=0.5)
    assert len(pages(hospital)) == 16
    hospital.carla.phone.refuse(None)
    hospital.pass_time(minutes=0.5)
    sms = hospital.carla.phone.expect_sms(CODE)
    acknowledge_by_sms(hospital, hospital.carla, sms)
    expect_everything(hospital)


def test_whoever_comes_back_into_reach_while_all_are_away_is_paged(hospital: Hospital) -> None:
    for member in (hospital.ada, hospital.ben, hospital.carla, hospital.chris):
        out_of_reach(member)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.phone.refuse(None)
    hospital.pass_time(minutes=3)
    assert owner(hospital) == hospital.ada.name
    sms = hospital.ada.phone.expect_sms(CODE)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


def test_a_flagged_report_that_cannot_be_attributed_opens_an_alert_for_the_coordinator(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("no-order-number"))
    alert = hospital.alert()
    assert alert.review.startswith("flagged, but could not be read")
    assert owner(hospital) == hospital.carla.name
    paged_until_acknowledged(hospital, hospital.carla)


def test_an_unknown_category_code_opens_an_alert_for_the_coordinator(hospital: Hospital) -> None:
    hospital.send(hospital.report("unknown-category-code"))
    assert owner(hospital) == hospital.carla.name
    message, sms = paged(hospital.carla)
    assert "category code not known" in message.plain
    acknowledge_by_sms(hospital, hospital.carla, sms)


def test_a_coordinator_who_declines_passes_it_to_the_next_and_the_last_one_cannot(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("unknown-provider"))
    _, first = paged(hospital.carla)
    first.reply(first.body.split("PASS ")[1].join(("PASS ", "")).rstrip("."))
    hospital.carla.phone.expect_sms("next person")
    hospital.settle()
    assert owner(hospital) == hospital.chris.name
    _, second = paged(hospital.chris)
    assert "PASS" not in second.body  # but they may try
    code = re.search(r"ACK (\d+)", second.body)
    assert code
    second.reply(f"PASS {code[1]}")
    hospital.chris.phone.expect_sms("Nobody is left")
    assert owner(hospital) == hospital.chris.name
    nothing_waits_for_nothing(hospital)
    acknowledge_by_sms(hospital, hospital.chris, second)
    expect_everything(hospital)


def test_after_expiry_coordinators_are_paged_in_turn_without_end(hospital: Hospital) -> None:
    hospital.send(hospital.report("unknown-provider"))
    owners = []
    for _ in range(12):
        hospital.pass_time(minutes=10)
        owners.append(owner(hospital))
        nothing_waits_for_nothing(hospital)
    assert hospital.alert().expired_at is not None
    assert (
        owners[-6:] == [hospital.carla.name, hospital.chris.name] * 3
        or owners[-6:]
        == [
            hospital.chris.name,
            hospital.carla.name,
        ]
        * 3
    )
    expect_everything(hospital)
