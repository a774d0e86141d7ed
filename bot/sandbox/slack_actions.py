"""What people do in Slack: the envelope that the app gets, and what its ack does to the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bot.sandbox.journal import Json
from bot.sandbox.realtime import epoch
from bot.sandbox.slack_checks import problems_of_message
from bot.sandbox.slack_forms import shortfalls, state
from bot.sandbox.slack_messages import message_json, show_only_to
from bot.sandbox.slack_socket import Ack
from bot.sandbox.slack_state import APP, BOT_USER, TEAM, Message, SlackError, User, View, Workspace
from bot.sandbox.slack_views import change_view, checked_view, close_view, open_view, view_json


class Deliver(Protocol):
    def __call__(
        self, kind: str, payload: Json, *, answerable: bool = True, **more: object
    ) -> Awaitable[Ack]: ...


Outcome = Literal["acknowledged", "closed", "errors", "updated", "pushed", "failed"]


@dataclass(frozen=True)
class Did:
    """What the person saw at once; `error` is what Slack shows.

    `trigger` ties the modal that a listener opens later to this act.
    """

    outcome: Outcome
    trigger: str = ""
    error: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    view: View | None = None


@dataclass
class Hands:
    """One workspace's people at work: every act is one envelope and its acknowledgment."""

    workspace: Workspace
    deliver: Deliver

    async def act_on_message(
        self, user: User, message: Message, block: Json, element: Json, chosen: Json
    ) -> Did:
        """Press a button or choose in a menu in a message."""
        trigger = self.workspace.new_trigger(user.id)
        container = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
        payload = {
            **self._action(user, trigger, block, element, chosen),
            "container": {**container, "is_ephemeral": message.only_for is not None},
            "channel": {"id": message.channel, "name": "directmessage"},
            "message": message_json(message, with_metadata=True),
            "state": {"values": {}},
            "response_url": self.workspace.new_response_url(user.id, message.channel, message),
        }
        return _did(await self.deliver("interactive", payload), trigger)

    async def act_on_view(
        self, user: User, view: View, block: Json, element: Json, chosen: Json
    ) -> Did:
        """Press a button or choose in a menu in a modal or on the Home tab."""
        trigger = self.workspace.new_trigger(user.id, view.id)
        payload = {
            **self._action(user, trigger, block, element, chosen),
            "container": {"type": "view", "view_id": view.id},
            "view": view_json(view),
        }
        return _did(await self.deliver("interactive", payload), trigger)

    async def command(self, user: User, command: str, text: str) -> Did:
        trigger, channel = self.workspace.new_trigger(user.id), self.workspace.open_dm(user)
        payload = {
            "token": "standin",
            "team_id": TEAM,
            "team_domain": "standin",
            "channel_id": channel,
            "channel_name": "directmessage",
            "user_id": user.id,
            "user_name": user.handle,
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self.workspace.new_response_url(user.id, channel),
            "trigger_id": trigger,
        }
        ack = await self.deliver("slash_commands", payload)
        return self._replied(ack, trigger, user, channel)

    def _replied(self, ack: Ack, trigger: str, user: User, channel: str) -> Did:
        """Show what came with the acknowledgment of a command, if anything."""
        answer = ack.payload or {}
        text, blocks = str(answer.get("text") or ""), answer.get("blocks") or []
        if problems := problems_of_message(blocks):
            return Did("failed", trigger, f"invalid_blocks: {problems}")
        if text or blocks:
            show_only_to(self.workspace, user.id, channel, text, blocks, expected=True)
        return _did(ack, trigger)

    async def open_home(self, user: User) -> Did:
        event: Json = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": self.workspace.open_dm(user),
            "tab": "home",
        }
        if home := self.workspace.homes.get(user.id):
            event["view"] = view_json(home)
        payload = {
            "token": "standin",
            "team_id": TEAM,
            "api_app_id": APP,
            "type": "event_callback",
            "event": {**event, "event_ts": f"{epoch():.6f}"},
            "event_id": self.workspace.new_id("Ev"),
            "event_time": int(epoch()),
            "authorizations": [
                {
                    "team_id": TEAM,
                    "user_id": BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }
        return _did(
            await self.deliver(
                "events_api", payload, answerable=False, retry_attempt=0, retry_reason=""
            )
        )

    async def submit(self, user: User, view: View, given: Mapping[str, Any]) -> Did:
        """Fill in and submit a modal. What Slack's client refuses itself never reaches the app."""
        view.values = state(view, given)
        if problems := shortfalls(view, view.values):
            return Did("errors", errors=problems, view=view)
        trigger = self.workspace.new_trigger(user.id, view.id)
        payload = {
            **self._from(user, "view_submission"),
            "trigger_id": trigger,
            "view": view_json(view),
            "response_urls": [],
        }
        ack = await self.deliver("interactive", payload)
        if ack.error:
            return Did(
                "failed",
                trigger,
                f"We had some trouble connecting. Try again? ({ack.error})",
                view=view,
            )
        return self._answered(view, trigger, ack.payload or {})

    def _answered(self, view: View, trigger: str, answer: Json) -> Did:
        try:
            match answer.get("response_action"):
                case "errors":
                    return self._with_errors(view, trigger, answer)
                case "update":
                    change_view(self.workspace, view, checked_view(answer.get("view")))
                    return Did("updated", trigger, view=view)
                case "push":
                    data = checked_view(answer.get("view"))
                    return Did(
                        "pushed",
                        trigger,
                        view=open_view(self.workspace, view.user, data, trigger, on_top=True),
                    )
                case action:
                    close_view(self.workspace, view, everything=action == "clear")
                    return Did("closed", trigger)
        except SlackError as refused:
            return Did(
                "failed",
                trigger,
                f"We had some trouble connecting. Try again? ({refused.answer})",
                view=view,
            )

    def _with_errors(self, view: View, trigger: str, answer: Json) -> Did:
        errors: dict[str, str] = answer.get("errors") or {}
        inputs = {b["block_id"] for b in view.data["blocks"] if b["type"] == "input"}
        if not errors or not errors.keys() <= inputs:
            return Did(
                "failed",
                trigger,
                "We had some trouble connecting. Try again? (errors must name input blocks)",
                view=view,
            )
        return Did("errors", trigger, errors=errors, view=view)

    async def close(self, user: User, view: View, *, cleared: bool = False) -> Did:
        """Press Cancel or the ×. The app hears of it only if it asked to (`notify_on_close`)."""
        close_view(
            self.workspace, view, everything=cleared or bool(view.data.get("clear_on_close"))
        )
        if not view.data.get("notify_on_close"):
            return Did("closed")
        payload = {
            **self._from(user, "view_closed"),
            "view": view_json(view),
            "is_cleared": cleared,
        }
        ack = await self.deliver("interactive", payload)
        return Did("closed", error=ack.error)

    def _from(self, user: User, kind: str) -> Json:
        return {
            "type": kind,
            "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": TEAM},
            "api_app_id": APP,
            "token": "standin",
            "team": {"id": TEAM, "domain": "standin"},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _action(self, user: User, trigger: str, block: Json, element: Json, chosen: Json) -> Json:
        shown: Json = {k: element[k] for k in ("text", "value", "style") if k in element}
        action: Json = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            **shown,
        }
        actions = [{**action, **chosen, "action_ts": f"{epoch():.6f}"}]
        source = self._from(user, "block_actions")
        return {**source, "trigger_id": trigger, "actions": actions}


def _did(ack: Ack, trigger: str = "") -> Did:
    return Did("failed" if ack.error else "acknowledged", trigger, ack.error)
