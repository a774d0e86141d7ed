"""Socket Mode cannot go deaf: a click arrives by another connection, or the person sees that it
did not, and the phone answers meanwhile."""

import json
import time
from typing import Any

import pytest

from bot.domain.alert import State
from bot.engine import outage
from bot.sandbox.hospital import Hospital
from bot.sandbox.people import Answer
from bot.sandbox.stories import UNDERSTOOD, paged
from bot.slack import connection, link
from storage import cursors
from tests.scenarios.looking import acknowledge_by_sms, entries, owner
from tests.waiting import until
from tests.web.served import get

TROUBLE = "We had some trouble connecting"


@pytest.fixture
def settings() -> dict[str, str]:
    """A test that cuts a connection wants to know which one is left."""
    return {"READBACK_SLACK__CONNECTIONS": "2"}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> float:
    """A second instead of six: how long a connection may be deaf."""
    monkeypatch.setattr(link, "PING_SECONDS", 0.3)
    monkeypatch.setattr(link, "PONG_SECONDS", 0.7)
    monkeypatch.setattr(connection, "HELLO_SECONDS", 0.7)
    return link.PING_SECONDS + link.PONG_SECONDS


def readyz(hospital: Hospital) -> dict[str, Any]:
    _, body = get(f"http://127.0.0.1:{hospital.place.ports.web}/readyz")
    told: dict[str, Any] = json.loads(body)
    return told


def ready_says(hospital: Hospital, state: str) -> None:
    """Within ten seconds. Not by the world's own waiting, during which the stand-ins wait too."""
    until(lambda: readyz(hospital)["channels"]["slack"] == state, f"never {state}", 10.0)


def connected(hospital: Hospital) -> None:
    links = hospital.world.slack.socket.links
    hospital.world.wait_until(lambda: [link.deaf for link in links] == [False, False])
    ready_says(hospital, "ok")


def acknowledge(hospital: Hospital) -> Answer:
    slack = hospital.ada.slack
    return slack.submit(slack.click("Acknowledge").modal, {"Confirm": UNDERSTOOD})


def acknowledged(hospital: Hospital, accession: str = "") -> None:
    """Once, and the message says so."""
    hospital.settle()
    assert hospital.alert(accession).state is State.ACKNOWLEDGED
    assert len(entries(hospital, "acknowledged", accession)) == 1
    hospital.ada.slack.expect("acknowledged")


def test_with_one_of_two_connections_cut_the_next_click_arrives(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    connected(hospital)
    hospital.world.cut_sockets(1)
    hospital.world.wait_until(lambda: len(hospital.world.slack.socket.links) < 2)
    assert acknowledge(hospital).outcome == "closed"
    acknowledged(hospital)
    connected(hospital)


def test_while_all_connections_are_deaf_the_phone_answers_and_then_slack_is_back(
    hospital: Hospital, impatient: float
) -> None:
    connected(hospital)
    hospital.world.slack.socket.mute = True
    hospital.world.deafen_sockets()
    ready_says(hospital, "not-connected")
    assert readyz(hospital)["ready"]  # or a load balancer would keep the phones' replies away
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.ada.slack.expect("acknowledged")

    hospital.world.slack.socket.mute = False
    hospital.send(hospital.report("cta-chest-pe", accession="LATER"))
    paged(hospital.ada)
    connected(hospital)
    assert acknowledge(hospital).outcome == "closed"
    acknowledged(hospital, "LATER")


def test_deaf_connections_are_replaced_within_the_limit(
    hospital: Hospital, impatient: float
) -> None:
    connected(hospital)
    deaf = list(hospital.world.slack.socket.links)
    began = time.monotonic()
    hospital.world.deafen_sockets()
    hospital.world.wait_until(lambda: not set(deaf) & set(hospital.world.slack.socket.links))
    connected(hospital)
    assert time.monotonic() - began < impatient + 10.0  # seconds on a busy machine


def test_an_act_whose_connection_dies_is_seen_as_failed_and_can_be_done_again(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    connected(hospital)
    modal = hospital.ada.slack.click("Acknowledge").modal
    hospital.world.slack.socket.cut_at_next = True
    failed = hospital.ada.slack.submit(modal, {"Confirm": UNDERSTOOD})
    assert failed.outcome == "failed"
    assert TROUBLE in str(failed.error)
    assert modal.is_open  # what was entered is still there
    assert hospital.ada.slack.submit(modal, {"Confirm": UNDERSTOOD}).outcome == "closed"
    acknowledged(hospital)


def test_an_envelope_that_comes_twice_acts_once(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    slack, socket = hospital.ada.slack, hospital.world.slack.socket
    modal = slack.click("I can't take this").modal
    assert slack.submit(modal, {"reason": "I cannot act now"}).outcome == "closed"
    hospital.settle()
    again = hospital.world.server.run(socket.deliver_again())
    assert (again.error, again.payload) == (None, None)
    paged(hospital.ben)
    hospital.settle()
    assert (owner(hospital), len(entries(hospital, "declined"))) == (hospital.ben.name, 1)
    assert not entries(hospital, "refused")
    slack.expect("Handed over")


def test_after_a_minute_without_slack_coordinators_hear_of_it_by_sms_and_again_when_it_is_back(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage.Line, "patience", 1.0)
    monkeypatch.setattr(outage, "NOTE_EVERY", 0.5)
    connected(hospital)
    hospital.world.wait_until(
        lambda: hospital.database.look(lambda c: cursors.load(c, outage.CLICKS.connected))
    )
    hospital.world.slack_down()
    hospital.pass_time(minutes=2)
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.phone.expect_sms("Slack is out of reach")
    hospital.world.slack_down(down=False)
    connected(hospital)
    hospital.world.wait_until(
        lambda: hospital.database.look(lambda c: cursors.load(c, outage.CLICKS.again))
    )
    hospital.pass_time(minutes=15)
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.phone.expect_sms("Slack is back since")
    hospital.settle()
