"""Messages: chat.* and the methods that read them back."""

from __future__ import annotations

from bot.sandbox.journal import Json
from bot.sandbox.slack_args import Args, channel_of, user_of
from bot.sandbox.slack_checks import problems_of_message
from bot.sandbox.slack_state import (
    APP,
    BOT,
    BOT_USER,
    TEAM,
    Message,
    SlackError,
    Workspace,
    with_ids,
)

LONGEST_TEXT = 40_000


def post_message(workspace: Workspace, args: Args) -> Json:
    channel = channel_of(workspace, args.needed("channel"))
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
    user = user_of(workspace, args.needed("user"))
    channel = channel_of(workspace, args.needed("channel"))
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
