"""STOP and its kin, and "wrong number": told at once, out until START or an edit, and moved on."""

import json
from datetime import timedelta

import pytest

from bot.sandbox.hospital import Hospital, Member
from storage import people
from tests.scenarios.looking import (
    CODE,
    acknowledge_by_sms,
    change_directory,
    checked,
    deliver,
    expect_everything,
    import_people,
    operate,
    owner,
    paged,
    pages,
)
from tests.web.served import get


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
        told = coordinator.slack.expect_new("Opted out of SMS").plain
        assert "START from that phone, or another number on file" in told
    shown = operate(hospital, "alerts", "show", hospital.alert().ref)
    assert f"{hospital.sam.name} answered STOP" in shown
    acknowledge_by_sms(hospital, hospital.ben, sms)
    expect_everything(hospital)


@pytest.mark.parametrize("word", ["STOP", "wrong number"])
def test_whoever_has_no_slack_any_more_and_says_so_by_sms_is_not_waited_for(
    hospital: Hospital, word: str
) -> None:
    began = hospital.now
    hospital.ada.slack.deactivate("user_disabled")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.phone.expect_sms(CODE)
    hospital.ada.phone.send(word)
    _, sms = paged(hospital.ben)
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    acknowledge_by_sms(hospital, hospital.ben, sms)
    expect_everything(hospital)


def test_a_phone_that_signs_what_it_sends_may_say_stop_and_start_as_well(
    hospital: Hospital,
) -> None:
    hospital.sam.phone.send("STOP\nSent from my iPhone")
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect_new("Opted out of SMS")
    assert channels(hospital, hospital.sam.name) == ()
    hospital.sam.phone.send("Start\n--\nSam")
    hospital.settle()
    assert channels(hospital, hospital.sam.name) == ("sms",)
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


def test_a_number_that_an_import_takes_away_and_gives_back_stays_out_until_start(
    hospital: Hospital,
) -> None:
    """STOP is of the number: the carrier goes on refusing what is sent there."""
    stopped, other = hospital.sam.phone.number, "+13125550199"
    hospital.sam.phone.send("STOP")
    hospital.settle()
    import_people(hospital, (stopped, other))
    assert channels(hospital, hospital.sam.name) == ("sms",), "an edit, and nobody has said STOP"
    import_people(hospital)
    assert channels(hospital, hospital.sam.name) == ()
    import_people(hospital, (stopped, other))
    hospital.sam.phone.send("START")
    hospital.settle()
    import_people(hospital)
    assert channels(hospital, hospital.sam.name) == ("sms",), "START counts wherever it is"
    expect_everything(hospital)


def stops_unheard(hospital: Hospital, member: Member) -> None:
    """They have answered STOP where we could not hear it: only the carrier knows."""
    hospital.world.twilio.carrier.handset(member.phone.number).opted_out = True


def told_once(hospital: Hospital) -> None:
    """Each coordinator has heard of one who opted out, and of that once."""
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect_new("Opted out of SMS")
        assert len([m for m in coordinator.slack.messages if "Opted out" in m.plain]) == 1


def test_a_stop_that_only_the_carrier_has_heard_counts_once_a_page_is_refused(
    hospital: Hospital,
) -> None:
    stops_unheard(hospital, hospital.sam)
    began = hospital.now
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="1"))
    _, sms = paged(hospital.ben)
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    assert channels(hospital, hospital.sam.name) == ()
    told_once(hospital)
    acknowledge_by_sms(hospital, hospital.ben, sms)
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="2"))
    paged(hospital.ben)
    refused = [e for e in hospital.world.log if e.answer and e.answer.get("code") == 21610]
    assert len(refused) == 1, "the second page does not try that number any more"
    hospital.sam.phone.send("START")
    hospital.settle()
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="3"))
    hospital.sam.phone.expect_sms(CODE)
    expect_everything(hospital)


def test_it_counts_too_while_the_systems_clock_is_set_back(hospital: Hospital) -> None:
    stops_unheard(hospital, hospital.sam)
    hospital.clock.step(timedelta(hours=-2))
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    paged(hospital.ben)
    assert channels(hospital, hospital.sam.name) == ()
    told_once(hospital)
    expect_everything(hospital)


