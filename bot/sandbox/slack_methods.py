"""The Web API's methods: each a function of the workspace and the call's arguments, with the scope that it needs."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.journal import Json
from bot.sandbox.slack_checks import problems_of_message
from bot.sandbox.slack_state import (
    APP,
    BOT,
    BOT_USER,
    TEAM,
    Message,
    SlackError,
    User,
    View,
    Workspace,
    with_ids,
)
from bot.sandbox.slack_views import change_view, checked_view, open_view, view_json

LONGEST_TEXT = 40_000


@dataclass(frozen=True)
class Args:
    """A call's arguments, form-encoded or JSON: nested values may come as JSON text."""

    values: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        return default if value is None else str(value)

    def needed(self, name: str) -> str:
        if not (value := self.text(name)):
            raise SlackError(
                "invalid_arguments",
                response_metadata={"messages": [f"[ERROR] missing required field: {name}"]},
            )
        return value

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("1", "true")

    def nested(self, name: str, error: str) -> Any:
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackError(error) from None


def auth_test(workspace: Workspace, args: Args) -> Json:
    return {
        "url": "https://standin.slack.example/",
        "team": "Stand-in",
        "user": "readback",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
    }


def connections_open(workspace: Workspace, args: Args) -> Json:
    host = workspace.base_url.removeprefix("http://")
    ticket = secrets.token_hex(16)
    workspace.tickets.add(ticket)
    return {"url": f"ws://{host}/slack/link?ticket={ticket}&app_id={APP}"}


def post_message(workspace: Workspace, args: Args) -> Json:
    channel = _channel(workspace, args.needed("channel"))
    text, blocks = _content(args)
    message = Message(channel, workspace.next_ts(), BOT_USER, metadata=_metadata(args))
    message.thread_ts = args.text("thread_ts") or None
    message.show(text, with_ids(blocks or []))
    workspace.messages[channel].append(message)
    workspace.journal.tell("slack.message", channel=channel, ts=message.ts)
    return {
        "channel": channel,
        "ts": message.ts,
        "message": message_json(message, with_metadata=True),
    }


def update_message(workspace: Workspace, args: Args) -> Json:
    channel = args.needed("channel")
    if channel not in workspace.messages:
        raise SlackError("channel_not_found")
    message = workspace.message(channel, args.needed("ts"))
    if message is None:
        raise SlackError("message_not_found")
    text, blocks = _content(args)
    if "metadata" in args.values:
        message.metadata = _metadata(args)
    # Slack keeps the blocks that an update does not mention.
    message.show(
        text if "text" in args.values else message.text,
        message.blocks if blocks is None else with_ids(blocks),
    )
    workspace.journal.tell("slack.message_changed", channel=channel, ts=message.ts)
    return {
        "channel": channel,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(message, with_metadata=True),
    }


def delete_message(workspace: Workspace, args: Args) -> Json:
    message = workspace.message(args.needed("channel"), args.needed("ts"))
    if message is None:
        raise SlackError("message_not_found")
    message.deleted = True
    workspace.journal.tell("slack.message_changed", channel=message.channel, ts=message.ts)
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(workspace: Workspace, args: Args) -> Json:
    user = _user(workspace, args.needed("user"))
    channel = _channel(workspace, args.needed("channel"))
    if user.dm != channel:
        raise SlackError("user_not_in_channel")
    text, blocks = _content(args)
    message = show_only_to(
        workspace,
        user.id,
        channel,
        text,
        blocks or [],
        expected=workspace.interacted_lately(user.id),
    )
    return {"message_ts": message.ts}


def show_only_to(
    workspace: Workspace, user: str, channel: str, text: str, blocks: list[Json], *, expected: bool
) -> Message:
    message = Message(channel, workspace.next_ts(), BOT_USER, only_for=user)
    message.show(text, with_ids(blocks), expected=expected)
    workspace.ephemerals.append(message)
    workspace.journal.tell("slack.ephemeral", user=user, channel=channel, ts=message.ts)
    return message


