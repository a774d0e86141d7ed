"""People's modals and home tabs in Slack: what opens, changes and closes them."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.people import SlackPerson
from bot.sandbox.world import World
from tests.sandbox.apps import Json, opens, submitted
from tests.sandbox.blocks import PAGE, actions, button, modal, option, section, text


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
