"""STOP to a site without a public URL: Twilio is asked for it."""

from datetime import timedelta

import pytest

from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import paged
from storage import audit
from tests.scenarios.looking import expect_everything
from tests.scenarios.outbound import (
    OUTBOUND_ALONE,
    behind_the_firewall,
    channels_of_ada,
    lists,
)
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("short_pauses")


@pytest.fixture
def settings() -> dict[str, str]:
    return OUTBOUND_ALONE


def test_stop_is_noticed_and_the_alert_moves_on(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage", accession="1"))
    paged(hospital.ada)
    hospital.ada.phone.send("STOP")
    hospital.carla.slack.expect_new("Opted out")
    hospital.chris.slack.expect_new("Opted out")
    until(lambda: "sms" not in channels_of_ada(hospital))


def test_stop_is_noticed_though_nobody_has_anything_to_answer(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    until(lambda: lists(hospital) > 0)  # the look after the start
    hospital.ada.phone.send("STOP")
    hospital.pass_time(minutes=5)
    hospital.carla.slack.expect_new("Opted out")
    hospital.chris.slack.expect_new("Opted out")
    assert channels_of_ada(hospital) == ("slack",)


def test_stop_sent_while_we_were_down_is_noticed_at_the_start(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.close()
    hospital.ada.phone.send("STOP")
    hospital.open()
    hospital.carla.slack.expect_new("Opted out")
    hospital.chris.slack.expect_new("Opted out")
    assert channels_of_ada(hospital) == ("slack",)


def test_a_stop_that_is_listed_after_a_newer_start_changes_nothing(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    listed, faults = hospital.world.twilio.carrier.messages, hospital.world.twilio.faults
    faults.fail_next("messages.list", status=503, times=10**6)
    stop = hospital.ada.phone.send("STOP").record
    listed.pop(stop.sid)
    stop.created = stop.sent = stop.created - timedelta(seconds=3)
    hospital.ada.phone.send("START")
    faults.clear()
    until(lambda: len(_keywords(hospital)) == 1)
    listed[stop.sid] = stop
    until(lambda: len(_keywords(hospital)) == 2)
    assert _keywords(hospital) == ["start", "stop"]
    assert channels_of_ada(hospital) == ("slack", "sms")
    expect_everything(hospital)


def _keywords(hospital: Hospital) -> list[object]:
    trail = hospital.database.look(lambda c: audit.chain(c, audit.ADMIN))
    return [entry.data["keyword"] for entry in trail if entry.what == "sms_keyword"]
