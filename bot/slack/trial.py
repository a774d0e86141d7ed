"""Whether Slack would let Readback work: asked by `readback check` and before people are imported.

Nothing is posted. Answers are looked at, never shown: they name people.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.slack import SlackSettings
from bot.slack.transport import web_client

SCOPES = frozenset({"chat:write", "commands", "im:history", "im:write", "users:read"})
TIMEOUT = 10


class SlackRefused(Exception):
    """Slack said no, or nothing at all. The text is its error code or where the connection broke."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the bot token is at home, and which of SCOPES it lacks."""

    team_id: str
    name: str
    lacks: frozenset[str]


def workspace(settings: SlackSettings) -> Workspace:
    """Ask whose the bot token is (auth.test). Raises SlackRefused."""
    client = web_client(settings, TIMEOUT)
    answer = _asked(lambda: client.auth_test(token=settings.bot_token))
    granted = str(answer.headers.get("x-oauth-scopes", ""))
    scopes = {scope.strip() for scope in granted.split(",") if scope.strip()}
    lacks = SCOPES - scopes if scopes else frozenset()
    return Workspace(str(answer["team_id"]), str(answer["team"]), frozenset(lacks))


def open_socket(settings: SlackSettings) -> None:
    """Ask for a Socket Mode address and leave it unused. Raises SlackRefused."""
    client = web_client(settings, TIMEOUT)
    _asked(lambda: client.apps_connections_open(app_token=settings.app_token))


def gone(settings: SlackSettings, user: str) -> str:
    """Why this member gets no message: deactivated, or Slack's own word. Empty: nothing is wrong.

    Raises SlackRefused where the question could not be answered.
    """
    client = web_client(settings, TIMEOUT)
    try:
        answer = _asked(lambda: client.users_info(user=user, token=settings.bot_token))
    except SlackRefused as refused:
        if str(refused) in {"user_not_found", "user_not_visible"}:
            return str(refused)
        raise
    user_told: dict[str, Any] = answer["user"]
    return "deactivated" if user_told.get("deleted") else ""


def _asked(call: Callable[[], SlackResponse]) -> SlackResponse:
    try:
        return call()
    except SlackApiError as error:
        raise SlackRefused(str(error.response.get("error", "no_reason"))) from None
    except (OSError, HTTPException) as error:
        raise SlackRefused(f"no connection ({type(error).__name__})") from None
