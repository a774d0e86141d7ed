"""Where a macro stands: the segment of the first line of prose that has it."""

import pytest

from bot.domain.message import Reports
from bot.domain.profile import Feeds, Profile, Rule
from bot.sources.hl7.reader import read
from tests.sources.oru import CHICAGO, NOW, report, sample

BODY = "OBX|1|TX|&GDT||The heart is of normal size.||||||F"


def where(*results: str) -> list[str]:
    return [flag.where for flag in report(sample(*results)).flags]


@pytest.mark.parametrize(
    "line",
    [
        "CRITICAL RESULT: embolism.",
        "Critical\\.br\\result: embolism.",
        "Large embolus.~CRITICAL RESULT: embolism.",
        "Œdème. Critical result: embolism.",
        "CODE CRITICAL.",
        "ACR category 1.",
    ],
)
def test_the_place_is_that_of_the_segment(line: str) -> None:
    assert where(BODY, f"OBX|2|TX|&IMP||{line}||||||F") == ["OBX[2]-5"]


def test_a_macro_that_goes_on_in_the_next_segment_stands_where_it_begins() -> None:
    begun, rest = "OBX|2|TX|&IMP||CATEGORY 1||||||F", "OBX|3|TX|&IMP||actionable finding.||||||F"
    assert where(BODY, begun, rest) == ["OBX[2]-5"]


def test_the_first_of_two_lines_that_are_alike_counts() -> None:
    same = "CRITICAL RESULT: embolism.||||||F"
    assert where(f"OBX|1|TX|&GDT||{same}", BODY, f"OBX|3|TX|&IMP||{same}") == ["OBX[1]-5"]


def test_a_note_says_behind_which_segment_it_stands() -> None:
    assert where(BODY, "NTE|1|L|CRITICAL RESULT: embolism.") == ["OBX[1] NTE-3"]


def test_a_macro_of_the_sites_own_is_found_where_it_begins() -> None:
    own = Profile(rules=(Rule("critical", text="ROTALARM"),))
    data = sample(BODY, "OBX|2|TX|&IMP||Rotalarm: embolism.||||||F")
    found = read(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=Feeds((own,))).reading
    assert isinstance(found, Reports)
    assert [flag.where for flag in found.reports[0].flags] == ["OBX[2]-5"]