def conversations_open(workspace: Workspace, args: Args) -> Json:
    if args.text("channel"):
        return {"channel": {"id": _channel(workspace, args.text("channel"))}}
    ids = [i for i in args.text("users").split(",") if i]
    if len(ids) != 1:
        raise SlackError(
            "users_list_not_supplied" if not ids else "method_not_supported_for_channel_type"
        )
    user = _user(workspace, ids[0])
    if user.deleted:
        raise SlackError("user_disabled")
    known = bool(user.dm)
    channel = {"id": workspace.open_dm(user), "user": user.id, "is_im": True}
    return {"channel": channel, "no_op": known, "already_open": known}


def history(workspace: Workspace, args: Args) -> Json:
    messages = [m for m in _readable(workspace, args) if not m.thread_ts]
    return _page(messages[::-1], args)


def replies(workspace: Workspace, args: Args) -> Json:
    ts = args.needed("ts")
    found = [m for m in _readable(workspace, args) if ts in (m.ts, m.thread_ts)]
    if not found:
        raise SlackError("thread_not_found")
    return _page(found, args)


def _readable(workspace: Workspace, args: Args) -> list[Message]:
    if (channel := args.needed("channel")) not in workspace.messages:
        raise SlackError("channel_not_found")
    oldest, latest = float(args.text("oldest", "0")), float(args.text("latest") or "inf")
    inclusive = args.flag("inclusive")
    return [
        m
        for m in workspace.messages[channel]
        if not m.deleted
        and (oldest < float(m.ts) < latest or (inclusive and float(m.ts) in (oldest, latest)))
    ]


def _page(messages: list[Message], args: Args) -> Json:
    limit, start = int(args.text("limit") or 100), int(args.text("cursor") or 0)
    chosen, more = messages[start : start + limit], len(messages) > start + limit
    everything = args.flag("include_all_metadata")
    return {
        "messages": [message_json(m, with_metadata=everything) for m in chosen],
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }


def views_open(workspace: Workspace, args: Args) -> Json:
    data = checked_view(args.nested("view", "invalid_arguments"))
    trigger = workspace.use_trigger(args.needed("trigger_id"))
    return {"view": view_json(open_view(workspace, trigger.user, data, args.text("trigger_id")))}


def views_push(workspace: Workspace, args: Args) -> Json:
    data = checked_view(args.nested("view", "invalid_arguments"))
    trigger = workspace.use_trigger(args.needed("trigger_id"))
    if not workspace.stack(trigger.user):
        raise SlackError("no_open_view")
    return {
        "view": view_json(
            open_view(workspace, trigger.user, data, args.text("trigger_id"), on_top=True)
        )
    }


def views_update(workspace: Workspace, args: Args) -> Json:
    data = checked_view(args.nested("view", "invalid_arguments"))
    view = _find_view(workspace, args)
    if args.text("hash") not in ("", view.hash):
        raise SlackError("hash_conflict")
    change_view(workspace, view, data)
    return {"view": view_json(view)}


def views_publish(workspace: Workspace, args: Args) -> Json:
    user = _user(workspace, args.needed("user_id"))
    data = checked_view(args.nested("view", "invalid_arguments"))
    view = workspace.homes.setdefault(user.id, View(workspace.new_id("V"), user.id, {}, ""))
    if args.text("hash") not in ("", view.hash):
        raise SlackError("hash_conflict")
    view.show(data)
    workspace.journal.tell("slack.home", user=user.id)
    return {"view": view_json(view)}


def _find_view(workspace: Workspace, args: Args) -> View:
    wanted, external = args.text("view_id"), args.text("external_id")
    for view in [*workspace.views.values(), *workspace.homes.values()]:
        if (
            view.id == wanted or (external and view.data.get("external_id") == external)
        ) and view.open:
            return view
    raise SlackError("not_found")


def users_info(workspace: Workspace, args: Args) -> Json:
    return {"user": user_json(_user(workspace, args.needed("user")))}


