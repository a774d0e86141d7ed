"""What docs/reference.md says is what the program and its tests have."""

import ast
import re

from pydantic import BaseModel

from bot.cli import ORDER
from bot.sandbox.samples import PEOPLE_CSV
from bot.settings import Settings
from tests.requirements import ROOT

REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
BAD_INPUT = ROOT / "tests" / "scenarios" / "test_bad_input.py"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under this heading, without its head."""
    section = REFERENCE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_each_row_of_bad_input_has_its_test_in_the_same_order() -> None:
    tree = ast.parse(BAD_INPUT.read_text(encoding="utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    tests = [name.removeprefix("test_") for name in functions if name.startswith("test_")]
    named = [cells[-1].strip("` ") for cells in rows("Bad input, and what it gets")]
    assert named == tests


def test_each_row_of_bad_input_names_the_input_the_answer_and_the_record() -> None:
    for cells in rows("Bad input, and what it gets"):
        assert len(cells) == 4, cells
        assert all(cells), cells


def test_every_reason_for_quarantine_is_in_the_table() -> None:
    text = "".join(map(" | ".join, rows("Bad input, and what it gets")))
    told = set(re.findall(r"quarantine `([a-z-]+)`", text))
    raised: set[str] = set()
    for path in (ROOT / "bot" / "sources").glob("*.py"):
        raised |= set(re.findall(r'BadReport\(\s*"([a-z-]+)"', path.read_text(encoding="utf-8")))
    assert told == raised


def test_every_setting_is_in_the_table() -> None:
    told = {key for cells in rows("Settings") for key in re.findall(r"`([^`]+)`", cells[0])}
    sections = {name: field for name, field in Settings.model_fields.items() if name != "secrets"}
    assert told == {
        f"{section}.{field.alias or key}"
        for section, outer in sections.items()
        for key, field in model_of(outer.annotation).model_fields.items()
    }


def model_of(annotation: object) -> type[BaseModel]:
    assert isinstance(annotation, type)
    assert issubclass(annotation, BaseModel)
    return annotation


def test_every_command_is_in_the_table_in_the_order_of_help() -> None:
    told = [cells[0].split()[1].strip("`") for cells in rows("Commands")]
    assert tuple(dict.fromkeys(told)) == ORDER


def test_every_column_of_the_people_file_is_in_the_table() -> None:
    assert [cells[0].strip("`") for cells in rows("People")] == PEOPLE_CSV.split("\n")[0].split(",")
