"""What a person enters, as `view.state.values` keeps it, and what Slack's client refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.journal import Json
from bot.sandbox.slack_state import View

# element type → (key in the state, key of the first value in the element)
STATE_KEYS: Mapping[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}


@dataclass(frozen=True)
class Entry:
    """One thing to fill in. `label` is what the person reads beside it."""

    block_id: str
    action_id: str
    label: str
    element: Json
    optional: bool
    is_input: bool

    @property
    def names(self) -> tuple[str, str, str]:
        return (self.label, self.block_id, self.action_id)


def entries(view: View) -> list[Entry]:
    """The fields of a view in the order in which they are shown."""
    found: list[Entry] = []
    for block in view.data["blocks"]:
        for element in elements_of(block):
            if element.get("type") in STATE_KEYS:
                label = block.get("label", {}).get("text") or block.get("text", {}).get("text", "")
                optional, is_input = bool(block.get("optional", False)), block["type"] == "input"
                found.append(
                    Entry(
                        block["block_id"], element["action_id"], label, element, optional, is_input
                    )
                )
    return found


def elements_of(block: Json) -> list[Json]:
    """The interactive elements of a block."""
    alone = [block[place] for place in ("element", "accessory") if place in block]
    return alone + (block["elements"] if block["type"] == "actions" else [])


def options_of(element: Json) -> list[Json]:
    grouped = [o for group in element.get("option_groups", []) for o in group["options"]]
    return [*element.get("options", []), *grouped]


def entered(element: Json, given: object) -> Json:
    """The state of one element after `given` was entered.

    That is text, an option's label or value, or a list of them. Raises ValueError.
    """
    key = STATE_KEYS[element["type"]][0]
    match key:
        case "selected_option":
            value: object = None if given is None else _option(element, given)
        case "selected_options":
            several = given if isinstance(given, list | tuple) else [given]
            value = [_option(element, one) for one in several if one is not None]
        case "value":
            value = None if given in (None, "") else str(given)
        case _:
            value = given
    return {"type": element["type"], key: value}


def _option(element: Json, given: object) -> Json:
    options = options_of(element)
    for option in options:
        if given in (option["text"]["text"], option["value"]):
            return option
    labels = ", ".join(repr(o["text"]["text"]) for o in options)
    raise ValueError(f"there is no option {given!r}: there are {labels}")


def state(view: View, given: Mapping[str, Any]) -> Json:
    """`view.state.values`: what the person entered by label, block id or action id; else as before.

    Raises ValueError naming the fields that exist when a name fits none.
    """
    fields = entries(view)
    unknown = [name for name in given if not any(name in f.names for f in fields)]
    if unknown:
        labels = ", ".join(repr(f.label) for f in fields) or "none"
        raise ValueError(f"there is no field {unknown[0]!r}: there are {labels}")
    values: Json = {}
    for field in fields:
        named = [given[name] for name in field.names if name in given]
        kept = view.values.get(field.block_id, {}).get(field.action_id)
        fresh = entered(field.element, named[0]) if named else kept or _first(field.element)
        values.setdefault(field.block_id, {})[field.action_id] = fresh
    return values


def _first(element: Json) -> Json:
    key, initial = STATE_KEYS[element["type"]]
    empty: Any = [] if key in ("selected_options", "selected_users") else None
    return {"type": element["type"], key: element.get(initial, empty)}


def shortfalls(view: View, values: Json) -> dict[str, str]:
    """What Slack's client itself refuses, by block id: required but empty, a length not kept."""
    found: dict[str, str] = {}
    for field in entries(view):
        value = values[field.block_id][field.action_id][STATE_KEYS[field.element["type"]][0]]
        if field.is_input and (problem := _shortfall(field, value)):
            found[field.block_id] = problem
    return found


def _shortfall(field: Entry, value: object) -> str | None:
    if not value:
        return None if field.optional else "Please complete this required field."
    if not isinstance(value, str) or field.element["type"] != "plain_text_input":
        return None
    least, most = field.element.get("min_length", 0), field.element.get("max_length", 3000)
    if len(value) < least:
        return f"Please enter at least {least} characters."
    return f"Please enter at most {most} characters." if len(value) > most else None