def users_lookup(workspace: Workspace, args: Args) -> Json:
    email = args.needed("email").lower()
    for user in workspace.users.values():
        if user.email.lower() == email and not user.deleted:
            return {"user": user_json(user)}
    raise SlackError("users_not_found")


def users_list(workspace: Workspace, args: Args) -> Json:
    start, limit = int(args.text("cursor") or 0), int(args.text("limit") or 1000)
    users = list(workspace.users.values())
    following = str(start + limit) if len(users) > start + limit else ""
    members = [user_json(u) for u in users[start : start + limit]]
    return {"members": members, "response_metadata": {"next_cursor": following}}


def team_info(workspace: Workspace, args: Args) -> Json:
    return {
        "team": {
            "id": TEAM,
            "name": "Stand-in",
            "domain": "standin",
            "email_domain": "hospital.example",
            "plan": "free",
        }
    }


def _user(workspace: Workspace, user_id: str) -> User:
    if (user := workspace.users.get(user_id)) is None:
        raise SlackError("user_not_found")
    return user


def _channel(workspace: Workspace, given: str) -> str:
    """The conversation to post to: a user id opens the direct message. Raises what a post to this person gets."""
    user = workspace.users.get(given) or workspace.user_of_dm(given)
    if user is None:
        raise SlackError("channel_not_found")
    if user.refuse:
        raise SlackError(user.refuse)
    return workspace.open_dm(user)


def _content(args: Args) -> tuple[str, list[Json] | None]:
    text, blocks = args.text("text"), args.nested("blocks", "invalid_blocks_format")
    if blocks is not None and (problems := problems_of_message(blocks)):
        raise SlackError(
            "invalid_blocks", errors=problems, response_metadata={"messages": problems}
        )
    if not text and not blocks:
        raise SlackError("no_text")
    if len(text) > LONGEST_TEXT:
        raise SlackError("msg_too_long")
    return text, blocks


def _metadata(args: Args) -> Json | None:
    data = args.nested("metadata", "invalid_metadata_format")
    if data is None:
        return None
    if (
        not isinstance(data, dict)
        or not data.get("event_type")
        or not isinstance(data.get("event_payload"), dict)
    ):
        raise SlackError("invalid_metadata_schema")
    return data


def message_json(message: Message, *, with_metadata: bool = False) -> Json:
    data: Json = {
        "type": "message",
        "user": message.user,
        "bot_id": BOT,
        "app_id": APP,
        "team": TEAM,
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
    }
    if message.updated:
        data["edited"] = {"user": BOT_USER, "ts": f"{message.versions[-1].at:.6f}"}
    if message.thread_ts:
        data["thread_ts"] = message.thread_ts
    if with_metadata and message.metadata:
        data["metadata"] = message.metadata
    return data


def user_json(user: User) -> Json:
    return {
        "id": user.id,
        "team_id": TEAM,
        "name": user.handle,
        "real_name": user.name,
        "deleted": user.deleted,
        "tz": user.tz,
        "is_bot": False,
        "profile": {"real_name": user.name, "display_name": user.name, "email": user.email},
    }


@dataclass(frozen=True)
class Method:
    run: Callable[[Workspace, Args], Json]
    scope: str = ""
    by_app: bool = False


METHODS: Mapping[str, Method] = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(connections_open, by_app=True),
    "chat.postMessage": Method(post_message, "chat:write"),
    "chat.update": Method(update_message, "chat:write"),
    "chat.delete": Method(delete_message, "chat:write"),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write"),
    "conversations.open": Method(conversations_open, "im:write"),
    "conversations.history": Method(history, "im:history"),
    "conversations.replies": Method(replies, "im:history"),
    "views.open": Method(views_open),
    "views.push": Method(views_push),
    "views.update": Method(views_update),
    "views.publish": Method(views_publish),
    "users.info": Method(users_info, "users:read"),
    "users.lookupByEmail": Method(users_lookup, "users:read.email"),
    "users.list": Method(users_list, "users:read"),
    "team.info": Method(team_info, "team:read"),
}
ALL_SCOPES = frozenset({m.scope for m in METHODS.values() if m.scope} | {"commands"})
