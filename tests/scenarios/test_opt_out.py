"""STOP and its kin: told at once, out until START, and moved on."""

from datetime import timedelta

import pytest

from bot.sandbox.hospital import Hospital, Member
from tests.scenarios.looking import (
    CODE,
    acknowledge_by_sms,
    channels,
    deliver,
    expect_everything,
    import_people,
    operate,
    owner,
    paged,
    pages,
)


@pytest.mark.parametrize(
    "word", ["STOP", "stopall", "Unsubscribe", "CANCEL", "end", "Quit", "revoke", "OptOut"]
)
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
