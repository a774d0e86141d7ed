"""SMS from Twilio's API to the carrier, callbacks, and replies, through Twilio's own SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from bot.sandbox.people import Phone
from bot.sandbox.serving import Server
from bot.sandbox.twilio_rules import KEYWORDS
from bot.sandbox.world import World
from tests.sandbox.conftest import Dial, Run
from tests.sandbox.texting import PAGE, TO, send


class Bot:
    """A bot's webhooks: they keep what came, check its signature, and answer what they are told."""

    def __init__(self, auth_token: str) -> None:
        self.validator = RequestValidator(auth_token)  # type: ignore[no-untyped-call]  # untyped
        self.seen: list[dict[str, str]] = []
        self.answer, self.status = "", 200
        self.server = Server([Route("/hook", self.hook, methods=["POST"])])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/hook"

    async def hook(self, request: Request) -> Response:
        params = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        signature = request.headers["x-twilio-signature"]
        if not self.validator.validate(str(request.url), params, signature):  # type: ignore[no-untyped-call]  # untyped
            return PlainTextResponse("forged", 403)
        self.seen.append({**params, "d": request.query_params.get("d", "")})
        return Response(self.answer, self.status, media_type="application/xml")

    def statuses(self) -> list[str]:
        return [p["MessageStatus"] for p in self.seen if "MessageStatus" in p]


@pytest.fixture
def bot(world: World) -> Iterator[Bot]:
    started = Bot(world.twilio_token)
    started.server.start()
    yield started
    started.server.stop()


def test_an_sms_is_queued_then_reaches_the_phone(
    world: World, phone: Phone, dial: Dial, run: Run
) -> None:
    sent = send(run, dial, to=TO, from_=world.from_number, body=PAGE, validity_period=600)
    assert re.fullmatch(r"SM[0-9a-f]{32}", sent.sid)
    assert (sent.status, sent.num_segments, sent.price) == ("queued", "1", None)
    sms = phone.expect_sms(re.compile(r"ACK \d{4}"))
    assert (sms.body, sms.segments, sms.encoding) == (PAGE, 1, "GSM-7")
    world.settle()
    assert sms.record.statuses == ["queued", "sent", "delivered"]
    assert sms.record.validity_period == 600


def test_its_status_is_posted_to_the_callback_signed_and_in_order(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot
) -> None:
    callback = f"{bot.url}?d=delivery%2F1"
    sent = send(run, dial, to=TO, from_=world.from_number, body=PAGE, status_callback=callback)
    phone.expect_sms("ACK 4827")
    world.settle()
    assert bot.statuses() == ["sent", "delivered"]
    assert bot.seen[0]["d"] == "delivery/1"
    assert bot.seen[0]["MessageSid"] == sent.sid
    assert (bot.seen[0]["To"], bot.seen[0]["AccountSid"]) == (TO, world.twilio_sid)
    assert [p.status for p in world.twilio.carrier.hooks.posted] == [200, 200]


@pytest.mark.parametrize(("state", "code"), [("off", 30003), ("blocked", 30004)])
def test_a_phone_that_cannot_be_reached_is_reported_with_its_code(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot, state: Any, code: int
) -> None:
    phone.state(state)
    sent = send(run, dial, to=TO, from_=world.from_number, body=PAGE, status_callback=bot.url)
    world.settle()
    assert bot.statuses() == ["sent", "undelivered"]
    assert bot.seen[1]["ErrorCode"] == str(code)
    assert phone.sms == []

    async def fetched() -> Any:
        async with dial() as twilio:
            return await twilio.messages(sent.sid).fetch_async()

    message = run(fetched())
    assert (message.status, message.error_code) == ("undelivered", code)


def test_a_held_message_arrives_when_the_phone_is_on_again(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot
) -> None:
    phone.state("held")
    send(run, dial, to=TO, from_=world.from_number, body=PAGE, status_callback=bot.url)
    world.settle()
    assert bot.statuses() == ["sent"]
    phone.on()
    phone.expect_sms("ACK 4827")
    world.settle()
    assert bot.statuses() == ["sent", "delivered"]


def test_a_carrier_without_receipts_stays_silent(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot
) -> None:
    phone.state("no receipt")
    send(run, dial, to=TO, from_=world.from_number, body=PAGE, status_callback=bot.url)
    assert phone.expect_sms("ACK 4827").status == "sent"
    world.settle()
    assert bot.statuses() == ["sent"]


