"""A feed to explain, with settings and without, and what is told of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from tests.cli.conftest import CLEAN, Place
from tests.sources.oru import sample

ADT = sample().replace(b"ORU^R01^ORU_R01", b"ADT^A08")
BAD = sample(fields={25: "?"})


def written(folder: Path, *messages: bytes, name: str = "feed.hl7") -> Path:
    file = folder / name
    file.write_bytes(b"".join(messages))
    return file


KEYS = {"file", "index", "outcome", "reason", "report", "category", "rule", "would_page"}


def lines(result: Result) -> list[dict[str, Any]]:
    """One object for each message, all with the same keys."""
    assert result.exit_code in {0, 1}, result.output
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(set(one) == KEYS for one in found)
    return found


@pytest.fixture
def place(new_place: Place) -> Place:
    """Without a database where nobody is imported: nothing is looked up there."""
    return new_place


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without any settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def explain(*words: str) -> Result:
    return CliRunner().invoke(app, ["explain", *words], env={**CLEAN, "COLUMNS": "120"})
