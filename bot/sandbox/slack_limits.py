"""Slack's published limits for blocks and views, as data; slack_checks.py walks over them.

Lengths: https://docs.slack.dev/reference/block-kit/blocks, …/block-elements,
…/composition-objects and …/reference/views.
Blocks that Readback has no use for (video, table, file, …) are refused as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "str",
    "bool",
    "int",
    "plain",
    "text",
    "option",
    "options",
    "groups",
    "confirm",
    "element",
    "elements",
    "texts",
    "config",
]


@dataclass(frozen=True)
class Field:
    """`most`: characters of a text, items of a list, the greatest int; `each`: of listed texts."""

    kind: Kind
    most: int | None = None
    required: bool = False
    of: frozenset[str] = frozenset()
    choices: frozenset[str] = frozenset()
    each: int | None = None


def _one_of(*names: str) -> frozenset[str]:
    return frozenset(names)


ACTION_ID = Field("str", 255)
PLACEHOLDER = Field("plain", 150)
SELECTS = _one_of(
    "static_select",
    "multi_static_select",
    "users_select",
    "multi_users_select",
    "conversations_select",
)
CHOOSERS = SELECTS | {"radio_buttons", "checkboxes", "datepicker", "timepicker", "datetimepicker"}
TYPED = _one_of("plain_text_input", "email_text_input", "url_text_input", "number_input")
_COMMON: Mapping[str, Field] = {
    "action_id": ACTION_ID,
    "confirm": Field("confirm"),
    "focus_on_load": Field("bool"),
}
_TYPED: Mapping[str, Field] = {
    "action_id": ACTION_ID,
    "placeholder": PLACEHOLDER,
    "initial_value": Field("str", 3000),
    "dispatch_action_config": Field("config"),
    "focus_on_load": Field("bool"),
}
_SELECT: Mapping[str, Field] = {**_COMMON, "placeholder": PLACEHOLDER}
_MULTI: Mapping[str, Field] = {**_SELECT, "max_selected_items": Field("int", 100)}
_STATIC: Mapping[str, Field] = {
    "options": Field("options", 100, each=75),
    "option_groups": Field("groups", 100),
}

ELEMENTS: Mapping[str, Mapping[str, Field]] = {
    "button": {
        "action_id": ACTION_ID,
        "confirm": Field("confirm"),
        "text": Field("plain", 75, required=True),
        "url": Field("str", 3000),
        "value": Field("str", 2000),
        "style": Field("str", choices=_one_of("primary", "danger")),
        "accessibility_label": Field("str", 75),
    },
    "overflow": {
        "action_id": ACTION_ID,
        "confirm": Field("confirm"),
        "options": Field("options", 5, required=True, each=75),
    },
    "static_select": {**_SELECT, **_STATIC, "initial_option": Field("option", 75)},
    "multi_static_select": {**_MULTI, **_STATIC, "initial_options": Field("options", 100, each=75)},
    "users_select": {**_SELECT, "initial_user": Field("str")},
    "multi_users_select": {**_MULTI, "initial_users": Field("texts")},
    "conversations_select": {
        **_SELECT,
        "initial_conversation": Field("str"),
        "default_to_current_conversation": Field("bool"),
    },
    "radio_buttons": {
        **_COMMON,
        "options": Field("options", 10, required=True, each=75),
        "initial_option": Field("option", 75),
    },
    "checkboxes": {
        **_COMMON,
        "options": Field("options", 10, required=True, each=75),
        "initial_options": Field("options", 10, each=75),
    },
    "datepicker": {**_SELECT, "initial_date": Field("str", 10)},
    "timepicker": {**_SELECT, "initial_time": Field("str", 5), "timezone": Field("str")},
    "datetimepicker": {**_COMMON, "initial_date_time": Field("int", 9_999_999_999)},
    "plain_text_input": {
        **_TYPED,
        "multiline": Field("bool"),
        "min_length": Field("int", 3000),
        "max_length": Field("int", 3000),
    },
    "email_text_input": _TYPED,
    "url_text_input": _TYPED,
    "number_input": {
        **_TYPED,
        "is_decimal_allowed": Field("bool", required=True),
        "min_value": Field("str"),
        "max_value": Field("str"),
    },
    "image": {
        "image_url": Field("str", 3000, required=True),
        "alt_text": Field("str", 2000, required=True),
    },
    "mrkdwn": {"text": Field("str", 3000, required=True), "verbatim": Field("bool")},
    "plain_text": {"text": Field("str", 3000, required=True), "emoji": Field("bool")},
}

BLOCKS: Mapping[str, Mapping[str, Field]] = {
    "section": {
        "text": Field("text", 3000),
        "fields": Field("texts", 10, each=2000),
        "accessory": Field("element", of=CHOOSERS | {"button", "overflow", "image"}),
        "expand": Field("bool"),
    },
    "actions": {
        "elements": Field("elements", 25, required=True, of=CHOOSERS | {"button", "overflow"})
    },
    "context": {
        "elements": Field(
            "elements", 10, required=True, of=_one_of("image", "mrkdwn", "plain_text")
        )
    },
    "divider": {},
    "header": {"text": Field("plain", 150, required=True)},
    "image": {
        "image_url": Field("str", 3000, required=True),
        "alt_text": Field("str", 2000, required=True),
        "title": Field("plain", 2000),
    },
    "input": {
        "label": Field("plain", 2000, required=True),
        "element": Field("element", required=True, of=CHOOSERS | TYPED),
        "hint": Field("plain", 2000),
        "optional": Field("bool"),
        "dispatch_action": Field("bool"),
    },
    "markdown": {"text": Field("str", 12000, required=True)},
}

_VIEW: Mapping[str, Field] = {
    "private_metadata": Field("str", 3000),
    "callback_id": Field("str", 255),
    "external_id": Field("str", 255),
}
VIEWS: Mapping[str, Mapping[str, Field]] = {
    "modal": {
        **_VIEW,
        "title": Field("plain", 24, required=True),
        "submit": Field("plain", 24),
        "close": Field("plain", 24),
        "clear_on_close": Field("bool"),
        "notify_on_close": Field("bool"),
    },
    "home": _VIEW,
}
CONFIRM: Mapping[str, Field] = {
    "title": Field("plain", 100, required=True),
    "text": Field("text", 300, required=True),
    "confirm": Field("plain", 30, required=True),
    "deny": Field("plain", 30, required=True),
    "style": Field("str", choices=_one_of("primary", "danger")),
}
OPTION: Mapping[str, Field] = {
    "value": Field("str", 150, required=True),
    "description": Field("text", 75),
    "url": Field("str", 3000),
}
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