def test_callbacks_can_come_twice_and_in_the_wrong_order(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot
) -> None:
    world.twilio.carrier.duplicate_callbacks = world.twilio.carrier.shuffle_callbacks = True
    send(run, dial, to=TO, from_=world.from_number, body=PAGE, status_callback=bot.url)
    phone.expect_sms("ACK 4827")
    world.settle()
    assert bot.statuses() == ["delivered", "delivered", "sent", "sent"]


def test_callbacks_can_get_lost_and_the_message_arrives_all_the_same(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot
) -> None:
    world.twilio.carrier.lose_callbacks = True
    send(run, dial, to=TO, from_=world.from_number, body=PAGE, status_callback=bot.url)
    assert phone.expect_sms("ACK 4827").status == "delivered"
    world.settle()
    assert bot.statuses() == []


def test_a_callback_that_fails_is_recorded_and_not_tried_again(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot
) -> None:
    bot.status = 500
    send(run, dial, to=TO, from_=world.from_number, body=PAGE, status_callback=bot.url)
    phone.expect_sms("ACK 4827")
    world.settle()
    assert [p.status for p in world.twilio.carrier.hooks.posted] == [500, 500]
    assert bot.statuses() == ["sent", "delivered"]


def test_a_reply_is_posted_signed_and_its_twiml_answer_comes_back_to_the_phone(
    world: World, phone: Phone, bot: Bot
) -> None:
    twiml = MessagingResponse()  # type: ignore[no-untyped-call]  # twilio leaves it untyped
    twiml.message("Acknowledged: ref K7QX & thanks")  # type: ignore[no-untyped-call]  # as above
    bot.answer = str(twiml)
    world.inbound_url = bot.url
    sent = phone.send("ACK 4827")
    assert sent.webhook_status == 200
    assert (bot.seen[0]["From"], bot.seen[0]["Body"]) == (TO, "ACK 4827")
    assert (bot.seen[0]["To"], bot.seen[0]["NumMedia"]) == (world.from_number, "0")
    answer = phone.expect_sms("Acknowledged: ref K7QX & thanks")
    assert answer.direction == "outbound-reply"
    assert [m.body for m in phone.sms] == ["ACK 4827", answer.body]
    assert world.unexpected() == []


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [("not xml", 200, "12100"), ("<html/>", 200, "12200"), ("", 503, "11200")],
)
def test_a_webhook_that_answers_nonsense_is_recorded_and_nobody_gets_it(
    world: World, phone: Phone, bot: Bot, answer: str, status: int, code: str
) -> None:
    bot.answer, bot.status, world.inbound_url = answer, status, bot.url
    assert phone.send("ACK 4827").webhook_status == status
    assert world.twilio.carrier.errors[0].startswith(code)
    world.settle()
    assert [m.body for m in phone.sms] == ["ACK 4827"]


def test_a_bot_that_is_down_gets_no_second_try(world: World, phone: Phone) -> None:
    world.inbound_url = "http://127.0.0.1:1/hook"
    assert phone.send("ACK 4827").webhook_status is None
    assert len(world.twilio.carrier.hooks.posted) == 1


@pytest.mark.parametrize("word", sorted(w for w, kind in KEYWORDS.items() if kind == "stop"))
def test_stop_and_its_kin_opt_out_until_start_and_are_forwarded(
    world: World, phone: Phone, bot: Bot, word: str
) -> None:
    world.inbound_url = bot.url
    phone.send(f" {word.lower()} ")
    world.settle()
    assert "unsubscribed" in phone.sms[-1].body
    opted_out = [phone.opted_out]
    for again in ("HELP", "START"):
        phone.send(again)
        opted_out.append(phone.opted_out)
    assert opted_out == [True, True, False]
    assert [p["Body"].strip() for p in bot.seen] == [word.lower(), "HELP", "START"]
    world.settle()
    assert world.unexpected() == []


def test_what_the_bot_answers_to_an_opted_out_phone_fails(
    world: World, phone: Phone, bot: Bot
) -> None:
    bot.answer, world.inbound_url = "<Response><Message>Sorry!</Message></Response>", bot.url
    phone.send("STOP")
    world.settle()
    refused = [m for m in world.twilio.carrier.of_number(TO) if m.body == "Sorry!"]
    assert [(m.status, m.error_code) for m in refused] == [("failed", 21610)]
