"""Twilio signs the address that it knows, whatever the proxy in between makes of it."""

import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest

from bot.domain.alert import State
from bot.phone.calls import CALL_PATH
from bot.phone.sms import STATUS_PATH
from bot.phone.webhooks import SMS_PATH
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import code_in, paged
from bot.sandbox.twilio_hooks import signature_of
from tests.scenarios.looking import expect_everything, pages

OUTSIDE = "https://readback.example.org:8443/pager"


@pytest.fixture
def settings() -> dict[str, str]:
    return {"READBACK_WEB__PUBLIC_URL": OUTSIDE}


def passed_on(hospital: Hospital, path: str, signed: str, **form: str) -> int:
    """Posted by the proxy to the bot, with a signature over ``signed``; the answer's status."""
    signature = signature_of(hospital.world.twilio_token, f"{signed}{path}", form)
    inside = f"http://127.0.0.1:{hospital.place.ports.web}{path}"
    body, headers = urlencode(form).encode(), {"X-Twilio-Signature": signature}
    try:
        asked = urllib.request.Request(inside, body, headers)
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_what_is_signed_for_the_public_address_counts_and_nothing_else(hospital: Hospital) -> None:
    hospital.world.inbound_url = None
    hospital.world.twilio.carrier.lose_callbacks = True  # they come by the proxy, which is us here
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    (sent,) = hospital.world.twilio.carrier.of_number(hospital.ada.phone.number)
    assert sent.callback_url.startswith(f"{OUTSIDE}{STATUS_PATH}?d=")
    receipt = {"MessageSid": sent.sid, "MessageStatus": "delivered"}
    reply = {
        "MessageSid": "SM" + "7" * 32,
        "From": hospital.ada.phone.number,
        "To": hospital.world.from_number,
        "Body": f"ACK {code_in(sms)}",
    }
    inside = f"http://127.0.0.1:{hospital.place.ports.web}"
    status = sent.callback_url.removeprefix(OUTSIDE)
    assert passed_on(hospital, SMS_PATH, inside, **reply) == 403
    assert passed_on(hospital, status, inside, **receipt) == 403
    assert hospital.alert().state is State.OPEN
    assert passed_on(hospital, status, OUTSIDE, **receipt) == 204
    assert [bool(p.delivered_at) for p in pages(hospital) if p.slip.channel == "sms"] == [True]
    assert passed_on(hospital, SMS_PATH, OUTSIDE, **reply) == 200
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED
    assert passed_on(hospital, CALL_PATH, OUTSIDE, CallSid="CA1") == 404, "no phone rings here"
    expect_everything(hospital)
