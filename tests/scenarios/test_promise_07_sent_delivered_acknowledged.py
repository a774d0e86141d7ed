"""Sent, delivered and acknowledged are three facts; a failed page moves on at once."""

import json
from zoneinfo import ZoneInfo

import pytest

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from bot.sandbox.people import PhoneMessage
from tests.scenarios.looking import (
    CODE,
    acknowledge_by_sms,
    entries,
    expect_everything,
    operate,
    owner,
    paged,
    paged_until_acknowledged,
    pages,
)
from tests.web.served import get


def outcomes(hospital: Hospital, channel: str) -> list[tuple[str, bool]]:
    """State, and whether the carrier reported it delivered, of each page on this channel."""
    return [
        (row.state, row.delivered_at is not None)
        for row in pages(hospital)
        if row.slip.channel == channel
    ]


def reply_ack(hospital: Hospital, sms: PhoneMessage) -> None:
    acknowledge_by_sms(hospital, hospital.ada, sms)


def test_a_slack_page_is_sent_and_never_delivered(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    assert outcomes(hospital, "slack") == [("sent", False)]
    assert outcomes(hospital, "sms") == [("sent", True)]
    assert [e.data["channel"] for e in entries(hospital, "page_delivered")] == ["sms"]
    reply_ack(hospital, sms)
    assert outcomes(hospital, "slack") == [("sent", False)]


def seconds(hospital: Hospital, name: str, channel: str) -> tuple[float, float]:
    """How often /metrics has seen this, and for how many seconds in all."""
    _, text = get(f"http://127.0.0.1:{hospital.place.ports.web}/metrics")
    found = {
        what: float(line.rsplit(" ", 1)[1])
        for line in text.splitlines()
        for what in ("count", "sum")
        if line.startswith(f'readback_page_{name}_seconds_{what}{{channel="{channel}"}}')
    }
    return found.get("count", 0.0), found.get("sum", 0.0)


def test_each_fact_is_shown_with_its_time_and_counted(hospital: Hospital) -> None:
    before = {
        (name, channel): seconds(hospital, name, channel)
        for name, channel in (
            ("due_to_sent", "slack"), ("due_to_sent", "sms"),
            ("sent_to_delivered", "slack"), ("sent_to_delivered", "sms"),
        )
    }  # fmt: skip
    hospital.ada.phone.state("held")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect_new("Critical")
    hospital.pass_time(minutes=3)
    hospital.ada.phone.on()
    hospital.settle()
    hospital.pass_time(minutes=1)
    reply_ack(hospital, hospital.ada.phone.expect_sms(CODE))
    ref = hospital.alert().ref
    shown = json.loads(operate(hospital, "alerts", "show", ref, "--json"))
    (sms,) = [row for row in shown["pages"] if row["channel"] == "sms" and not row["notice"]]
    assert sms["at"] <= sms["handed_over_at"] < sms["delivered_at"] < shown["acknowledged"]["at"]
    assert (shown["acknowledged"]["by"], shown["acknowledged"]["channel"]) == (
        hospital.ada.name,
        "sms",
    )
    told = " ".join(operate(hospital, "alerts", "show", ref).split())
    assert f"by {hospital.ada.name}, by sms, read-back none" in told
    assert ", late" in told
    timeline = hospital.carla.slack.command("/readback", f"show {ref}").ephemeral.plain
    assert "page delivered · Dr. Ada Osei · sms · late" in timeline
    counted = {key: seconds(hospital, *key)[0] - was[0] for key, was in before.items()}
    assert counted["due_to_sent", "slack"] >= 1
    assert counted["due_to_sent", "sms"] >= 1
    assert (counted["sent_to_delivered", "slack"], counted["sent_to_delivered", "sms"]) == (0, 1)
    took = seconds(hospital, "sent_to_delivered", "sms")[1] - before["sent_to_delivered", "sms"][1]
    assert took == pytest.approx(180, abs=2)
    expect_everything(hospital)


def test_a_phone_call_that_was_recorded_is_shown_with_who_recorded_it(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    ref, at = hospital.alert().ref, hospital.now.astimezone(ZoneInfo("America/Chicago"))
    call = f"called {ref} Dr. Osei at {at:%H:%M} on 312-555-0101 repeated yes"
    hospital.carla.slack.command("/readback", call)
    hospital.settle()
    told = " ".join(operate(hospital, "alerts", "show", ref).split())
    assert "by a recorded phone call, read-back repeated" in told
    assert f"recorded by {hospital.carla.name}" in told
    shown = json.loads(operate(hospital, "alerts", "show", ref, "--json"))["acknowledged"]
    assert (shown["by"], shown["recorded_by"]) == ("Dr. Osei", hospital.carla.name)
    expect_everything(hospital)


def test_a_receipt_is_no_acknowledgment(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    alert = hospital.alert()
    assert (alert.state, alert.acknowledgment) == (State.OPEN, None)
    reply_ack(hospital, sms)


def test_a_page_that_the_phone_has_not_got_yet_is_sent_and_not_delivered(
    hospital: Hospital,
) -> None:
    hospital.ada.phone.state("held")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect_new("Critical")
    assert outcomes(hospital, "sms") == [("sent", False)]
    hospital.ada.phone.on()
    hospital.settle()
    assert outcomes(hospital, "sms") == [("sent", True)]
    reply_ack(hospital, hospital.ada.phone.expect_sms(CODE))


def test_an_acknowledgment_without_a_receipt_counts(hospital: Hospital) -> None:
    hospital.ada.phone.state("no receipt")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    reply_ack(hospital, sms)
    assert outcomes(hospital, "sms") == [("sent", False)]
    assert hospital.alert().state is State.ACKNOWLEDGED


def test_repeated_and_shuffled_receipts_count_once(hospital: Hospital) -> None:
    hospital.world.twilio.carrier.duplicate_callbacks = True
    hospital.world.twilio.carrier.shuffle_callbacks = True
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    assert outcomes(hospital, "sms") == [("sent", True)]
    assert len(entries(hospital, "page_delivered")) == 1
    reply_ack(hospital, sms)


@pytest.mark.parametrize("state", ["blocked", "unreachable"])
def test_a_carrier_that_could_not_deliver_moves_the_alert_on_at_once(
    hospital: Hospital, state: str
) -> None:
    hospital.sam.phone.state("blocked" if state == "blocked" else "unreachable")
    began = hospital.now
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    hospital.settle()
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    assert outcomes(hospital, "sms")[0] == ("sent", False)
    failed = entries(hospital, "page_failed")
    assert [e.data["permanent"] for e in failed] == [True]
    paged_until_acknowledged(hospital, hospital.ben)


def test_a_phone_that_is_off_is_tried_once_more_while_the_next_channel_is_used_at_once(
    hospital: Hospital,
) -> None:
    hospital.ada.phone.off()
    hospital.ada.slack.deactivate("channel_not_found")
    began = hospital.now
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.settle()
    retry = [row for row in pages(hospital) if row.slip.tries == 2]
    assert [row.slip.channel for row in retry] == ["sms"]
    hospital.pass_time(minutes=1)
    assert owner(hospital) == hospital.ben.name
    paged_until_acknowledged(hospital, hospital.ben)
    assert (hospital.now - began).total_seconds() == 60
    expect_everything(hospital)


def test_slack_that_is_busy_is_asked_again_after_the_time_it_names(hospital: Hospital) -> None:
    hospital.world.slack.faults.fail_next("chat.postMessage", status=429, retry_after=20)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    sms = hospital.ada.phone.expect_sms(CODE)
    assert not hospital.ada.slack.messages
    hospital.pass_time(minutes=0.4)
    message = hospital.ada.slack.expect_new("Critical")
    assert "Possible repeat" not in message.plain
    reply_ack(hospital, sms)
    expect_everything(hospital)


def test_a_provider_out_of_service_is_tried_again_and_counts_as_failed_only_after_the_last_try(
    hospital: Hospital,
) -> None:
    hospital.world.twilio.faults.fail_next("messages.create", error=20503, times=2)
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    assert owner(hospital) == hospital.sam.name
    hospital.pass_time(minutes=1)
    sms = hospital.sam.phone.expect_sms(CODE)
    assert [row.slip.tries for row in pages(hospital)] == [1, 2, 3]
    acknowledge_by_sms(hospital, hospital.sam, sms)


def test_with_one_provider_out_of_order_the_other_still_pages(hospital: Hospital) -> None:
    hospital.world.twilio.faults.fail_next(status=500, times=1000)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message = hospital.ada.slack.expect_new("Critical")
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert hospital.ada.slack.submit(modal, {"words": "subdural"}).outcome == "closed"
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED
    hospital.world.twilio.faults.clear()
    expect_everything(hospital)


def test_a_lost_answer_is_looked_up_and_not_sent_again(hospital: Hospital) -> None:
    hospital.world.twilio.faults.fail_next("messages.create", "lost_reply")
    hospital.world.slack.faults.fail_next("chat.postMessage", "lost_reply")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    assert [row.state for row in pages(hospital)] == ["sent", "sent"]
    assert len(hospital.ada.slack.messages) == len(hospital.ada.phone.sms) == 1
    reply_ack(hospital, sms)
    assert all("Acknowledged" in m.plain for m in hospital.ada.slack.messages)


def test_a_request_that_never_arrived_is_repeated_once_and_says_so(hospital: Hospital) -> None:
    hospital.world.slack.faults.fail_next("chat.postMessage", "refuse")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    states = [
        (r.state, r.slip.possible_repeat) for r in pages(hospital) if r.slip.channel == "slack"
    ]
    if states == [("uncertain", False), ("sent", True)]:
        assert "Possible repeat" in message.plain
    else:  # the connection was found closed before anything had left: no doubt remains
        assert states == [("sent", False)]
    reply_ack(hospital, sms)
    expect_everything(hospital)


def test_a_registration_that_is_missing_is_the_operators_and_the_next_person_is_paged(
    hospital: Hospital, log_errors: set[str]
) -> None:
    log_errors.add("channel_misconfigured")
    hospital.sam.phone.state("unregistered")
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    hospital.settle()
    failed = [entry.data["reason"] for entry in entries(hospital, "page_failed")]
    assert failed == ["twilio-30034"]
    assert owner(hospital) != hospital.sam.name
    expect_everything(hospital)
