"""What Slack would refuse in blocks and views: one walk over the limits of slack_limits.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.slack_limits import BLOCKS, CONFIRM, ELEMENTS, MOST_BLOCKS, OPTION, VIEWS, Field

Problems = Iterator[str]


def problems_of_message(blocks: object) -> list[str]:
    """What Slack would refuse in a message's blocks; nothing when it would take them.

    Each is a line like `[ERROR] no more than 50 items allowed [json-pointer:/blocks]`.
    """
    return list(_blocks(blocks, "/blocks", MOST_BLOCKS["message"]))


def problems_of_view(view: object) -> list[str]:
    """What Slack would refuse in a modal or a Home tab; empty when it would take it."""
    return list(_view(view))


def _kind(thing: dict[str, Any]) -> str:
    """The type that a block, an element or a view says it is; nonsense in its place is no type."""
    kind = thing.get("type")
    return kind if isinstance(kind, str) else ""


def _say(what: str, at: str) -> str:
    return f"[ERROR] {what} [json-pointer:{at}]"


def _view(view: object) -> Problems:
    if not isinstance(view, dict) or _kind(view) not in VIEWS:
        yield _say("must be a view of type modal or home", "/view")
        return
    yield from _fields(view, VIEWS[view["type"]], "/view", also=("type", "blocks"))
    if "blocks" not in view:
        yield _say("missing required field: blocks", "/view")
        return
    yield from _blocks(view["blocks"], "/view/blocks", MOST_BLOCKS[view["type"]])
    if view["type"] == "modal" and "submit" not in view and _has_input(view["blocks"]):
        yield _say("missing required field: submit (the modal has input blocks)", "/view")


def _has_input(blocks: object) -> bool:
    return isinstance(blocks, list) and any(
        isinstance(b, dict) and b.get("type") == "input" for b in blocks
    )


def _blocks(blocks: object, at: str, most: int) -> Problems:
    if not isinstance(blocks, list):
        yield _say("must be an array of blocks", at)
        return
    if len(blocks) > most:
        yield _say(f"no more than {most} items allowed", at)
    seen: set[str] = set()
    for n, block in enumerate(blocks):
        yield from _typed(block, BLOCKS, f"{at}/{n}", also=("type", "block_id"))
        if isinstance(block, dict):
            yield from _block_rules(block, f"{at}/{n}", seen)


def _block_rules(block: dict[str, Any], at: str, seen: set[str]) -> Problems:
    block_id = block.get("block_id")
    if block_id is not None:
        yield from _value(block_id, Field("str", 255), f"{at}/block_id")
        if str(block_id) in seen:
            yield _say(f"block_id {block_id} is used twice", f"{at}/block_id")
        seen.add(str(block_id))
    if block.get("type") == "section" and not block.get("text") and not block.get("fields"):
        yield _say("must have text or fields", at)
    elements = block.get("elements")
    ids = (
        [str(e["action_id"]) for e in elements if isinstance(e, dict) and "action_id" in e]
        if isinstance(elements, list)
        else []
    )
    for twice in {i for i in ids if ids.count(i) > 1}:
        yield _say(f"action_id {twice} already exists in this block", f"{at}/elements")


def _typed(
    thing: object,
    known: Mapping[str, Mapping[str, Field]],
    at: str,
    also: tuple[str, ...] = ("type",),
) -> Problems:
    if not isinstance(thing, dict):
        yield _say("must be an object", at)
    elif _kind(thing) not in known:
        yield _say(f"unsupported type: {thing.get('type')}", f"{at}/type")
    else:
        yield from _fields(thing, known[thing["type"]], at, also)


def _fields(
    thing: dict[str, Any], spec: Mapping[str, Field], at: str, also: tuple[str, ...] = ()
) -> Problems:
    for name, field in spec.items():
        if name in thing:
            yield from _value(thing[name], field, f"{at}/{name}")
        elif field.required:
            yield _say(f"missing required field: {name}", at)
    for name in thing.keys() - spec.keys() - set(also):
        yield _say(f"invalid additional property: {name}", at)


def _value(value: object, field: Field, at: str) -> Problems:
    match field.kind:
        case "str":
            yield from _string(value, field, at)
        case "bool":
            yield from () if isinstance(value, bool) else (_say("must be a boolean", at),)
        case "int":
            yield from _integer(value, field, at)
        case "plain" | "text":
            yield from _text(value, field, at)
        case "confirm":
            yield from _object(value, CONFIRM, at)
        case "config":
            yield from () if isinstance(value, dict) else (_say("must be an object", at),)
        case "option":
            yield from _option(value, field, at)
        case "element":
            yield from _element(value, field, at)
        case _:
            yield from _list(value, field, at)


def _object(value: object, spec: Mapping[str, Field], at: str) -> Problems:
    if isinstance(value, dict):
        yield from _fields(value, spec, at)
    else:
        yield _say("must be an object", at)


def _string(value: object, field: Field, at: str) -> Problems:
    if not isinstance(value, str):
        yield _say("must be a string", at)
    elif field.choices and value not in field.choices:
        yield _say(f"must be one of {', '.join(sorted(field.choices))}", at)
    elif field.required and not value:
        yield _say("must be more than 0 characters", at)
    elif field.most is not None and len(value) > field.most:
        yield _say(f"must be less than {field.most + 1} characters", at)


def _integer(value: object, field: Field, at: str) -> Problems:
    if not isinstance(value, int) or isinstance(value, bool):
        yield _say("must be an integer", at)
    elif value < 0 or (field.most is not None and value > field.most):
        yield _say(f"must be from 0 to {field.most}", at)


def _text(value: object, field: Field, at: str) -> Problems:
    allowed = ("plain_text",) if field.kind == "plain" else ("plain_text", "mrkdwn")
    if not isinstance(value, dict) or _kind(value) not in allowed:
        yield _say(f"must be a text object of type {' or '.join(allowed)}", at)
        return
    flag = "emoji" if value["type"] == "plain_text" else "verbatim"
    yield from _fields(
        value, {"text": Field("str", field.most, required=True), flag: Field("bool")}, at, ("type",)
    )


def _option(value: object, field: Field, at: str) -> Problems:
    yield from _object(
        value, {"text": Field("text", field.most or 75, required=True), **OPTION}, at
    )


def _element(value: object, field: Field, at: str) -> Problems:
    if isinstance(value, dict) and _kind(value) in ELEMENTS and value["type"] not in field.of:
        yield _say(f"unsupported element here: {value['type']}", f"{at}/type")
        return
    yield from _typed(value, ELEMENTS, at)
    if isinstance(value, dict):
        yield from _element_rules(value, at)


def _element_rules(element: dict[str, Any], at: str) -> Problems:
    kind = element.get("type")
    if kind in ("static_select", "multi_static_select") and ("options" in element) == (
        "option_groups" in element
    ):
        yield _say("must have either options or option_groups", at)
    least, most = element.get("min_length"), element.get("max_length")
    if most == 0:
        yield _say("must be more than 0", f"{at}/max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield _say("min_length must not be greater than max_length", at)
    if isinstance(most, int) and len(str(element.get("initial_value", ""))) > most:
        yield _say("initial_value must not be longer than max_length", f"{at}/initial_value")


def _list(value: object, field: Field, at: str) -> Problems:
    if not isinstance(value, list):
        yield _say("must be an array", at)
        return
    if not value:
        yield _say("must have at least 1 item", at)
    if field.most is not None and len(value) > field.most:
        yield _say(f"no more than {field.most} items allowed", at)
    for n, item in enumerate(value):
        yield from _item(item, field, f"{at}/{n}")


def _item(item: object, field: Field, at: str) -> Problems:
    match field.kind:
        case "options":
            yield from _option(item, Field("option", field.each), at)
        case "elements":
            yield from _element(item, field, at)
        case "groups":
            yield from _object(
                item,
                {
                    "label": Field("plain", 75, required=True),
                    "options": Field("options", 100, required=True, each=75),
                },
                at,
            )
        case _ if field.each is not None:
            yield from _text(item, Field("text", field.each), at)
        case _:
            yield from _string(item, Field("str"), at)
