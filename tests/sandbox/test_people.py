"""People in Slack, and slack-bolt's own App and socket client at the other end."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from slack_bolt import Ack, App, Respond
from slack_bolt.adapter.starlette import SlackRequestHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
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
from tests.sandbox.blocks import PAGE, actions, button, modal, option, reasons, section, text, words

Json = dict[str, Any]


def opens(app: App, view: Json, action: str = "ack") -> None:
    """The app answers a press of `action` with this modal."""

    @app.action(action)
    def listener(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=view)


def submitted(app: App, **answer: Any) -> list[Json]:
    """The app acknowledges submissions with `answer`; returns the list that they are put in."""
    found: list[Json] = []

    @app.view("ack")
    def listener(ack: Ack, body: Json) -> None:
        found.append(body["view"])
        ack(**answer)

    return found


def test_a_click_opens_a_modal_and_its_submission_reaches_the_app(
    connected: App, web: WebClient, ada: SlackPerson
) -> None:
    opens(connected, modal(section("Tension pneumothorax"), words(), private_metadata="K7QX"))
    views = submitted(connected)
    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    message = ada.expect("critical")
    shown = ada.click("Acknowledge", message).modal
    assert shown.title == "Acknowledge"
    assert "Tension pneumothorax" in shown.text
    assert shown.fields == ["In your own words"]
    assert shown.buttons == ["Confirm", "Cancel"]
    assert ada.submit(shown, {"In your own words": "tension ptx"}).outcome == "closed"
    assert not shown.is_open
    assert views[0]["state"]["values"]["words"]["w"]["value"] == "tension ptx"
    assert views[0]["private_metadata"] == "K7QX"


def test_an_app_can_answer_a_submission_with_errors_then_with_another_view(
    connected: App, web: WebClient, ada: SlackPerson
) -> None:
    opens(connected, modal())
    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    answers: list[Json] = [
        {"response_action": "errors", "errors": {"words": "Please say what you were told."}},
        {"response_action": "update", "view": modal(section("A newer version"))},
        {"response_action": "push", "view": modal(section("Are you sure?"))},
        {"response_action": "clear"},
    ]

    @connected.view("ack")
    def listener(ack: Ack) -> None:
        ack(**answers.pop(0))

    shown = ada.click("Acknowledge").modal
    wrong = ada.submit(shown, {"words": "ok"})
    assert (wrong.outcome, wrong.errors) == ("errors", {"words": "Please say what you were told."})
    assert ada.submit(shown, {"words": "ok"}).outcome == "updated"
    assert "A newer version" in shown.text
    pushed = ada.submit(shown)
    assert pushed.outcome == "pushed"
    assert pushed.view is not None
    assert [m.text for m in ada.modals] == [shown.text, pushed.view.text]
    assert ada.submit(pushed.view).outcome == "closed"
    assert ada.modals == []


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "update", "view": modal(title="x" * 25)},
    ],
)
def test_an_answer_that_slack_would_not_take_shows_trouble_and_leaves_the_modal_open(
    connected: App, web: WebClient, ada: SlackPerson, answer: Json
) -> None:
    opens(connected, modal())
    submitted(connected, **answer)
    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    shown = ada.click("Acknowledge").modal
    result = ada.submit(shown, {"words": "x"})
    assert result.outcome == "failed"
    assert "trouble connecting" in str(result.error)
    assert shown.is_open


def test_what_slack_itself_refuses_to_submit_never_reaches_the_app(
    connected: App, web: WebClient, ada: SlackPerson
) -> None:
    opens(connected, modal(words(min_length=3, max_length=5), reasons()))
    views = submitted(connected)
    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    shown = ada.click("Acknowledge").modal
    assert ada.submit(shown).errors.keys() == {"words", "reason"}
    assert "at least 3" in ada.submit(shown, {"words": "ok"}).errors["words"]
    assert "at most 5" in ada.submit(shown, {"words": "too long"}).errors["words"]
    assert views == []
    with pytest.raises(ValueError, match="there is no field 'Colour'"):
        ada.submit(shown, {"Colour": "red"})
    with pytest.raises(ValueError, match="there is no option 'Bored'"):
        ada.submit(shown, {"words": "fine", "Reason": "Bored"})
    assert ada.submit(shown, {"words": "fine", "Reason": "Off shift"}).outcome == "closed"
    chosen = views[0]["state"]["values"]["reason"]["r"]["selected_option"]
    assert chosen["value"] == "off_shift"


def test_a_command_is_answered_to_its_user_alone(
    world: World, connected: App, ada: SlackPerson
) -> None:
    @connected.command("/readback")
    def listener(ack: Ack, respond: Respond, command: Json) -> None:
        ack()
        respond(f"{command['user_id']} asked for {command['text']}")

    answer = ada.command("/readback", "open")
    assert answer.ephemeral.plain == "U1 asked for open"
    assert world.unexpected() == []


def test_a_command_can_be_answered_with_the_acknowledgment(
    connected: App, ada: SlackPerson
) -> None:
    connected.command("/readback")(lambda ack: ack("nothing is open"))
    assert ada.command("/readback").ephemeral.text == "nothing is open"


def test_a_click_without_an_app_shows_an_error(
    world: World, web: WebClient, ada: SlackPerson
) -> None:
    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    answer = ada.click("Acknowledge")
    assert (answer.outcome, answer.error) == ("failed", "the app is not connected")


def test_a_listener_that_is_silent_for_three_seconds_shows_an_error(
    connected: App, web: WebClient, ada: SlackPerson
) -> None:
    awake = threading.Event()

    @connected.action("ack")
    def listener(ack: Ack) -> None:
        awake.wait(10)
        ack()

    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    answer = ada.click("Acknowledge")
    awake.set()
    assert answer.error == "the app did not answer within 3 seconds"


def test_a_trigger_is_good_for_one_modal_and_for_three_seconds(
    world: World, connected: App, web: WebClient, ada: SlackPerson
) -> None:
    triggers: list[str] = []

    @connected.action("ack")
    def listener(ack: Ack, body: Json) -> None:
        ack()
        triggers.append(body["trigger_id"])

    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    ada.click("Acknowledge")
    ada.click("Acknowledge")
    world.wait_until(lambda: len(triggers) == 2)
    web.views_open(trigger_id=triggers[0], view=modal())
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        web.views_open(trigger_id=triggers[0], view=modal())
    world.slack.workspace.triggers[triggers[1]].born -= 3.1
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        web.views_open(trigger_id=triggers[1], view=modal())


def test_a_button_and_a_menu_in_a_modal_are_heard_at_once(
    world: World, connected: App, web: WebClient, ada: SlackPerson
) -> None:
    heard: list[Json] = []
    menu = {
        "type": "section",
        "text": text("Reached"),
        "accessory": {
            "type": "static_select",
            "action_id": "who",
            "options": [option("The provider", "p"), option("The designee", "d")],
        },
    }
    opens(connected, modal(menu, actions(button("Show more", "more"))))

    @connected.action("more")
    @connected.action("who")
    def listener(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        heard.append(body["actions"][0])
        client.views_update(
            view_id=body["view"]["id"], hash=body["view"]["hash"], view=modal(section("More"))
        )

    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    shown = ada.click("Acknowledge").modal
    assert ada.choose("Reached", "The designee", shown).error is None
    world.wait_until(lambda: "More" in shown.text)
    assert heard[0]["selected_option"]["value"] == "d"


def test_an_outdated_hash_does_not_overwrite_a_view(
    connected: App, web: WebClient, ada: SlackPerson
) -> None:
    opens(connected, modal())
    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    shown = ada.click("Acknowledge").modal
    with pytest.raises(SlackApiError, match="hash_conflict"):
        web.views_update(view_id=shown.id, hash="old", view=modal())


@pytest.mark.parametrize("wanted", [True, False])
def test_the_app_hears_of_a_closed_modal_only_if_it_asked_to(
    world: World, connected: App, web: WebClient, ada: SlackPerson, *, wanted: bool
) -> None:
    heard: list[Json] = []
    opens(connected, modal(notify_on_close=wanted))

    @connected.view_closed("ack")
    def listener(ack: Ack, body: Json) -> None:
        ack()
        heard.append(body)

    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    shown = ada.click("Acknowledge").modal
    assert ada.close(shown).outcome == "closed"
    assert len(heard) == wanted
    assert ada.modals == []


def test_opening_the_home_tab_lets_the_app_publish_it(
    world: World, connected: App, ada: SlackPerson
) -> None:
    @connected.event("app_home_opened")
    def listener(event: Json, client: WebClient) -> None:
        home = {"type": "home", "blocks": [section("Nothing is open")]}
        client.views_publish(user_id=event["user"], view=home)

    ada.open_home()
    world.wait_until(lambda: ada.home is not None)
    assert ada.home is not None
    assert "Nothing is open" in ada.home.text


def test_a_response_url_replaces_the_message_and_wears_out_after_five_uses(
    world: World, connected: App, web: WebClient, ada: SlackPerson
) -> None:
    answered: list[int] = []

    @connected.action("ack")
    def listener(ack: Ack, respond: Respond) -> None:
        ack()
        respond("Acknowledged", replace_original=True)
        answered.extend(respond(f"private {n}").status_code for n in range(5))

    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    ada.click("Acknowledge")
    assert ada.expect("Acknowledged").buttons == []
    world.wait_until(lambda: len(answered) == 5)
    assert answered == [200, 200, 200, 200, 404]


def test_an_app_that_refuses_is_seen_in_the_click(
    connected: App, web: WebClient, ada: SlackPerson
) -> None:
    @connected.action("ack")
    def listener(ack: Ack, respond: Respond) -> None:
        ack()
        respond("You were not paged for this result.")

    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    assert "not paged" in ada.click("Acknowledge").ephemeral.plain
    with pytest.raises(AssertionError, match="sees no button 'Undo'"):
        ada.click("Undo")


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


def test_modals_are_stacked_three_high_and_no_higher(
    world: World, connected: App, web: WebClient, ada: SlackPerson
) -> None:
    triggers: list[str] = []
    opens(connected, modal(actions(button("More", "more"))))

    @connected.action("more")
    def listener(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        triggers.append(body["trigger_id"])

    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    shown = ada.click("Acknowledge").modal
    for title in ("Second", "Third", "Fourth"):
        ada.click("More", shown)
        world.wait_until(lambda: triggers)
        view = modal(actions(button("More", "more")), title=title)
        if title == "Fourth":
            with pytest.raises(SlackApiError, match="push_limit_reached"):
                web.views_push(trigger_id=triggers.pop(), view=view)
        else:
            web.views_push(trigger_id=triggers.pop(), view=view)
    assert [m.title for m in ada.modals] == ["Acknowledge", "Second", "Third"]
    ada.close(ada.modals[-1], all_of_them=True)
    assert ada.modals == []


def test_every_kind_of_field_is_kept_as_slack_keeps_it(
    connected: App, web: WebClient, ada: SlackPerson
) -> None:
    def field(kind: str, **more: Any) -> Json:
        element = {"type": kind, "action_id": "a", **more}
        return {"type": "input", "block_id": kind, "label": text(kind), "element": element}

    both = [option("One", "1"), option("Two", "2")]
    opens(
        connected,
        modal(
            field("datepicker"),
            field("timepicker", initial_time="14:40"),
            field("checkboxes", options=both),
            field("multi_static_select", options=both),
            field("static_select", option_groups=[{"label": text("All"), "options": both}]),
            field("users_select"),
            field("number_input", is_decimal_allowed=False),
        ),
    )
    views = submitted(connected)
    web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    ada.expect("critical")
    shown = ada.click("Acknowledge").modal
    entered = {
        "datepicker": "2025-01-31",
        "checkboxes": ["Two"],
        "multi_static_select": ["One", "2"],
        "static_select": "Two",
        "users_select": "U1",
        "number_input": 5,
    }
    assert ada.submit(shown, entered).outcome == "closed"
    kept = {block: fields["a"] for block, fields in views[0]["state"]["values"].items()}
    assert kept["datepicker"]["selected_date"] == "2025-01-31"
    assert kept["timepicker"]["selected_time"] == "14:40"
    assert [o["value"] for o in kept["checkboxes"]["selected_options"]] == ["2"]
    assert [o["value"] for o in kept["multi_static_select"]["selected_options"]] == ["1", "2"]
    assert kept["static_select"]["selected_option"]["value"] == "2"
    assert kept["users_select"]["selected_user"] == "U1"
    assert kept["number_input"]["value"] == "5"
