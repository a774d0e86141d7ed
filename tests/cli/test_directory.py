"""`readback people list`: the directory as it is, and who a number in a report is."""

import json
from functools import partial

import pytest

from bot.clock import SystemClock
from storage import people
from storage.database import Database
from tests.cli.conftest import ADA, BEN, CARLA, Place

DAN = "1679576722,MAIN:3001;NORTH:77,Dan,dan@example.org,+13125550105,,America/New_York,,"


def listed(place: Place, *words: str) -> list[str]:
    told = json.loads(place.run("people", "list", *words, "--json").stdout)
    return [one["name"] for one in told]


def rows(shown: str) -> list[list[str]]:
    """The lines of a table, each by its cells."""
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines()]
    return [cells for cells in lines if cells]


def test_everybody_is_shown_with_what_reaches_them(any_place: Place) -> None:
    any_place.imported(CARLA, ADA, BEN)
    result = any_place.run("people", "list")
    assert result.exit_code == 0, result.output
    assert rows(result.stdout) == [
        ["Carla", "NPI:1000000004", "coordinator", "slack, sms", ""],
        ["Ada", "NPI:1234567893", "", "slack, sms", "Ben"],
        ["Ben", "NPI:1245319599", "", "sms", ""],
    ]


def test_programs_get_all_that_is_on_file(place: Place) -> None:
    place.imported(CARLA, DAN)
    assert json.loads(place.run("people", "list", "dan", "--json").stdout) == [
        {
            "name": "Dan",
            "numbers": ["MAIN:3001", "NORTH:77", "NPI:1679576722"],
            "roles": [],
            "channels": ["sms"],
            "slack": "",
            "mobile": "+13125550105",
            "no_sms": None,
            "email": "dan@example.org",
            "timezone": "America/New_York",
            "designee": "",
        }
    ]


@pytest.mark.parametrize("who", ["1679576722", "3001", "main:3001", "77", "Dan", " dan "])
def test_a_person_is_found_by_any_number_and_by_the_name(place: Place, who: str) -> None:
    place.imported(CARLA, DAN)
    assert listed(place, who) == ["Dan"]


def test_who_left_is_not_listed_and_their_number_is_nobodys(place: Place) -> None:
    place.imported(CARLA, DAN)
    place.imported(CARLA)
    assert listed(place) == ["Carla"]
    assert listed(place, "3001") == []


def test_why_nothing_reaches_somebody_is_said(place: Place, database: Database) -> None:
    place.imported(CARLA, ADA, BEN)
    now = SystemClock().now()
    for mobile in ("+13125550101", "+13125550102"):
        database.run(partial(people.wrong_number, mobile=mobile, now=now))
    told = [cells[3] for cells in rows(place.run("people", "list").stdout)]
    assert " ".join(told) == (
        "slack, sms slack (has somebody else's number on file)"
        " nothing (has somebody else's number on file)"
    )


def test_a_name_that_nobody_has_is_told_with_the_nearest(place: Place) -> None:
    place.imported(CARLA)
    result = place.run("people", "list", "Karla")
    assert result.exit_code == 1
    assert 'Nobody in the directory is Karla. Did you mean "Carla"?' in result.stderr


def test_an_empty_directory_says_how_to_fill_it(place: Place) -> None:
    result = place.run("people", "list", "--json")
    assert json.loads(result.stdout) == []
    assert result.exit_code == 1
    assert "`readback people import` fills it." in result.stderr
