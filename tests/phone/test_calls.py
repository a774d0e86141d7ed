"""Placing a call, finding out whether one was placed, and what is asked about a call of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.domain.page import Page, SendFailed, SendUncertain
from bot.phone.calls import CallSender
from bot.phone.client import TwilioAccount
from bot.sandbox.twilio_hooks import signature_of
from tests.phone.conftest import account_at, answering, served
from tests.phone.desk import Desk, page_ada
from tests.phone.test_sms import page_of
from tests.phone.test_webhooks import post


@contextmanager
def caller(desk: Desk, account: TwilioAccount | None = None, url: str = "") -> Iterator[CallSender]:
    world = desk.world
    ours = TwilioAccount(
        world.twilio_sid, world.twilio_token, world.from_number, world.twilio_api_url
    )

    async def make() -> CallSender:
        return CallSender(desk.engine, account or ours, world.from_number, url)

    sender = desk.call(make())
    yield sender
    desk.call(sender.close())


def page(desk: Desk) -> Page:
    """Ada's page, as a call."""
    written = page_of(desk)
    ada = replace(written.person, channels=("sms", "voice"))
    return replace(written, person=ada, slip=replace(written.slip, channel="voice"))


def refused(desk: Desk, sender: CallSender) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        desk.call(sender.send(page(desk)))
    return failed.value


def test_a_call_asks_us_what_to_say_and_tells_machines_from_people(small_desk: Desk) -> None:
    page_ada(small_desk)
    wanted = page(small_desk)
    with caller(small_desk, url=small_desk.url) as sender:
        sent = small_desk.call(sender.send(wanted))
    assert small_desk.ada.expect_call().sid == sent.provider_id
    (create,) = (e.body for e in small_desk.world.log if e.method == "calls.create")
    assert create["Url"] == f"{small_desk.url}/twilio/call?d={wanted.delivery_id}"
    assert create["StatusCallback"] == f"{small_desk.url}/twilio/call-status?d={wanted.delivery_id}"
    assert create["StatusCallbackEvent"] == "initiated ringing answered completed"
    assert (create["MachineDetection"], create["Timeout"]) == ("DetectMessageEnd", "25")
    assert create["TimeLimit"] == "240"


@pytest.mark.parametrize(
    ("code", "permanent", "configuration"),
    [(21214, True, False), (21216, True, False), (21215, True, True), (20429, False, False)],
)
def test_what_twilio_refuses_is_told_apart(
    small_desk: Desk, code: int, permanent: bool, configuration: bool
) -> None:
    page_ada(small_desk)
    small_desk.ada.refuse_calls(code)
    with caller(small_desk) as sender:
        failed = refused(small_desk, sender)
    assert failed.reason == f"twilio-{code}"
    assert (failed.permanent, failed.configuration) == (permanent, configuration)


def test_nobody_is_called_without_a_number_nor_twice_for_one_attempt(small_desk: Desk) -> None:
    page_ada(small_desk)
    wanted = page(small_desk)
    nowhere = replace(wanted, person=replace(wanted.person, mobile=""))
    with caller(small_desk) as sender:
        with pytest.raises(SendFailed, match="no-mobile"):
            small_desk.call(sender.send(nowhere))
        assert small_desk.call(sender.find(nowhere)) is None
        assert small_desk.call(sender.find(wanted)) is None
        small_desk.world.twilio.faults.fail_next("calls.create", "lost_reply")
        with pytest.raises(SendUncertain):
            small_desk.call(sender.send(wanted))
        found = small_desk.call(sender.find(wanted))
        assert small_desk.call(sender.check()) == "ok"
    assert found is not None
    assert found.provider_id == small_desk.ada.expect_call().sid


def test_an_answer_without_an_identifier_leaves_it_in_doubt(small_desk: Desk) -> None:
    page_ada(small_desk)

    async def ask() -> None:
        async with served(answering("201 Created", b"{}")) as port:
            sender = CallSender(small_desk.engine, account_at(port), "+15005550006")
            with pytest.raises(SendUncertain):
                await sender.send(wanted)
            await sender.close()

    wanted = page(small_desk)
    small_desk.call(ask())


@pytest.mark.parametrize("step", ["", "/key", "/code"])
def test_a_call_about_nothing_is_told_to_phone_and_strangers_are_refused(
    small_desk: Desk, step: str
) -> None:
    path = f"/twilio/call{step}?d=unknown"
    form = {"CallSid": "CA1", "CallStatus": "in-progress", "Digits": "1"}
    signature = signature_of(small_desk.world.twilio_token, f"{small_desk.url}{path}", form)
    body = "&".join(f"{k}={v}" for k, v in form.items()).encode()
    status, said = post(small_desk, path, body, signature)
    assert status == 200
    assert "has no message any more" in said
    assert post(small_desk, path, body, "forged")[0] == 403
