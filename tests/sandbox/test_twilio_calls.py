"""Calls over Twilio's REST API and its own SDK: the phone rings, hears TwiML and presses keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from jsonschema import Draft202012Validator
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from bot.sandbox.people import Phone
from bot.sandbox.serving import Server
from bot.sandbox.twilio_call_rules import CALL_PARAMETERS
from bot.sandbox.twilio_calls import call_json
from bot.sandbox.twilio_exchange import SAID_WRONG
from bot.sandbox.world import World
from tests.sandbox.conftest import Dial, Run

TO = "+15555550101"
SAY = "<Response><Say>A critical result.</Say></Response>"
ASK = (
    '<Response><Gather numDigits="1" action="/say?step=2" actionOnEmptyResult="true">'
    "<Say>Press 1.</Say></Gather></Response>"
)
EVENTS = ["initiated", "ringing", "answered", "completed"]


class Bot:
    """Webhooks that say what they are told to, and keep what came; the signature must fit."""

    def __init__(self, auth_token: str) -> None:
        self.validator = RequestValidator(auth_token)  # type: ignore[no-untyped-call]  # untyped
        self.seen: list[dict[str, str]] = []
        self.answers = [SAY]
        say, status = (Route(p, self.hook, methods=["POST"]) for p in ("/say", "/status"))
        self.server = Server([say, status])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def hook(self, request: Request) -> Response:
        params = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        signature = request.headers["x-twilio-signature"]
        if not self.validator.validate(str(request.url), params, signature):  # type: ignore[no-untyped-call]  # untyped
            return PlainTextResponse("forged", 403)
        self.seen.append({**params, "path": request.url.path})
        if request.url.path == "/status":
            return Response(status_code=204)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Response(answer, media_type="application/xml")

    def statuses(self) -> list[str]:
        return [p["CallStatus"] for p in self.seen if p["path"] == "/status"]


@pytest.fixture
def bot(world: World) -> Iterator[Bot]:
    started = Bot(world.twilio_token)
    started.server.start()
    yield started
    started.server.stop()


def call(run: Run, dial: Dial, **params: Any) -> Any:
    async def create() -> Any:
        async with dial() as twilio:
            return await twilio.calls.create_async(**params)

    return run(create())


def usual(world: World, bot: Bot) -> dict[str, Any]:
    return {
        "to": TO,
        "from_": world.from_number,
        "url": f"{bot.url}/say",
        "status_callback": f"{bot.url}/status",
        "status_callback_event": EVENTS,
        "machine_detection": "DetectMessageEnd",
        "timeout": 25,
    }


@pytest.mark.parametrize("ends", ["no-answer", "busy", "failed"])
def test_a_call_that_nobody_takes_says_how_it_ended(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot, ends: Any
) -> None:
    phone.answers(ends.replace("-", " "))
    placed = call(run, dial, **usual(world, bot))
    assert placed.status == "queued"
    assert phone.expect_call().status == ends
    world.settle()
    assert bot.statuses() == ["initiated", "ringing", ends]


def test_whoever_picks_up_hears_what_the_webhook_says_and_is_heard_to_press(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot
) -> None:
    bot.answers = [ASK, SAY]
    phone.answers("picks up")
    call(run, dial, **usual(world, bot))
    taken = phone.expect_call("Press 1")
    assert taken.status == "in-progress"
    taken.press("19")
    assert (taken.status, taken.last_heard) == ("completed", "A critical result.")
    world.settle()
    said = [p for p in bot.seen if p["path"] == "/say"]
    assert [p.get("AnsweredBy") for p in said] == ["human", "human"]
    assert said[1]["Digits"] == "1"
    assert bot.statuses() == ["initiated", "ringing", "in-progress", "completed"]


@pytest.mark.parametrize("waiting", [False, True])
def test_a_second_call_to_somebody_who_is_on_the_phone_meets_busy_unless_calls_wait_there(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot, waiting: bool
) -> None:
    bot.answers = [ASK]
    phone.answers("picks up")
    world.twilio.carrier.handset(TO).call_waiting = waiting
    call(run, dial, **usual(world, bot))
    taken = phone.expect_call("Press 1")
    call(run, dial, **usual(world, bot))
    assert phone.expect_call().status == ("in-progress" if waiting else "busy")
    taken.hang_up()
    call(run, dial, **usual(world, bot))
    assert phone.expect_call("Press 1").status == "in-progress"
    world.settle()


@pytest.mark.parametrize("state", ["off", "held"])
def test_nobody_picks_up_a_phone_that_is_off(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot, state: Any
) -> None:
    phone.answers("picks up")
    phone.state(state)
    call(run, dial, **usual(world, bot))
    world.settle()
    assert phone.expect_call().status == "no-answer"


def test_a_voicemail_presses_no_key(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot
) -> None:
    bot.answers = [ASK, SAY]
    phone.answers("voicemail")
    call(run, dial, **usual(world, bot))
    assert phone.expect_call().status == "completed"
    said = [p for p in bot.seen if p["path"] == "/say"]
    assert [(p["AnsweredBy"], p.get("Digits")) for p in said] == [
        ("machine_end_beep", None),
        ("machine_end_beep", ""),
    ]


def test_what_comes_with_the_call_is_said_without_a_webhook(
    world: World, phone: Phone, dial: Dial, run: Run
) -> None:
    phone.answers("picks up")
    placed = call(run, dial, to=TO, from_=world.from_number, twiml=SAY)
    assert phone.expect_call("critical result").over

    async def fetched() -> Any:
        async with dial() as twilio:
            listed = await twilio.calls.list_async(to=TO, from_=world.from_number)
            return await twilio.calls(placed.sid).fetch_async(), listed

    found, listed = run(fetched())
    assert (found.status, found.answered_by) == ("completed", None)
    assert [each.sid for each in listed] == [placed.sid]


def test_a_webhook_that_fails_is_told_to_whoever_listens(
    world: World, phone: Phone, dial: Dial, run: Run
) -> None:
    phone.answers("picks up")
    call(run, dial, to=TO, from_=world.from_number, url="http://127.0.0.1:9/none")
    assert phone.expect_call(SAID_WRONG).over
    assert [e[:5] for e in world.twilio.carrier.errors] == ["11200"]


def test_callbacks_come_twice_and_the_last_one_first_where_a_test_wants_it(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot
) -> None:
    carrier = world.twilio.carrier
    carrier.duplicate_callbacks = carrier.shuffle_callbacks = True
    call(run, dial, **usual(world, bot))
    phone.expect_call()
    world.settle()
    assert bot.statuses() == ["no-answer"] * 2 + ["ringing"] * 2 + ["initiated"] * 2


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"to": ""}, 21201),
        ({"to": "5550101"}, 21211),
        ({"from_": ""}, 21213),
        ({"from_": "+15550001111"}, 21210),
        ({"from_": "General Hospital"}, 21212),
        ({"url": "say.xml"}, 21205),
        ({"status_callback": "status"}, 21609),
        ({"status_callback_event": ["answered", "sleeping"]}, 21626),
        ({"timeout": 601}, 20006),
        ({"time_limit": 86_401}, 20006),
        ({"machine_detection": "Perhaps"}, 20006),
    ],
)
def test_calls_that_twilio_refuses_are_refused_with_its_code(
    world: World, dial: Dial, run: Run, bot: Bot, params: dict[str, Any], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        call(run, dial, **{**usual(world, bot), **params})
    assert refused.value.code == code
    assert not world.twilio.exchange.calls


@pytest.mark.parametrize("code", [21214, 21215, 21216, 21219])
def test_a_number_that_cannot_be_called_is_refused(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot, code: int
) -> None:
    phone.refuse_calls(code)
    with pytest.raises(TwilioRestException) as refused:
        call(run, dial, **usual(world, bot))
    assert refused.value.code == code


def test_a_call_that_nobody_expected_is_found_at_the_end(
    world: World, phone: Phone, dial: Dial, run: Run
) -> None:
    call(run, dial, to=TO, from_=world.from_number, twiml=SAY)
    world.settle()
    assert world.unexpected() == [f"call to {TO} (no-answer): "]
    phone.expect_call()


def test_calls_are_as_twilios_own_description_has_them(
    world: World, phone: Phone, dial: Dial, run: Run, bot: Bot, shared: Path
) -> None:
    text = (shared / "schemas" / "twilio_messages_calls.openapi.json").read_text(encoding="utf-8")
    openapi = json.loads(text)
    post = openapi["paths"]["/2010-04-01/Accounts/{AccountSid}/Calls.json"]["post"]
    form = post["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert form["properties"].keys() == CALL_PARAMETERS
    call(run, dial, **usual(world, bot))
    record = phone.expect_call().record
    answer = {k: v for k, v in call_json(record, world.twilio_sid).items() if v is not None}
    schema = {"$ref": "#/components/schemas/api.v2010.account.call", **openapi}
    assert [e.message for e in Draft202012Validator(schema).iter_errors(answer)] == []
