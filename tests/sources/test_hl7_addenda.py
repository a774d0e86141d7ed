"""Text that was added to a report: none of its words is lost, however it is sent."""

import pytest

from bot.domain.report import Addendum
from tests.sources.oru import report, sample

BODY = "OBX|1|TX|&GDT|1|Clear.||||||F"
IMPRESSION = "OBX|2|TX|&IMP|1|Normal.||||||F"


@pytest.mark.parametrize(
    "segment",
    [
        "OBX|3|TX|&ADT|2|Addendum large bleed.||||||F",
        "OBX|3|TX|ADD^Added|2|Addendum large bleed.||||||F",
        "OBX|3|TX|&GDT|2|Addendum large bleed.||||||B",
        "OBX|3|TX|&GDT|2|Addendum large bleed.||||||ADD",
        "OBX|3|TX|X^Text|2|Addendum large bleed.||||||F",
        "OBX|3|TX|&GDT|1|Addendum large bleed.||||||F",
        "OBX|3|TX|&IMP|1|Addendum large bleed.||||||F",
        "OBX|3|TX|&ADT|2|ADDENDUM 1 1/2/26 10:04 AM:~Addendum large bleed.||||||F",
    ],
)
def test_the_words_of_an_addendum_are_kept_whatever_they_begin_with(segment: str) -> None:
    found = report(sample(BODY, IMPRESSION, segment))
    assert [addendum.text for addendum in found.addenda] == ["Addendum large bleed."]
    assert (found.text, found.impression) == ("Clear.\nNormal.", "Normal.")


def test_a_flag_on_an_appended_observation_is_the_addendums() -> None:
    appended = [
        "OBX|3|TX|&GDT|2|Large bleed.|||HH|||B",
        "NTE|1||Left side.",
        "OBX|4|TX|&GDT|2|.||||||B",
    ]
    found = report(sample(BODY, IMPRESSION, *appended))
    (addendum,) = found.addenda
    assert (addendum.text, addendum.flags[0].value) == ("Large bleed.\nLeft side.\n.", "HH")
    assert found.flags == ()


def test_a_report_that_is_appended_as_a_whole_is_the_report() -> None:
    found = report(sample(BODY.replace("|F", "|B"), IMPRESSION.replace("|F", "|B")))
    assert (found.text, found.impression, found.addenda) == ("Clear.\nNormal.", "Normal.", ())


def test_what_is_appended_to_the_impression_is_impression() -> None:
    found = report(sample(BODY, IMPRESSION, "OBX|3|TX|&IMP|1|Bleed.||||||B"))
    assert (found.impression, found.addenda) == ("Normal.\nBleed.", ())


def test_the_author_and_the_time_of_an_addendum_cut_no_words_off() -> None:
    heading = "ADDENDUM 2 by Dr. Roe 1/2/26 10:04"
    found = report(sample(BODY, IMPRESSION, f"OBX|3|TX|&ADT|2|{heading}~Bleed.||||||F"))
    assert found.addenda == (Addendum(f"{heading}\nBleed."),)
