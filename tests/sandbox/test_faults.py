"""The failure switches, seen from the real SDKs."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from twilio.base.exceptions import TwilioRestException

from bot.sandbox.faults import Fault, Faults, How
from bot.sandbox.people import Phone, SlackPerson
from bot.sandbox.world import World
from tests.sandbox.conftest import Dial, Run

TO = "+15555550101"


def test_a_lost_reply_leaves_the_message_there(
    world: World, async_web: AsyncWebClient, ada: SlackPerson, run: Run
) -> None:
    world.slack.faults.fail_next("chat.postMessage", "lost_reply")
    with pytest.raises(aiohttp.ClientError):
        run(async_web.chat_postMessage(channel="U1", text="page"))
    ada.expect("page")
    assert world.slack.faults.ambiguous == 1


def test_slack_sdks_own_retry_posts_a_lost_reply_twice(world: World, ada: SlackPerson) -> None:
    # Why the bot switches these retries off: both calls look fine to the caller.
    world.slack.faults.fail_next("chat.postMessage", "lost_reply")
    WebClient(world.slack_tokens.bot, base_url=world.slack_api_url).chat_postMessage(
        channel="U1", text="page"
    )
    assert [m.text for m in ada.messages] == ["page", "page"]


def test_a_refused_connection_leaves_nothing(
    world: World, async_web: AsyncWebClient, ada: SlackPerson, run: Run
) -> None:
    world.slack.faults.fail_next(how="refuse")
    with pytest.raises(aiohttp.ClientError):
        run(async_web.chat_postMessage(channel="U1", text="page"))
    assert ada.messages == []


@pytest.mark.parametrize(("how", "arrived"), [("hang", 0), ("hang_reply", 1)])
def test_a_hanging_call_ends_with_the_callers_patience(
    world: World, ada: SlackPerson, run: Run, how: How, arrived: int
) -> None:
    world.slack.faults.fail_next("chat.postMessage", how)
    impatient = AsyncWebClient(
        world.slack_tokens.bot, base_url=world.slack_api_url, timeout=1, retry_handlers=[]
    )
    with pytest.raises(TimeoutError):
        run(impatient.chat_postMessage(channel="U1", text="page"))
    assert len(ada.messages) == arrived


def test_slack_limits_rates_with_retry_after(
    world: World, web: WebClient, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", status=429, retry_after=7)
    with pytest.raises(SlackApiError) as limited:
        web.chat_postMessage(channel="U1", text="page")
    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"
    assert limited.value.response["error"] == "ratelimited"


def test_an_error_for_one_person_spares_the_others(
    world: World, web: WebClient, ada: SlackPerson
) -> None:
    world.slack_user("U2", "Dr. Ben Roth")
    channel = web.conversations_open(users="U1")["channel"]["id"]
    world.slack.faults.fail_next("chat.postMessage", error="restricted_action", to="U1", times=2)
    web.chat_postMessage(channel="U2", text="page")
    for address in ("U1", channel):
        with pytest.raises(SlackApiError, match="restricted_action"):
            web.chat_postMessage(channel=address, text="page")
    web.chat_postMessage(channel="U1", text="page")


def test_slack_down_cuts_everything_until_it_is_up(
    world: World, async_web: AsyncWebClient, ada: SlackPerson, run: Run
) -> None:
    world.slack_down()
    with pytest.raises(aiohttp.ClientError):
        run(async_web.auth_test())
    world.slack_down(down=False)
    assert run(async_web.auth_test())["ok"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [({"status": 503}, 503), ({"status": 429}, 20429), ({"error": 21408}, 21408)],
)
def test_twilio_fails_with_a_status_or_a_code(
    world: World, phone: Phone, dial: Dial, run: Run, fault: dict[str, Any], code: int
) -> None:
    world.twilio.faults.fail_next("messages.create", to=TO, **fault)

    async def create() -> None:
        async with dial() as twilio:
            await twilio.messages.create_async(to=TO, from_=world.from_number, body="page")

    with pytest.raises(TwilioRestException) as failed:
        run(create())
    assert failed.value.code == code
    assert world.twilio.carrier.messages == {}


@pytest.mark.parametrize(
    ("how", "error", "arrives"),
    [
        ("lost_reply", aiohttp.ClientError, True),
        ("refuse", aiohttp.ClientError, False),
        ("hang_reply", TimeoutError, True),
    ],
)
def test_an_sms_whose_answer_was_lost_can_be_found_in_the_list(
    world: World,
    phone: Phone,
    dial: Dial,
    run: Run,
    how: How,
    error: type[Exception],
    arrives: bool,
) -> None:
    world.twilio.faults.fail_next("messages.create", how)

    async def create_then_look() -> list[str]:
        async with dial(seconds=1.0) as twilio:
            with pytest.raises(error):
                await twilio.messages.create_async(to=TO, from_=world.from_number, body="page")
            return [str(m.body) for m in await twilio.messages.list_async(to=TO)]

    assert run(create_then_look()) == ["page"] * arrives
    world.settle()
    assert [m.body for m in phone.sms] == ["page"] * arrives


def test_twilio_down_cuts_calls(world: World, dial: Dial, run: Run) -> None:
    world.twilio_down()

    async def listed() -> None:
        async with dial() as twilio:
            await twilio.messages.list_async()

    with pytest.raises(aiohttp.ClientError):
        run(listed())


def test_latency_delays_the_answer(world: World, ada: SlackPerson, run: Run) -> None:
    world.slack.faults.latency = 3.0
    client = AsyncWebClient(
        world.slack_tokens.bot, base_url=world.slack_api_url, timeout=1, retry_handlers=[]
    )
    with pytest.raises(TimeoutError):
        run(client.auth_test())


def test_one_call_in_so_many_fails_the_same_way_in_each_run() -> None:
    def drawn() -> list[str]:
        faults = Faults()
        kinds = [Fault("refuse"), Fault("lost_reply"), Fault("status", status=500)]
        faults.fail_sometimes(0.2, kinds, methods=["chat.postMessage"], seed=7)
        taken = [faults.take("chat.postMessage") for _ in range(1000)]
        assert faults.take("auth.test") is None
        return [fault.how for fault in taken if fault]

    assert drawn() == drawn()
    assert 150 < len(drawn()) < 250
    assert set(drawn()) == {"refuse", "lost_reply", "status"}


def test_a_switch_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape("how must be one of error, status, refuse")):
        Faults().fail_next("chat.postMessage", "explode")  # type: ignore[arg-type]  # the case


def test_clearing_the_switches_ends_them() -> None:
    faults = Faults(down=True)
    faults.fail_next("auth.test", error="invalid_auth")
    faults.clear()
    assert faults.take("auth.test") is None
