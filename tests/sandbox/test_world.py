"""The world as its owners see it: what nobody expected, the log, the events, and acts in JSON."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from bot.sandbox.acts import CannotAct
from bot.sandbox.people import Phone, SlackPerson
from bot.sandbox.world import World
from tests.sandbox.blocks import PAGE, modal, section
from tests.sandbox.conftest import Dial, Run

TO = "+15555550101"
Json = dict[str, Any]


def test_what_nobody_expected_is_named_with_its_reader(
    world: World, web: WebClient, ada: SlackPerson, phone: Phone, dial: Dial, run: Run
) -> None:
    sent = web.chat_postMessage(channel="U1", text="first")
    web.chat_postMessage(channel="U1", text="second")
    web.chat_postEphemeral(channel=sent["channel"], user="U1", text="only you")

    async def create() -> None:
        async with dial() as twilio:
            await twilio.messages.create_async(to=TO, from_=world.from_number, body="an SMS")

    run(create())
    world.settle()
    ada.expect("second")
    assert world.unexpected() == [
        "Slack to Dr. Ada Osei: first",
        "Slack to Dr. Ada Osei: only you",
        f"SMS to {TO}: an SMS",
    ]
    phone.expect_sms("an SMS")
    ada.expect("first")
    ada.expect("only you")
    assert world.unexpected() == []


def test_a_message_is_expected_once(web: WebClient, ada: SlackPerson) -> None:
    web.chat_postMessage(channel="U1", text="critical")
    ada.expect("critical")
    with pytest.raises(AssertionError, match="got no new message with 'critical'"):
        ada.expect("critical", timeout=0.1)


def test_what_was_missed_is_said_with_what_was_there(web: WebClient, ada: SlackPerson) -> None:
    web.chat_postMessage(channel="U1", text="something else")
    with pytest.raises(AssertionError, match="something else"):
        ada.expect("critical", timeout=0.1)


def test_an_expectation_waits_for_a_message_that_comes_later(
    web: WebClient, ada: SlackPerson
) -> None:
    posting = threading.Timer(0.2, lambda: web.chat_postMessage(channel="U1", text="critical"))
    posting.start()
    assert ada.expect("critical").text == "critical"
    posting.join()


def test_a_message_can_be_waited_for_until_it_reads_so(web: WebClient, ada: SlackPerson) -> None:
    sent = web.chat_postMessage(channel="U1", text="critical")
    message = ada.expect("critical")
    web.chat_update(channel=sent["channel"], ts=sent["ts"], text="acknowledged")
    assert ada.expect_now(message, "acknowledged") is message
    with pytest.raises(AssertionError, match="never read 'withdrawn'"):
        ada.expect_now(message, "withdrawn", timeout=0.1)


def test_text_is_read_as_slack_shows_it(web: WebClient, ada: SlackPerson) -> None:
    web.chat_postMessage(
        channel="U1",
        text="*Critical* for <@U1>, by <!date^1392734382^{time}|14:40>, "
        "<https://x.example|help> &amp; _more_",
    )
    assert ada.messages[0].plain == "Critical for @Dr. Ada Osei, by 14:40, help & more"


def test_everything_that_the_bot_sent_is_in_the_log(
    world: World, web: WebClient, connected: App, ada: SlackPerson
) -> None:
    connected.command("/readback")(lambda ack: ack("MARKER-1"))
    ada.command("/readback")
    web.chat_postMessage(
        channel="U1",
        text="MARKER-2",
        metadata={"event_type": "x", "event_payload": {"d": "MARKER-3"}},
    )
    sent = "\n".join(entry.text for entry in world.log)
    assert all(f"MARKER-{n}" in sent for n in (1, 2, 3))
    assert [e.method for e in world.log][-2:] == ["socket.ack", "chat.postMessage"]
    assert world.log[-1].answer is not None
    assert world.log[-1].answer["ok"] is True


def test_listeners_hear_of_every_change(world: World, web: WebClient, ada: SlackPerson) -> None:
    heard: list[Json] = []
    stop = world.listen(heard.append)
    web.chat_postMessage(channel="U1", text="page")
    stop()
    web.chat_postMessage(channel="U1", text="page")
    assert [e["kind"] for e in heard] == ["slack.message"]


def test_events_can_be_followed_from_another_loop(
    world: World, web: WebClient, ada: SlackPerson, run: Run
) -> None:
    async def first() -> Json:
        events = world.events()
        try:
            coming = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)  # lets it subscribe
            await asyncio.to_thread(web.chat_postMessage, channel="U1", text="page")
            return await asyncio.wait_for(coming, 5)
        finally:
            await events.aclose()

    assert run(first())["kind"] == "slack.message"


def test_a_page_can_show_the_world_and_act_in_it(
    world: World, web: WebClient, connected: App, ada: SlackPerson, phone: Phone
) -> None:
    @connected.action("ack")
    def opened(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal())

    @connected.view("ack")
    def confirmed(ack: Ack) -> None:
        ack()

    @connected.command("/readback")
    def asked(ack: Ack, respond: Respond) -> None:
        ack()
        respond("nothing is open")

    @connected.event("app_home_opened")
    def at_home(client: WebClient) -> None:
        client.views_publish(user_id="U1", view={"type": "home", "blocks": [section("Home")]})

    sent = web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    click = {"do": "click", "user": "U1", "ts": sent["ts"], "action_id": "ack"}
    assert world.act(click)["ok"]
    world.wait_until(lambda: ada.modals)
    [user] = world.snapshot()["users"]
    [shown] = user["modals"]
    assert "In your own words" in shown["plain"]
    submit = {"do": "submit", "user": "U1", "view_id": shown["id"]}
    assert world.act(submit)["errors"] == {"words": "Please complete this required field."}
    assert world.act({**submit, "values": {"words": "tension ptx"}})["outcome"] == "closed"
    assert world.act({"do": "command", "user": "U1", "text": "open"})["ok"]
    world.wait_until(lambda: ada.ephemerals)
    assert world.act({"do": "sms", "from": TO, "body": "hello"})["sms"]["status"] == "received"
    assert world.act({"do": "phone", "number": TO, "state": "off"})["ok"]
    assert world.act({"do": "home", "user": "U1"})["outcome"] == "acknowledged"
    snapshot = json.loads(json.dumps(world.snapshot()))
    assert [m["ephemeral"] for m in snapshot["users"][0]["messages"]] == [False, True]
    assert snapshot["phones"][0]["state"] == "off"
    assert snapshot["phones"][0]["messages"][0]["body"] == "hello"
    assert snapshot["phones"][0]["answering"] == "no answer"
    assert snapshot["phones"][0]["calls"] == []
    assert snapshot["slack"] == {"down": False, "connections": 1}


def test_a_call_can_be_taken_and_answered_by_keys(world: World) -> None:
    ask = '<Response><Gather numDigits="1"><Say>Press 1.</Say></Gather></Response>'
    assert world.act({"do": "answers", "number": TO, "how": "picks up"})["ok"]
    placed = world.twilio.exchange.place
    world.phone(TO)

    async def ring() -> None:
        placed({"To": TO, "From": world.from_number, "Twiml": ask})

    world.server.run(ring())
    call = world.phone(TO).expect_call("Press 1")
    assert world.snapshot()["phones"][0]["calls"][0]["asks"] == "key"
    assert world.act({"do": "hang_up", "call": call.sid})["call"]["status"] == "completed"
    for what in ({"do": "keys", "call": call.sid, "keys": "1"}, {"do": "keys", "call": "CA0"}):
        with pytest.raises(CannotAct):
            world.act(what)
    with pytest.raises(CannotAct, match="a phone answers"):
        world.act({"do": "answers", "number": TO, "how": "sings"})


def test_a_modal_can_be_closed_and_slack_taken_down_from_the_page(
    world: World, web: WebClient, connected: App, ada: SlackPerson
) -> None:
    @connected.action("ack")
    def opened(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal())

    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    shown = ada.click("Acknowledge").modal
    assert world.act({"do": "close", "user": "U1", "view_id": shown.id})["outcome"] == "closed"
    assert ada.modals == []
    world.act({"do": "slack_down", "down": True})
    world.act({"do": "twilio_down", "down": True})
    assert world.snapshot()["slack"]["down"]
    assert world.snapshot()["twilio"]["down"]
    world.act({"do": "slack_down", "down": False})
    assert not world.snapshot()["slack"]["down"]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ({"do": "dance"}, "there is no act 'dance'"),
        ({"do": "sms", "from": TO}, "sms needs 'body'"),
        ({"do": "command", "user": "U404"}, "nobody here has the id 'U404'"),
        ({"do": "click", "user": "U1", "ts": "1.0", "action_id": "ack"}, "has no message 1.0"),
        ({"do": "submit", "user": "U1", "view_id": "V1"}, "has no open view V1"),
        ({"do": "phone", "number": TO, "state": "lost"}, "a phone is on, off"),
    ],
)
def test_an_act_on_what_is_not_there_says_so(
    world: World, ada: SlackPerson, what: Json, why: str
) -> None:
    with pytest.raises(CannotAct, match=why):
        world.act(what)


def test_a_click_on_what_the_message_does_not_have_says_so(
    world: World, web: WebClient, ada: SlackPerson
) -> None:
    sent = web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    with pytest.raises(CannotAct, match="nothing with the action_id 'undo'"):
        world.act({"do": "click", "user": "U1", "ts": sent["ts"], "action_id": "undo"})


def test_a_world_takes_the_port_that_it_is_given() -> None:
    with World() as first:
        port = first.port
    with World(port) as second:
        assert second.slack_api_url == f"http://127.0.0.1:{port}/slack/api/"
        assert second.twilio_api_url == f"http://127.0.0.1:{port}/twilio"
