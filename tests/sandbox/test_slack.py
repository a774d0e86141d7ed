"""The Web API, through slack_sdk's own clients."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.people import SlackPerson
from bot.sandbox.world import World
from tests.sandbox.blocks import PAGE, modal, section
from tests.sandbox.conftest import Run

METADATA = {"event_type": "readback_page", "event_payload": {"d": "delivery-1"}}


def test_a_message_to_a_person_opens_the_direct_message(web: WebClient, ada: SlackPerson) -> None:
    sent = web.chat_postMessage(channel="U1", text="critical result", blocks=PAGE)
    assert sent["channel"].startswith("D")
    assert sent["message"]["blocks"][0]["block_id"]
    assert ada.expect("Critical imaging result").ts == sent["ts"]


def test_an_update_changes_what_the_reader_sees_and_keeps_what_it_was(
    web: WebClient, ada: SlackPerson
) -> None:
    sent = web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    message = ada.expect("critical")
    web.chat_update(
        channel=sent["channel"], ts=sent["ts"], text="done", blocks=[section("Acknowledged by Ada")]
    )
    assert ada.expect("Acknowledged by Ada").ts == message.ts
    assert message.updated
    assert [v.text for v in message.versions] == ["critical", "done"]
    assert message.buttons == []


def test_an_update_that_names_no_blocks_keeps_them(web: WebClient, ada: SlackPerson) -> None:
    sent = web.chat_postMessage(channel="U1", text="critical", blocks=PAGE)
    web.chat_update(channel=sent["channel"], ts=sent["ts"], text="still open")
    assert "Acknowledge" in ada.expect("still open").buttons


def test_history_shows_metadata_only_when_asked_for_all_of_it(
    async_web: AsyncWebClient, ada: SlackPerson, run: Run
) -> None:
    async def post_and_read() -> None:
        sent = await async_web.chat_postMessage(channel=ada.id, text="page", metadata=METADATA)
        channel = str(sent["channel"])
        await async_web.chat_update(
            channel=channel, ts=str(sent["ts"]), text="page 2", blocks=[section()]
        )
        plain = await async_web.conversations_history(channel=channel)
        full = await async_web.conversations_history(channel=channel, include_all_metadata=True)
        assert "metadata" not in plain["messages"][0]
        assert full["messages"][0]["metadata"] == METADATA
        assert full["messages"][0]["text"] == "page 2"

    run(post_and_read())


def test_history_comes_in_pages_with_the_newest_first(web: WebClient, ada: SlackPerson) -> None:
    sent = [web.chat_postMessage(channel=ada.id, text=f"page {n}") for n in range(3)]
    channel = sent[0]["channel"]
    first = web.conversations_history(channel=channel, limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    rest = web.conversations_history(channel=channel, limit=2, cursor=cursor)
    shown = [m["text"] for m in first["messages"] + rest["messages"]]
    assert shown == ["page 2", "page 1", "page 0"]
    since = web.conversations_history(channel=channel, oldest=sent[1]["ts"], inclusive=True)
    assert [m["text"] for m in since["messages"]] == ["page 2", "page 1"]


def test_a_thread_is_read_with_replies(web: WebClient, ada: SlackPerson) -> None:
    sent = web.chat_postMessage(channel=ada.id, text="page")
    web.chat_postMessage(channel=ada.id, text="more", thread_ts=sent["ts"])
    thread = web.conversations_replies(channel=sent["channel"], ts=sent["ts"])
    assert [m["text"] for m in thread["messages"]] == ["page", "more"]


def test_people_are_found_by_id_by_mail_and_in_the_list(web: WebClient, ada: SlackPerson) -> None:
    found = web.users_lookupByEmail(email="Ada@hospital.example")
    assert found["user"]["id"] == web.users_info(user="U1")["user"]["id"] == "U1"
    assert [m["real_name"] for m in web.users_list()["members"]] == ["Dr. Ada Osei"]
    assert web.auth_test()["bot_id"]
    assert web.team_info()["team"]["plan"]


def test_a_deactivated_person_is_marked_and_gets_nothing(web: WebClient, ada: SlackPerson) -> None:
    ada.deactivate()
    assert web.users_info(user="U1")["user"]["deleted"] is True
    with pytest.raises(SlackApiError, match="account_inactive"):
        web.chat_postMessage(channel="U1", text="page")
    ada.deactivate(error=None)
    web.chat_postMessage(channel="U1", text="into the void")


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "U404", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "U1"}, "no_text"),
        ("chat.postMessage", {"channel": "U1", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "U1", "blocks": "[{"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": "U1", "blocks": [{"type": "hat"}]}, "invalid_blocks"),
        (
            "chat.postMessage",
            {"channel": "U1", "text": "x", "metadata": {"event_type": ""}},
            "invalid_metadata_schema",
        ),
        ("chat.update", {"channel": "U1", "ts": "1.0", "text": "x"}, "channel_not_found"),
        ("chat.postEphemeral", {"channel": "U1", "user": "U404", "text": "x"}, "user_not_found"),
        ("users.info", {"user": "U404"}, "user_not_found"),
        ("users.lookupByEmail", {"email": "nobody@hospital.example"}, "users_not_found"),
        ("conversations.open", {"users": "U404"}, "user_not_found"),
        ("conversations.history", {"channel": "D404"}, "channel_not_found"),
        ("views.open", {"trigger_id": "1.2.3", "view": modal()}, "invalid_trigger_id"),
        ("views.open", {"trigger_id": "1", "view": modal(title="x" * 25)}, "invalid_arguments"),
        ("views.update", {"view_id": "V404", "view": modal()}, "not_found"),
        ("chat.shout", {"channel": "U1"}, "unknown_method"),
    ],
)
def test_it_refuses_what_slack_refuses(
    web: WebClient, ada: SlackPerson, method: str, arguments: dict[str, object], error: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        web.api_call(method, json=arguments)
    assert refused.value.response["error"] == error
    assert ada.messages == []


def test_a_message_that_is_gone_cannot_be_updated(web: WebClient, ada: SlackPerson) -> None:
    sent = web.chat_postMessage(channel=ada.id, text="page")
    web.chat_delete(channel=sent["channel"], ts=sent["ts"])
    with pytest.raises(SlackApiError, match="message_not_found"):
        web.chat_update(channel=sent["channel"], ts=sent["ts"], text="x")


def test_tokens_are_checked(world: World, ada: SlackPerson) -> None:
    wrong = {"": "not_authed", "xoxb-other": "invalid_auth"}
    wrong[world.slack_tokens.app] = "not_allowed_token_type"
    for token, error in wrong.items():
        client = WebClient(token, base_url=world.slack_api_url)
        with pytest.raises(SlackApiError, match=error):
            client.chat_postMessage(channel=ada.id, text="x")


def test_a_scope_that_the_app_was_not_given_is_missed() -> None:
    with World(scopes=["im:write"]) as world:
        world.slack_user("U1")
        client = WebClient(world.slack_tokens.bot, base_url=world.slack_api_url)
        with pytest.raises(SlackApiError) as refused:
            client.chat_postMessage(channel="U1", text="x")
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "chat:write"
    assert refused.value.response["provided"] == "im:write"


def test_the_token_is_not_kept_in_the_log(world: World, web: WebClient, ada: SlackPerson) -> None:
    web.chat_postMessage(channel=ada.id, text="page")
    assert world.slack_tokens.bot not in "".join(entry.text for entry in world.log)
