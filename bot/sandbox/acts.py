"""The world as JSON: for a page that shows it, and for the hands of who sits before that page."""

from __future__ import annotations

from typing import Any, get_args

from bot.sandbox.journal import Json
from bot.sandbox.phone_acts import calls_of, on_phone
from bot.sandbox.slack_actions import Did
from bot.sandbox.slack_forms import elements_of, entered
from bot.sandbox.slack_render import rendered, rendered_view
from bot.sandbox.slack_state import Message, User, View
from bot.sandbox.slack_views import view_json
from bot.sandbox.stage import Stage
from bot.sandbox.twilio_rules import Delivery
from bot.sandbox.twilio_sms import Sms


class CannotAct(ValueError):
    """The act names something that is not there. The text says what; it is safe to show."""


async def act(stage: Stage, what: Json) -> Json:
    """One act of one person. Raises CannotAct.

    {"do": "click", "user", "ts" or "view_id", "action_id", "value"?}   value: an option, a date …
    {"do": "submit", "user", "view_id", "values": {label, block id or action id: value}}
    {"do": "close", "user", "view_id"}                {"do": "home", "user"}
    {"do": "command", "user", "command"?, "text"}     {"do": "sms", "from", "body"}
    {"do": "phone", "number", "state"}    on, off, blocked, unreachable, held, no receipt
    {"do": "answers" | "keys" | "hang_up", …}    see phone_acts.py
    {"do": "slack_down" | "twilio_down", "down"}
    """
    match what.get("do"):
        case "sms":
            sms = await stage.twilio.carrier.receive(
                _needed(what, "from"), _needed(what, "body"), stage.twilio.from_number
            )
            return {"ok": True, "sms": _sms(sms)}
        case "phone":
            return await _phone(stage, what)
        case "answers" | "keys" | "hang_up":
            try:
                return await on_phone(stage, what)
            except ValueError as wrong:
                raise CannotAct(str(wrong)) from None
        case "slack_down" | "twilio_down":
            return await _down(stage, what)
        case "click" | "submit" | "close" | "home" | "command":
            return _result(await _in_slack(stage, what))
        case other:
            raise CannotAct(f"there is no act {other!r}")


async def _phone(stage: Stage, what: Json) -> Json:
    state: Delivery = what.get("state", "on")
    if state not in get_args(Delivery):
        raise CannotAct(f"a phone is {', '.join(get_args(Delivery))}, not {state!r}")
    await stage.twilio.carrier.set_delivery(_needed(what, "number"), state)
    return {"ok": True}


async def _down(stage: Stage, what: Json) -> Json:
    down = bool(what.get("down", True))
    provider = stage.slack if what["do"] == "slack_down" else stage.twilio
    provider.faults.down = down
    if provider is stage.slack and down:
        await stage.slack.socket.cut()
    stage.journal.tell(what["do"], down=down)
    return {"ok": True}


async def _in_slack(stage: Stage, what: Json) -> Did:
    user, hands = _user(stage, what), stage.slack.hands
    match what["do"]:
        case "command":
            return await hands.command(user, what.get("command", "/readback"), what.get("text", ""))
        case "home":
            return await hands.open_home(user)
        case "close":
            return await hands.close(user, _view(stage, user, what))
        case "submit":
            try:
                return await hands.submit(user, _view(stage, user, what), what.get("values") or {})
            except ValueError as wrong:
                raise CannotAct(str(wrong)) from None
        case _:
            return await _click(stage, user, what)


async def _click(stage: Stage, user: User, what: Json) -> Did:
    if "view_id" in what:
        view = _view(stage, user, what)
        block, element = _element(view.data["blocks"], what)
        return await stage.slack.hands.act_on_view(
            user, view, block, element, _chosen(element, what)
        )
    message = _message(stage, user, what)
    block, element = _element(message.blocks, what)
    return await stage.slack.hands.act_on_message(
        user, message, block, element, _chosen(element, what)
    )


def _chosen(element: Json, what: Json) -> Json:
    return {} if element["type"] == "button" else entered(element, what.get("value"))


def _needed(what: Json, name: str) -> str:
    if not (value := what.get(name)):
        raise CannotAct(f"{what.get('do')} needs {name!r}")
    return str(value)


