"""Blocks and views that the tests post."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def text(content: str, kind: str = "plain_text") -> Json:
    return {"type": kind, "text": content}


def section(content: str = "*Critical* imaging result") -> Json:
    return {"type": "section", "text": text(content, "mrkdwn")}


def button(label: str = "Acknowledge", action_id: str = "ack", value: str = "K7QX") -> Json:
    return {"type": "button", "text": text(label), "action_id": action_id, "value": value}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements) or [button()]}


def words(block_id: str = "words", **more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "w", **more}
    return {
        "type": "input",
        "block_id": block_id,
        "label": text("In your own words"),
        "element": element,
    }


def option(label: str, value: str) -> Json:
    return {"text": text(label), "value": value}


def reasons() -> Json:
    options = [option("Not my patient", "not_mine"), option("Off shift", "off_shift")]
    element = {"type": "radio_buttons", "action_id": "r", "options": options}
    return {"type": "input", "block_id": "reason", "label": text("Reason"), "element": element}


def modal(*blocks: Json, title: str = "Acknowledge", **more: Any) -> Json:
    shown = list(blocks) or [section(), words()]
    view = {"type": "modal", "callback_id": "ack", "title": text(title), "blocks": shown}
    return {**view, "submit": text("Confirm"), "close": text("Cancel"), **more}


PAGE = [section(), actions(button(), button("I can't take this", "decline", "K7QX"))]
