"""A call's arguments, and whom they name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack_state import SlackError, User, Workspace


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


def user_of(workspace: Workspace, user_id: str) -> User:
    if (user := workspace.users.get(user_id)) is None:
        raise SlackError("user_not_found")
    return user


def channel_of(workspace: Workspace, given: str) -> str:
    """The conversation to post to; a user id opens the direct message.

    Raises SlackError when there is none, or when this person is set to refuse.
    """
    user = workspace.users.get(given) or workspace.user_of_dm(given)
    if user is None:
        raise SlackError("channel_not_found")
    if user.refuse:
        raise SlackError(user.refuse)
    return workspace.open_dm(user)