def _user(stage: Stage, what: Json) -> User:
    if user := stage.slack.workspace.users.get(_needed(what, "user")):
        return user
    raise CannotAct(f"nobody here has the id {what['user']!r}")


def _message(stage: Stage, user: User, what: Json) -> Message:
    ts, workspace = _needed(what, "ts"), stage.slack.workspace
    own = [m for m in workspace.ephemerals if m.only_for == user.id]
    for message in [*workspace.messages.get(user.dm, []), *own]:
        if message.ts == ts and not message.deleted:
            return message
    raise CannotAct(f"{user.name} has no message {ts}")


def _view(stage: Stage, user: User, what: Json) -> View:
    view_id, workspace = _needed(what, "view_id"), stage.slack.workspace
    home = workspace.homes.get(user.id)
    for view in [*workspace.stack(user.id), *([home] if home else [])]:
        if view.id == view_id:
            return view
    raise CannotAct(f"{user.name} has no open view {view_id}")


def _element(blocks: list[Json], what: Json) -> tuple[Json, Json]:
    action_id = _needed(what, "action_id")
    for block in blocks:
        for element in elements_of(block):
            if (
                element.get("action_id") == action_id
                and what.get("block_id", block["block_id"]) == block["block_id"]
            ):
                return block, element
    raise CannotAct(f"there is nothing with the action_id {action_id!r} to act on")


def _result(did: Did) -> Json:
    return {
        "ok": did.error is None,
        "outcome": did.outcome,
        "error": did.error,
        "errors": dict(did.errors),
        "view_id": did.view.id if did.view else None,
    }


def snapshot(stage: Stage) -> Json:
    """Everybody's screens: Slack users with messages and open modals, phones with their threads."""
    workspace, carrier = stage.slack.workspace, stage.twilio.carrier
    return {
        "users": [_screen(stage, user) for user in workspace.users.values()],
        "phones": [_thread(stage, number) for number in carrier.handsets],
        "slack": {"down": stage.slack.faults.down, "connections": len(stage.slack.socket.links)},
        "twilio": {"down": stage.twilio.faults.down, "under_way": carrier.under_way},
    }


def _screen(stage: Stage, user: User) -> Json:
    workspace, names = stage.slack.workspace, stage.names
    own = [m for m in workspace.ephemerals if m.only_for == user.id]
    messages = [m for m in [*workspace.messages.get(user.dm, []), *own] if not m.deleted]
    home = workspace.homes.get(user.id)
    return {
        "id": user.id,
        "name": user.name,
        "tz": user.tz,
        "deleted": user.deleted,
        "messages": [_shown(m, names) for m in sorted(messages, key=lambda m: float(m.ts))],
        "modals": [_open(v, names) for v in workspace.stack(user.id)],
        "home": _open(home, names) if home else None,
    }


def _shown(message: Message, names: dict[str, str]) -> Json:
    return {
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
        "plain": rendered(message.blocks, names) or message.text,
        "updated": message.updated,
        "ephemeral": message.only_for is not None,
        "thread_ts": message.thread_ts,
        "versions": len(message.versions),
    }


def _open(view: View, names: dict[str, str]) -> Json:
    return {**view_json(view), "plain": rendered_view(view.data, names)}


def _thread(stage: Stage, number: str) -> Json:
    handset = stage.twilio.carrier.handsets[number]
    thread = [_sms(m) for m in stage.twilio.carrier.of_number(number)]
    return {
        "number": number,
        "state": handset.delivery,
        "landline": handset.landline,
        "opted_out": handset.opted_out,
        "messages": thread,
        "answering": handset.answering,
        "calls": calls_of(stage, number),
    }


def _sms(sms: Sms) -> dict[str, Any]:
    return {
        "sid": sms.sid,
        "direction": sms.direction,
        "from": sms.from_,
        "to": sms.to,
        "body": sms.body,
        "at": (sms.sent or sms.created).isoformat(),
        "status": sms.status,
        "shown": sms.shown,
        "error_code": sms.error_code,
        "segments": sms.segments,
        "encoding": sms.encoding,
        "webhook_status": sms.webhook_status,
    }
