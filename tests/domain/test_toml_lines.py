import tomllib
from collections.abc import Iterator

import pytest

from bot.domain.toml_lines import Path, line_of, lines_of
from tests.domain.loop import POLICIES

TEXT = '''# a comment with [brackets] and = signs
top = "a # no comment, [no] list" # but this
"quoted key" = 1
dotted.key = 2
many = [
  { a = 1, b = "}" },
  # between
  { a = 2,
    b = 3 },
]
words = """
not = a key
[not a table]
"""
[table]
inner = { deep = { deeper = 1 }, list = [[1, 2], [3]] }
[table.sub]
x = 1
[[list]]
x = 1
[[list]]
x = 2
[[list.below]]
y = 1
[list.below.table]
z = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key",), 3),
        (("dotted", "key"), 4),
        (("many",), 5),
        (("many", 0), 6),
        (("many", 0, "b"), 6),
        (("many", 1), 8),
        (("many", 1, "b"), 9),
        (("words",), 11),
        (("table",), 15),
        (("table", "inner", "deep", "deeper"), 16),
        (("table", "inner", "list", 1), 16),
        (("table", "sub", "x"), 18),
        (("list", 0, "x"), 20),
        (("list", 1, "x"), 22),
        (("list", 1, "below", 0, "y"), 24),
        (("list", 1, "below", 0, "table", "z"), 26),
    ],
)
def test_every_key_is_found_on_its_line(path: Path, line: int) -> None:
    assert line_of(lines_of(TEXT), path) == line


def test_what_does_not_stand_in_the_text_is_looked_for_around_it() -> None:
    lines = lines_of(TEXT)
    assert line_of(lines, ("list", 1, "missing")) == 21
    assert line_of(lines, ("missing",)) == 1


def test_a_table_that_only_longer_names_name_is_where_the_first_of_them_stands() -> None:
    """The key of the whole list, and of what a dotted name leads through: they may be unknown."""
    lines = lines_of("a = 1\n[[category]]\nb = 1\n[[category]]\n[x.y]\nc.d = 2\n")
    paths: list[Path] = [("category",), ("category", 1), ("x",), ("x", "y", "c")]
    assert [line_of(lines, path) for path in paths] == [2, 4, 5, 6]


def test_a_bracket_too_many_does_not_break_the_scan() -> None:
    assert line_of(lines_of("]\na = 1\n"), ("a",)) == 2


@pytest.mark.parametrize("name", ["default", "acr-three-categories"])
def test_the_policies_that_ship_are_found_line_by_line(name: str) -> None:
    text = (POLICIES / f"{name}.toml").read_text(encoding="utf-8")
    lines = lines_of(text)
    rows = text.splitlines()
    for path in _paths(tomllib.loads(text), ()):
        assert path in lines
        assert str(path[-1]) in rows[lines[path] - 1]


def _paths(value: object, path: Path) -> Iterator[Path]:
    match value:
        case dict():
            for key, inner in value.items():
                if not isinstance(inner, list):
                    yield (*path, key)
                yield from _paths(inner, (*path, key))
        case list():
            for place, inner in enumerate(value):
                yield from _paths(inner, (*path, place))
        case _:
            pass
