"""The doors that Twilio posts to: only what it has signed comes in, and only once."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import metrics
from bot.domain.alert import State
from bot.phone.guard import MOST_BYTES, BadRequest, form_of
from bot.sandbox.twilio_hooks import signature_of
from tests.phone.desk import ADA, MARKER, Desk, page_ada

SID = "SM" + "5" * 32


def post(desk: Desk, path: str, body: bytes, signature: str | None) -> tuple[int, str]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if signature is not None:
        headers["X-Twilio-Signature"] = signature
    request = urllib.request.Request(desk.url + path, body, headers)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def signed(desk: Desk, path: str, fields: Mapping[str, str]) -> tuple[int, str]:
    signature = signature_of(desk.world.twilio_token, desk.url + path, dict(fields))
    return post(desk, path, urlencode(fields).encode(), signature)


def message(text: str, sid: str = SID, sender: str = ADA) -> dict[str, str]:
    return {"MessageSid": sid, "From": sender, "To": "+15005550006", "Body": text}


def refused(reason: str) -> float:
    labels = {"reason": reason}
    return metrics.REGISTRY.get_sample_value("readback_webhooks_refused_total", labels) or 0.0


@pytest.mark.parametrize("signature", [None, "", "AAAA", "x" * 28])
def test_a_forged_signature_is_refused_with_a_reason_recorded_and_counted(
    small_desk: Desk, signature: str | None
) -> None:
    code, before = page_ada(small_desk), refused("signature")
    body = urlencode(message(f"ACK {code}")).encode()
    status, text = post(small_desk, "/twilio/sms", body, signature)
    assert status == 403
    assert "public_url" in text
    assert small_desk.alert().state is State.OPEN
    told = {"reason": "signature", "door": "sms", "count": 1}
    assert small_desk.admin("webhook_refused")[0].data == told
    assert refused("signature") == before + 1


def test_a_flood_of_forgeries_makes_one_entry_a_minute_that_counts_them(small_desk: Desk) -> None:
    for _ in range(5):
        assert post(small_desk, "/twilio/sms", b"Body=x", "forged")[0] == 403
    post(small_desk, "/twilio/status", b"Body=x", "forged")
    small_desk.advance(seconds=61)
    post(small_desk, "/twilio/sms", b"Body=x", "forged")
    told = [(e.data["door"], e.data["count"]) for e in small_desk.admin("webhook_refused")]
    assert told == [("sms", 1), ("status", 1), ("sms", 5)]


def test_a_signature_for_other_words_is_refused(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    signature = signature_of(
        small_desk.world.twilio_token, small_desk.url + "/twilio/sms", message("hello")
    )
    body = urlencode(message(f"ACK {code}")).encode()
    assert post(small_desk, "/twilio/sms", body, signature)[0] == 403
    assert small_desk.alert().state is State.OPEN


def test_a_status_callback_moved_to_another_delivery_is_refused(small_desk: Desk) -> None:
    fields = {"MessageSid": SID, "MessageStatus": "delivered"}
    there = small_desk.url + "/twilio/status?d=one"
    signature = signature_of(small_desk.world.twilio_token, there, fields)
    body = urlencode(fields).encode()
    assert post(small_desk, "/twilio/status?d=two", body, signature)[0] == 403


def test_a_replayed_message_does_nothing_again_and_is_answered_with_200(desk: Desk) -> None:
    code = page_ada(desk)
    status, first = signed(desk, "/twilio/sms", message(f"ACK {code}"))
    assert status == 200
    assert "is acknowledged" in first
    status, second = signed(desk, "/twilio/sms", message(f"ACK {code}"))
    assert status == 200
    assert "<Message>" not in second
    assert len(desk.happened("acknowledged")) == 1
    assert desk.happened("refused") == []


def test_an_old_acknowledgment_replayed_after_undo_does_not_come_back(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    signed(small_desk, "/twilio/sms", message(f"ACK {code}"))
    signed(small_desk, "/twilio/sms", message(f"UNDO {code}", sid="SM" + "6" * 32))
    signed(small_desk, "/twilio/sms", message(f"ACK {code}"))
    assert small_desk.alert().state is State.OPEN


def test_the_answer_is_twiml_with_its_text_escaped(small_desk: Desk) -> None:
    status, text = signed(small_desk, "/twilio/sms", message("<&> what?"))
    assert status == 200
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?><Response><Message>READBACK')


@pytest.mark.parametrize("missing", ["MessageSid", "From"])
def test_a_signed_message_without_its_fields_is_refused(small_desk: Desk, missing: str) -> None:
    fields = {key: value for key, value in message("ACK 4827").items() if key != missing}
    status, text = signed(small_desk, "/twilio/sms", fields)
    assert status == 400
    assert missing in text


def test_a_body_over_the_limit_is_refused(small_desk: Desk) -> None:
    status, _ = post(small_desk, "/twilio/sms", b"Body=" + b"a" * MOST_BYTES, "x")
    assert status == 413
    assert small_desk.admin("webhook_refused")[0].data["reason"] == "too-large"


@pytest.mark.parametrize("body", [b"Body=\xff\xfe", b"Body=%ff%fe", b"Body=a%00b", b"a=1&" * 300])
def test_a_body_that_is_no_form_in_utf8_is_refused(small_desk: Desk, body: bytes) -> None:
    status, text = post(small_desk, "/twilio/sms", body, "x")
    assert status == 400
    assert "Traceback" not in text
    assert small_desk.admin("webhook_refused")[0].data["reason"] == "encoding"


def test_nothing_of_a_refused_request_is_recorded_or_logged(small_desk: Desk) -> None:
    body = urlencode(message(f"{MARKER} 19600101")).encode()
    post(small_desk, f"/twilio/sms?name={MARKER}", body, "x")
    assert MARKER not in str(small_desk.admin("webhook_refused"))
    assert MARKER not in small_desk.log.getvalue()


def test_the_doors_open_to_nothing_but_post(small_desk: Desk) -> None:
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(small_desk.url + "/twilio/sms", timeout=5)  # noqa: S310 - loopback
    with answer.value:
        assert answer.value.code == 405


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_a_bad_request(body: bytes) -> None:
    with suppress(BadRequest):
        assert all("\0" not in text for pair in form_of(body).items() for text in pair)
