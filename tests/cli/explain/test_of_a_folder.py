"""`readback explain` of a file in a watched folder: as the bot reads it there."""

import json

import pytest
from typer.testing import CliRunner

from bot.cli import app
from tests.cli.conftest import CLEAN, Place
from tests.cli.explain.conftest import lines, written
from tests.sources.fhir_samples import resource
from tests.sources.oru import FINAL, sample

FOLDER = """
[[folder]]
path = "in"
timezone = "America/Denver"
preliminary = "open"
authorities = { "urn:oid:1.2.840.1.2" = "RIS" }
[[fhir]]
name = "epic"
base_url = "https://epic.example.org"
authorities = { "urn:oid:1.2.840.1.2" = "EPIC" }
"""


@pytest.fixture
def watched(place: Place) -> Place:
    for name in ("in", "in/done", "in/rejected", "in/other"):
        (place.folder / name).mkdir()
    with place.config.open("a") as config:
        config.write(FOLDER)
    return place


@pytest.mark.parametrize(
    ("where", "of_it"),
    [(".", False), ("in", True), ("in/done", True), ("in/rejected", True), ("in/other", False)],
)
def test_what_is_set_for_the_folder_holds_for_what_lies_in_it(
    watched: Place, where: str, *, of_it: bool
) -> None:
    data = sample(fields={22: FINAL.removesuffix("-0600"), 25: "P"}).replace(b"-0600", b"")
    (one,) = lines(watched.run("explain", str(written(watched.folder / where, data)), "--json"))
    hour = "19" if of_it else "18"
    assert one["report"]["status_at"] == f"2026-01-15T{hour}:00:00Z"
    assert bool(one["would_page"]) == of_it
    body = json.dumps(resource("report")).encode()
    file = written(watched.folder / where, body, name="r.json")
    (one,) = lines(watched.run("explain", str(file), "--json"))
    assert one["report"]["key"]["authority"] == ("RIS" if of_it else "EPIC")


def test_what_is_piped_lies_in_no_folder(watched: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(watched.folder / "in")
    data = sample(fields={22: FINAL.removesuffix("-0600"), 25: "P"}).replace(b"-0600", b"")
    words = ["explain", "-", "--json", "--config", str(watched.config)]
    (one,) = lines(CliRunner().invoke(app, words, input=data, env=CLEAN))
    assert one["report"]["status_at"] == "2026-01-15T18:00:00Z"
