"""What docs/reference.md says is what the program and its tests have."""

import ast
import re
from collections.abc import Iterator
from typing import get_args, get_origin

from pydantic import BaseModel, SecretStr

from bot.cli import ORDER
from bot.domain.message import TOO_LARGE
from bot.domain.people_file import COLUMNS, OPTIONAL
from bot.settings import FhirSettings, FolderSettings, Settings
from bot.sources.refused import cut_off
from tests.requirements import ROOT

REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
BAD_INPUT = [
    ROOT / "tests" / "scenarios" / name
    for name in ("test_bad_input.py", "test_bad_input_from_people.py")
]


def section(heading: str) -> str:
    return REFERENCE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under this heading, without its head."""
    lines = [line for line in section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_each_row_of_bad_input_has_its_test_in_the_same_order() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in BAD_INPUT]
    functions = [n.name for tree in trees for n in tree.body if isinstance(n, ast.FunctionDef)]
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
    assert told == reasons("hl7") | reasons("mllp") | {TOO_LARGE, cut_off().reason}


def test_every_reason_for_quarantine_over_fhir_is_told_with_its_servers() -> None:
    text = section("FHIR servers")
    found = reasons("fhir")
    assert found
    assert {reason for reason in found if f"`{reason}`" not in text} == set()


def reasons(folder: str) -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "bot" / "sources" / folder).glob("*.py"):
        found |= set(re.findall(r'BadReport\(\s*"([a-z-]+)"', path.read_text(encoding="utf-8")))
    return found


def test_every_setting_is_in_the_table() -> None:
    assert keys("Settings") == set(settings_of(Settings))


def test_every_setting_of_a_fhir_server_is_in_its_table() -> None:
    assert keys("FHIR servers") == set(settings_of(FhirSettings))


def test_every_setting_of_a_folder_is_in_its_table() -> None:
    assert keys("Folders") == set(settings_of(FolderSettings))


def test_every_state_of_a_folder_and_every_reason_to_turn_a_sender_away_is_told() -> None:
    sources = ROOT / "bot" / "sources"
    folder = (sources / "folder.py").read_text(encoding="utf-8")
    states = set(re.findall(r'"((?:folder|file|message)-[a-z-]+)"', folder))
    gate = (sources / "mllp" / "gate.py").read_text(encoding="utf-8")
    reasons = set(re.findall(r'(?::|_refused\([^\n]*,|return) "([a-z-]+)"', gate))
    assert "folder-unreadable" in states
    assert {"no-certificate", "address-not-allowed"} <= reasons
    text = section("Folders") + section("TLS and addresses")
    assert {one for one in states | reasons if f"`{one}`" not in text} == set()


def keys(heading: str) -> set[str]:
    return {key for cells in rows(heading) for key in re.findall(r"`([^`]+)`", cells[0])}


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """A list of tables by its brackets alone; what comes from the environment alone left out."""
    for key, field in model.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        inner = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
        name = f"{prefix}{field.alias or key}"
        if inner and get_origin(field.annotation) is tuple:
            yield f"[[{name}]]"
        elif inner:
            yield from settings_of(inner, f"{name}.")
        elif SecretStr not in kinds:
            yield name


def test_every_command_is_in_the_table_in_the_order_of_help() -> None:
    told = [cells[0].split()[1].strip("`") for cells in rows("Commands")]
    assert tuple(dict.fromkeys(told)) == ORDER


def test_every_column_of_the_people_file_is_in_the_table() -> None:
    assert [cells[0].strip("`") for cells in rows("People")] == [*COLUMNS, *OPTIONAL]