def test_what_else_a_coordinator_has_to_hear_of_the_same_person_is_not_left_out(
    hospital: Hospital,
) -> None:
    """Slack is busy while codes are stopped and the number opts out: two notices about one name."""
    import_people(hospital, ("carla.reyes@example.org,+13125550103,", "carla.reyes@example.org,,"))
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    sms = hospital.sam.phone.expect_sms(CODE)
    hospital.world.slack.faults.fail_next(
        "chat.postMessage", status=429, retry_after=30, to=hospital.carla.slack.user.dm, times=2
    )
    for code in [f"{n}{n}{n}{n}" for n in range(1, 10)] + ["2323", "2424"]:
        if code not in sms.body:
            hospital.sam.phone.send(f"ACK {code}")
    hospital.sam.phone.send("STOP")
    hospital.pass_time(minutes=5)
    told = [message.plain for message in hospital.carla.slack.messages]
    assert len([what for what in told if "Wrong codes" in what]) == 1
    assert len([what for what in told if "Opted out" in what]) == 1
    expect_everything(hospital)


def test_a_stop_that_the_carrier_reports_after_it_took_the_page_counts_as_well(
    hospital: Hospital,
) -> None:
    hospital.world.twilio.carrier.duplicate_callbacks = True
    hospital.sam.phone.state("stopped")
    began = hospital.now
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    paged(hospital.ben)
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    assert channels(hospital, hospital.sam.name) == ()
    told_once(hospital)
    expect_everything(hospital)


def test_pages_refused_at_the_same_moment_are_one_opt_out(hospital: Hospital) -> None:
    stops_unheard(hospital, hospital.ada)
    hospital.world.twilio.faults.latency = 0.2
    for accession in "123456":
        deliver(hospital, hospital.report("ct-head-hemorrhage", accession=accession))
    hospital.settle()
    assert [owner(hospital, accession) for accession in "123456"] == [hospital.ada.name] * 6
    assert channels(hospital, hospital.ada.name) == ("slack",)
    told_once(hospital)
    expect_everything(hospital)


def test_a_refusal_that_arrives_after_start_takes_nobody_out(hospital: Hospital) -> None:
    """Twilio has refused the page before the START, and says so after it."""
    hospital.clock.set_rate(1)
    world = hospital.world
    hospital.sam.phone.refuse(21610)
    world.twilio.faults.latency = 0.5
    deliver(hospital, hospital.report("cr-chest-pneumothorax"))
    world.wait_until(lambda: any(e.method == "messages.create" for e in world.log))
    hospital.sam.phone.send("START")
    hospital.settle()
    assert channels(hospital, hospital.sam.name) == ("sms",)
    expect_everything(hospital)


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


def test_the_last_coordinator_is_not_taken_out_without_anybody_hearing_of_it(
    hospital: Hospital, log_errors: set[str]
) -> None:
    import_people(
        hospital,
        ("carla.reyes@example.org,+13125550103,U0CARLA", "carla.reyes@example.org,+13125550103,"),
        ("chris.novak@example.org,+13125550104,U0CHRIS", "chris.novak@example.org,,"),
    )
    operate(hospital, "people", "test", hospital.carla.name)
    hospital.carla.phone.expect_sms("TEST")
    hospital.carla.phone.send("Wrong number")
    hospital.settle()
    assert channels(hospital, hospital.carla.name) == ("sms",)
    log_errors.add("wrong_number_kept")
    expect_everything(hospital)


def test_a_stop_of_the_last_coordinator_is_an_error_in_the_log(
    hospital: Hospital, log_errors: set[str]
) -> None:
    """The carrier has acted on it: nobody can be told, but the operator."""
    import_people(
        hospital,
        ("carla.reyes@example.org,+13125550103,U0CARLA", "carla.reyes@example.org,+13125550103,"),
        ("chris.novak@example.org,+13125550104,U0CHRIS", "chris.novak@example.org,,"),
    )
    assert standing(hospital) == ("some-out-of-reach", 1.0, 1.0)
    hospital.carla.phone.send("STOP")
    hospital.settle()
    assert channels(hospital, hospital.carla.name) == ()
    log_errors.add("no_coordinator_to_tell")
    assert standing(hospital) == ("none-can-be-paged", 0.0, 2.0)
    assert "no coordinator can be paged" in checked(hospital, "failed")


def standing(hospital: Hospital) -> tuple[str, float, float]:
    """What /readyz says of the coordinators, and /metrics of those in reach and those out of it."""
    at = f"http://127.0.0.1:{hospital.place.ports.web}"
    said = json.loads(get(f"{at}/readyz")[1])
    scraped = get(f"{at}/metrics")[1]

    def gauge(reach: str) -> float:
        name = f'readback_coordinators{{in_reach="{reach}"}} '
        (line,) = [line for line in scraped.splitlines() if line.startswith(name)]
        return float(line.removeprefix(name))

    return said["coordinators"], gauge("yes"), gauge("no")


def test_all_coordinators_in_reach_is_what_is_usual(hospital: Hospital) -> None:
    assert standing(hospital) == ("ok", 2.0, 0.0)
