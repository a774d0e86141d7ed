"""People in Slack who click, type and submit, and slack-bolt's own App at the other end."""

from __future__ import annotations

import threading

import pytest
from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from bot.sandbox.people import SlackPerson
from bot.sandbox.world import World
from tests.sandbox.apps import Json, opens, submitted
from tests.sandbox.blocks import PAGE, modal, reasons, section, words


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
