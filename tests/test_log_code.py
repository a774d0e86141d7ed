"""What the code may log: each event is a slug, and each key is on the list, with its kind."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from bot.log_filter import KINDS, fits
from tests.requirements import ROOT

LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}


@cache
def logged() -> tuple[tuple[str, ast.Call], ...]:
    """Every call of the log in the code, and where it stands."""
    return tuple(_logged())


def _logged() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(p for folder in ("bot", "storage") for p in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in LEVELS and ast.unparse(node.func.value) == "log":
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_event_in_the_code_is_a_slug() -> None:
    events = [(where, call.args[0]) for where, call in logged()]
    assert len(events) > 50, "they are looked for under another name than the log has"
    constants = [(where, e.value if isinstance(e, ast.Constant) else "?") for where, e in events]
    assert [where for where, event in constants if not fits("event", event)] == []


def test_every_key_in_the_code_is_on_the_list() -> None:
    keys = [(where, word.arg) for where, call in logged() for word in call.keywords]
    assert [f"{w}: {key}" for w, key in keys if key and key not in {*KINDS, "exc_info"}] == []


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("at", "2026-03-08T09:30:00+00:00", True),
        ("at", "2026-03-08T09:30:00", False),
        ("at", "19600101", False),
        ("at", 7, False),
        ("url", "http://127.0.0.1:8080", True),
        ("url", "http://host/?name=DOE", False),
        ("peer", "[::1]:51234", True),
        ("peer", "DOE", False),
        ("provider_id", "SM" + "a" * 32, True),
        ("provider_id", "1712345678.000100", True),
        ("person", "12345678", False),
        ("template", "x" * 500, False),
        ("frames", ["a/b.py:12 run"], True),
        ("frames", "a/b.py:12 run", False),
    ],
)
def test_each_key_takes_values_of_its_kind(key: str, value: object, expected: bool) -> None:
    assert fits(key, value) is expected
