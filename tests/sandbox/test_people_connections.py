"""How an app in Slack is reached: over several sockets, none, or by signed requests."""

from __future__ import annotations

import pytest
from slack_bolt import Ack, App
from slack_bolt.adapter.starlette import SlackRequestHandler
from slack_sdk import WebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from bot.sandbox.people import SlackPerson
from bot.sandbox.serving import Server
from bot.sandbox.world import World
from bot.slack import SlackSettings
from bot.slack.sockets import Sockets
from tests.sandbox.apps import Json, opens, submitted
from tests.sandbox.blocks import PAGE, modal


def test_several_connections_share_the_envelopes_and_a_cut_one_comes_back(
    world: World, app: App, web: WebClient, ada: SlackPerson
) -> None:
    pressed: list[str] = []

    @app.action("ack")
    def listener(ack: Ack, body: Json) -> None:
        ack()
        pressed.append(body["trigger_id"])

    tokens = world.slack_tokens
    site = SlackSettings(tokens.bot, tokens.app, "", "modal", world.slack_api_url)
    # The SDK's own client sees a cut after five silent pings, during which it burns a whole core.
    sockets = Sockets(app, site, workers=2)
    sockets.start()
    try:
        world.wait_connected(2)
        web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
        ada.expect("critical")
        ada.click("Acknowledge")
        world.cut_sockets()
        world.wait_until(lambda: world.slack.socket.links == [])
        world.wait_connected(2, timeout=20)
        assert ada.click("Acknowledge").error is None
        world.wait_until(lambda: len(pressed) == 2)
    finally:
        sockets.stop()


def test_a_disconnect_message_makes_the_app_connect_anew(
    world: World, connected: App, ada: SlackPerson
) -> None:
    first = world.slack.socket.links[0]
    world.disconnect_sockets()
    world.wait_until(lambda: world.slack.socket.links not in ([], [first]), timeout=20)
    connected.command("/readback")(lambda ack: ack("still here"))
    assert ada.command("/readback").ephemeral.text == "still here"


def test_a_deaf_connection_gives_no_acknowledgment(
    world: World, connected: App, ada: SlackPerson
) -> None:
    connected.command("/readback")(lambda ack: ack("heard"))
    world.deafen_sockets()
    answer = ada.command("/readback")
    assert answer.error == "the app did not answer within 3 seconds"
    assert ada.ephemerals == []


def test_a_link_without_a_ticket_is_refused(world: World) -> None:
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{world.port}/slack/link?ticket=stolen")


def test_an_app_without_a_socket_gets_signed_requests(
    world: World, app: App, web: WebClient, ada: SlackPerson
) -> None:
    handler = SlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    opens(app, modal())
    submitted(app)
    app.command("/readback")(lambda ack: ack("over HTTP"))
    bot = Server([Route("/slack/events", events, methods=["POST"])])
    bot.start()
    try:
        world.slack.request_url.url = f"http://127.0.0.1:{bot.port}/slack/events"
        assert ada.command("/readback").ephemeral.text == "over HTTP"
        web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
        ada.expect("critical")
        shown = ada.click("Acknowledge").modal
        assert ada.submit(shown, {"words": "ok"}).outcome == "closed"
        world.slack.request_url.signing_secret = "another"
        assert ada.command("/readback").error == "the app answered 401"
    finally:
        bot.stop()
