"""Our check of blocks and views, against Slack's published limits and the schemas of its types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from bot.sandbox.slack_checks import problems_of_message, problems_of_view
from bot.sandbox.slack_limits import BLOCKS, ELEMENTS
from tests.block_schemas import validator_of
from tests.sandbox.blocks import PAGE, actions, button, modal, option, reasons, section, text, words

Json = dict[str, Any]
DIVIDER: Json = {"type": "divider"}


def header(content: str) -> Json:
    return {"type": "header", "text": text(content)}


def context(*elements: Json) -> Json:
    return {"type": "context", "elements": list(elements)}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", **more}


def labelled(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": text("Label"), "element": element, **more}


MESSAGES_TAKEN: list[list[Json]] = [
    PAGE,
    [],
    [DIVIDER] * 50,
    [header("x" * 150), section("x" * 3000), context(text("x"), text("y", "mrkdwn"))],
    [actions(button("x" * 75, "a" * 255, "v" * 2000))],
    [{"type": "section", "fields": [text("x" * 2000, "mrkdwn")] * 10}],
    [{**section(), "accessory": {"type": "overflow", "options": [option("a", "1")]}}],
    [{"type": "image", "image_url": "https://x.example/i.png", "alt_text": "chart"}],
    [{"type": "markdown", "text": "**bold**"}],
]
MESSAGES_OVER_A_LENGTH: list[list[Json]] = [
    [DIVIDER] * 51,
    [header("x" * 151)],
    [section("x" * 3001)],
    [actions(button("x" * 76))],
    [actions(button("x", "a" * 256))],
    [actions(button("x", "a", "v" * 2001))],
    [{"type": "section", "fields": [text("x")] * 11}],
    [{"type": "section", "fields": [text("x" * 2001)]}],
    [context(*[text("x")] * 11)],
    [actions(*[button("x", str(n)) for n in range(26)])],
    [{**DIVIDER, "block_id": "b" * 256}],
]
MESSAGES_BROKEN: list[Any] = [
    {"type": "divider"},
    ["divider"],
    [{"type": "hat"}],
    [{}],
    [header("x") | {"text": text("x", "mrkdwn")}],
    [{"type": "actions"}],
    [actions({"type": "plain_text_input", "action_id": "w"})],
    [actions({"type": "button", "action_id": "ack"})],
    [actions(button() | {"text": "Acknowledge"})],
    [actions(button() | {"style": "warning"})],
    [actions(button() | {"colour": "red"})],
    [section() | {"text": 5}],
    [labelled({"type": "number_input", "action_id": "n"})],
    [context({"type": "image", "image_url": "https://x.example/i.png"})],
]
MESSAGES_THAT_ONLY_SLACK_REFUSES: list[list[Json]] = [
    [{"type": "section"}],
    [{**DIVIDER, "block_id": "b"}, {**DIVIDER, "block_id": "b"}],
    [actions(button(), button())],
    [section("")],
    [{"type": "actions", "elements": []}],
]
VIEWS_TAKEN: list[Json] = [
    modal(),
    modal(words(), reasons(), private_metadata="x" * 3000, callback_id="c" * 255),
    modal(*[DIVIDER] * 100, title="x" * 24, submit=text("s" * 24), close=text("c" * 24)),
    modal(labelled(select(options=[option("a", "1")]))),
    modal(labelled({"type": "datepicker", "action_id": "d", "initial_date": "2025-01-31"})),
    modal(labelled({"type": "timepicker", "action_id": "t"}, optional=True, hint=text("local"))),
    modal(labelled({"type": "checkboxes", "action_id": "c", "options": [option("a", "1")]})),
    {"type": "home", "blocks": [section()]},
]
VIEWS_OVER_A_LENGTH: list[Json] = [
    modal(*[DIVIDER] * 101),
    modal(title="x" * 25),
    modal(submit=text("x" * 25)),
    modal(close=text("x" * 25)),
    modal(private_metadata="x" * 3001),
    modal(callback_id="x" * 256),
    modal(words() | {"label": text("x" * 2001)}),
    modal(words(max_length=3001)),
    modal(words(placeholder=text("x" * 151))),
    modal(labelled(select(options=[option("x" * 76, "1")]))),
    modal(labelled(select(options=[option("x", "v" * 151)]))),
    modal(labelled(select(options=[option("x", "1")] * 101))),
    modal(labelled({"type": "radio_buttons", "options": [option("x", "1")] * 11})),
]
VIEWS_BROKEN: list[Any] = [
    None,
    {"type": "modal", "blocks": []},
    {"type": "modal", "title": text("x")},
    {"type": "drawer", "title": text("x"), "blocks": []},
    modal(title="x") | {"title": text("x", "mrkdwn")},
    modal(colour="red"),
    modal(labelled(button())),
    modal({"type": "input", "element": {"type": "plain_text_input"}}),
]
VIEWS_THAT_ONLY_SLACK_REFUSES: list[Json] = [
    {"type": "modal", "title": text("x"), "blocks": [words()]},
    modal(words(max_length=0)),
    modal(words(min_length=9, max_length=3)),
    modal(words(initial_value="too long", max_length=3)),
    modal(labelled(select())),
]


@pytest.fixture(scope="module")
def schema(shared: Path) -> Callable[[str], Draft7Validator]:
    def load(name: str) -> Draft7Validator:
        return validator_of(shared / "schemas" / name)

    return load


@pytest.mark.parametrize("blocks", MESSAGES_TAKEN)
def test_a_message_that_slack_takes_is_taken(blocks: list[Json]) -> None:
    assert problems_of_message(blocks) == []


@pytest.mark.parametrize(
    "blocks", MESSAGES_OVER_A_LENGTH + MESSAGES_BROKEN + MESSAGES_THAT_ONLY_SLACK_REFUSES
)
def test_a_message_that_slack_refuses_is_refused_with_its_place(blocks: Any) -> None:
    problems = problems_of_message(blocks)
    assert problems
    assert all(p.startswith("[ERROR] ") and "[json-pointer:/blocks" in p for p in problems)


@pytest.mark.parametrize("view", VIEWS_TAKEN)
def test_a_view_that_slack_takes_is_taken(view: Json) -> None:
    assert problems_of_view(view) == []


@pytest.mark.parametrize("view", VIEWS_OVER_A_LENGTH + VIEWS_BROKEN + VIEWS_THAT_ONLY_SLACK_REFUSES)
def test_a_view_that_slack_refuses_is_refused_with_its_place(view: Any) -> None:
    problems = problems_of_view(view)
    assert problems
    assert all("[json-pointer:/view" in p for p in problems)


def test_the_limit_is_named_as_slack_names_it() -> None:
    assert problems_of_message([header("x" * 151)]) == [
        "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]"
    ]


@pytest.mark.parametrize("blocks", [*MESSAGES_TAKEN, *MESSAGES_OVER_A_LENGTH])
def test_the_schema_of_slacks_types_agrees_on_what_is_well_formed(
    schema: Callable[[str], Draft7Validator], blocks: list[Json]
) -> None:
    assert [e.message for e in schema("slack_Blocks.schema.json").iter_errors(blocks)] == []


@pytest.mark.parametrize("blocks", MESSAGES_BROKEN)
def test_the_schema_of_slacks_types_agrees_on_what_is_broken(
    schema: Callable[[str], Draft7Validator], blocks: Any
) -> None:
    assert not schema("slack_Blocks.schema.json").is_valid(blocks)


@pytest.mark.parametrize("view", [*VIEWS_TAKEN, *VIEWS_OVER_A_LENGTH])
def test_the_schema_agrees_on_well_formed_views(
    schema: Callable[[str], Draft7Validator], view: Json
) -> None:
    assert [e.message for e in schema("slack_AnyView.schema.json").iter_errors(view)] == []


def properties(definitions: Json, name: str) -> set[str]:
    return set(definitions[name].get("properties", {}))


def named_types(definitions: Json) -> Iterator[tuple[str, str]]:
    """(Slack's type name, the definition's name) of every definition that is of one type."""
    for name, definition in definitions.items():
        if kind := definition.get("properties", {}).get("type", {}).get("const"):
            yield kind, name


def test_we_know_no_property_that_slacks_types_do_not_have(
    schema: Callable[[str], Draft7Validator],
) -> None:
    validator = schema("slack_AnyView.schema.json")
    assert isinstance(validator.schema, dict)
    definitions = validator.schema["definitions"]
    known = dict(named_types(definitions))
    strangers = {
        f"{kind}.{name}"
        for kind, fields in {**ELEMENTS, **BLOCKS}.items()
        if kind in known and kind != "image"  # a block and an element share this name
        for name in fields.keys() - properties(definitions, known[kind])
    }
    assert strangers == set()
    assert {"section", "button", "plain_text_input"} <= known.keys()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(PAGE),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "text", "elements", "element", "block_id", "options"]),
                inner | st.sampled_from([*BLOCKS, *ELEMENTS]),
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_nonsense_makes_the_check_itself_fail(nonsense: Any) -> None:
    assert isinstance(problems_of_message(nonsense), list)
    assert isinstance(problems_of_view({"type": "modal", "blocks": nonsense}), list)
