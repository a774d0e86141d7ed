"""Slack over HTTP: the whole loop by signed requests, without a socket; what is not Slack's gets
nowhere, and what is repeated happens once."""

import time
from http import HTTPStatus
from http.client import HTTPConnection

import pytest

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from bot.sandbox.slack_requests import RequestUrl
from bot.sandbox.slack_socket import Ack
from bot.sandbox.stories import UNDERSTOOD, paged
from bot.slack.requests import PATH
from tests.scenarios.looking import code_in, entries, expect_everything, owner
from tests.scenarios.receiving import logged

REFUSED = Ack(error="the app answered 401")


@pytest.fixture
def settings() -> dict[str, str]:
    return {"READBACK_SLACK__MODE": "http", "SLACK_APP_TOKEN": ""}


@pytest.fixture
def url(hospital: Hospital) -> RequestUrl:
    return hospital.world.slack.request_url


def test_the_whole_loop_runs_by_requests_and_without_a_socket(
    hospital: Hospital, url: RequestUrl
) -> None:
    assert hospital.world.server.run(url.verify())
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    assert "ct-head" not in hospital.ada.slack.command("/readback", "open").ephemeral.plain
    modal = hospital.ada.slack.click("I can't take this").modal
    assert hospital.ada.slack.submit(modal, {"reason": "I cannot act now"}).outcome == "closed"
    hospital.settle()
    paged(hospital.ben)
    hospital.ada.slack.expect("Handed over")
    modal = hospital.ben.slack.click("Acknowledge").modal
    assert hospital.ben.slack.submit(modal).outcome == "errors"
    assert hospital.ben.slack.submit(modal, {"Confirm": UNDERSTOOD}).outcome == "closed"
    hospital.settle()
    hospital.ben.slack.expect("acknowledged")
    hospital.ada.slack.expect("acknowledged")
    assert hospital.alert().state is State.ACKNOWLEDGED
    assert not hospital.world.slack.socket.links


def test_a_request_that_is_repeated_acts_once_and_gets_the_same_answer(
    hospital: Hospital, url: RequestUrl
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    modal = hospital.ada.slack.click("I can't take this").modal
    assert hospital.ada.slack.submit(modal, {"reason": "I cannot act now"}).outcome == "closed"
    hospital.settle()
    again = hospital.world.server.run(url.deliver_again())
    recorded = hospital.world.server.run(url.post(*url.last))
    assert (again.error, recorded.error, again.payload) == (None, None, recorded.payload)
    paged(hospital.ben)
    hospital.settle()
    assert (owner(hospital), len(entries(hospital, "declined"))) == (hospital.ben.name, 1)
    assert not entries(hospital, "refused")
    hospital.ada.slack.expect("Handed over")


def test_a_recorded_request_is_known_after_a_restart_too(
    hospital: Hospital, url: RequestUrl
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    modal = hospital.ada.slack.click("Acknowledge").modal
    assert hospital.ada.slack.submit(modal, {"Confirm": UNDERSTOOD}).outcome == "closed"
    hospital.settle()
    recorded = url.last
    sms.reply(f"UNDO {code_in(sms)}")
    hospital.settle()
    assert hospital.alert().is_open
    hospital.close()
    hospital.open()
    hospital.world.server.run(url.post(*recorded))
    hospital.settle()
    assert hospital.alert().is_open
    assert len(entries(hospital, "acknowledged")) == 1
    expect_everything(hospital)


@pytest.mark.parametrize(
    ("body", "signature", "at"),
    [(b"a=\xff", b"v0=00", ""), (b"a=1", b"v0=\xe9", ""), (b"a=1", b"v0=00", "9" * 5000)],
)
def test_bytes_that_no_signature_can_be_computed_over_are_refused(
    hospital: Hospital, body: bytes, signature: bytes, at: str
) -> None:
    asking = HTTPConnection("127.0.0.1", hospital.place.ports.web)
    asking.putrequest("POST", PATH)
    asking.putheader("X-Slack-Request-Timestamp", at or str(int(time.time())))
    asking.putheader("X-Slack-Signature", signature)
    asking.putheader("Content-Length", str(len(body)))
    asking.endheaders(body)
    assert asking.getresponse().status == HTTPStatus.UNAUTHORIZED
    asking.close()


def test_forged_and_outdated_requests_are_refused(hospital: Hospital, url: RequestUrl) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    run = hospital.world.server.run
    url.signing_secret, true = "another", url.signing_secret
    assert hospital.ada.slack.click("I can't take this").error == REFUSED.error
    body, headers = url.last
    url.signing_secret = true
    assert run(url.post(body, {"Content-Type": headers["Content-Type"]})) == REFUSED
    assert run(url.post(body, {**headers, "X-Slack-Request-Timestamp": "now"})) == REFUSED
    assert run(url.deliver_again(seconds_ago=301)) == REFUSED
    assert run(url.post("x" * 3_000_001, headers)).error == "the app answered 413"
    told = [(line["reason"], line["count"]) for line in logged(hospital, "webhook_refused")]
    assert told == [("signature", 1), ("too-large", 1)], "one line a minute, whoever knocks"
    assert not hospital.ada.slack.modals
    modal = hospital.ada.slack.click("Acknowledge").modal
    assert hospital.ada.slack.submit(modal, {"Confirm": UNDERSTOOD}).outcome == "closed"
    hospital.settle()
    hospital.ada.slack.expect("acknowledged")
