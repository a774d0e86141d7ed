"""The Web API's methods: each a function of the workspace and the arguments, with its scope."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.sandbox.journal import Json
from bot.sandbox.slack_args import Args, channel_of, user_of
from bot.sandbox.slack_messages import (
    delete_message,
    history,
    post_ephemeral,
    post_message,
    replies,
    update_message,
)
from bot.sandbox.slack_state import (
    APP,
    BOT,
    BOT_USER,
    TEAM,
    SlackError,
    User,
    View,
    Workspace,
)
from bot.sandbox.slack_views import change_view, checked_view, open_view, view_json


def auth_test(_workspace: Workspace, _args: Args) -> Json:
    return {
        "url": "https://standin.slack.example/",
        "team": "Stand-in",
        "user": "readback",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
    }


def connections_open(workspace: Workspace, _args: Args) -> Json:
    host = workspace.base_url.removeprefix("http://")
    ticket = secrets.token_hex(16)
    workspace.tickets.add(ticket)
    return {"url": f"ws://{host}/slack/link?ticket={ticket}&app_id={APP}"}


def conversations_open(workspace: Workspace, args: Args) -> Json:
    if args.text("channel"):
        return {"channel": {"id": channel_of(workspace, args.text("channel"))}}
    ids = [i for i in args.text("users").split(",") if i]
    if len(ids) != 1:
        raise SlackError(
            "users_list_not_supplied" if not ids else "method_not_supported_for_channel_type"
        )
    user = user_of(workspace, ids[0])
    if user.deleted:
        raise SlackError("user_disabled")
    known = bool(user.dm)
    channel = {"id": workspace.open_dm(user), "user": user.id, "is_im": True}
    return {"channel": channel, "no_op": known, "already_open": known}


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
    user = user_of(workspace, args.needed("user_id"))
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
    return {"user": user_json(user_of(workspace, args.needed("user")))}


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


def team_info(_workspace: Workspace, _args: Args) -> Json:
    return {
        "team": {
            "id": TEAM,
            "name": "Stand-in",
            "domain": "standin",
            "email_domain": "hospital.example",
            "plan": "free",
        }
    }


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
