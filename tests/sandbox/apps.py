"""What a bolt app does in tests: it opens modals and takes their submissions."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

Json = dict[str, Any]


def opens(app: App, view: Json, action: str = "ack") -> None:
    """The app answers a press of `action` with this modal."""

    @app.action(action)
    def listener(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=view)


def submitted(app: App, **answer: Any) -> list[Json]:
    """The app acknowledges submissions with `answer`; returns the list that they are put in."""
    found: list[Json] = []

    @app.view("ack")
    def listener(ack: Ack, body: Json) -> None:
        found.append(body["view"])
        ack(**answer)

    return found
