"""The items of a numbered impression below a heading that is no part of it. "~" begins a line."""

import time

import pytest

from tests.sources.oru import report, sample


def impression(text: str) -> str:
    lines = text.split("~")
    obx = (f"OBX|{n}|TX|R^Report||{line}||||||F" for n, line in enumerate(lines, 1))
    apart, at_once = report(sample(*obx)), report(sample(f"OBX|1|TX|R^Report||{text}||||||F"))
    assert apart.impression == at_once.impression
    assert apart.text == text.replace("~", "\n")
    return apart.impression.replace("\n", "~")


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (
            "IMPRESSION:~1. Embolus.~Recommendation: CT.~2. Pneumothorax, which is new today.",
            "1. Embolus.~2. Pneumothorax, which is new today.",
        ),
        (
            "IMPRESSION: 1. Embolus.~RECOMMENDATION:~CT.~2) Bleed.~3) Cyst.",
            "1. Embolus.~2) Bleed.~3) Cyst.",
        ),
        (
            "IMPRESSION:~1. Embolus.~COMMUNICATION: Dr. Roe was told.~2. Bleed.",
            "1. Embolus.~2. Bleed.",
        ),
        (
            "IMPRESSION:~1. Embolus.~Recommendation: CT.~Communication: Dr. Roe.~2. Bleed.",
            "1. Embolus.~2. Bleed.",
        ),
        (
            "IMPRESSION:~1. Embolus.~Recommendation: CT.~2. Bleed.~Recommendation: MRI.~3. Cyst.",
            "1. Embolus.~2. Bleed.~3. Cyst.",
        ),
        (
            "IMPRESSION:~1. Embolus.~Recommendation: CT. 2. Bleed.~3. Cyst.",
            "1. Embolus.~2. Bleed.~3. Cyst.",
        ),
    ],
)
def test_the_next_number_goes_on_with_the_impression(text: str, items: str) -> None:
    assert impression(text) == items


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("IMPRESSION:~1. Embolus.~RECOMMENDATIONS:~1. CT.~2. MRI.~3. Call.", "1. Embolus."),
        ("IMPRESSION:~1. Embolus.~RECOMMENDATIONS: 1. CT.~2. MRI.", "1. Embolus."),
        ("IMPRESSION:~Embolus.~RECOMMENDATIONS:~1. CT.~2. MRI.", "Embolus."),
        (
            "IMPRESSION:~1. Embolus.~Recommendation: CT.~FINDINGS:~2. Lungs are clear.",
            "1. Embolus.",
        ),
    ],
)
def test_a_list_of_the_recommendations_is_none_of_it(text: str, items: str) -> None:
    assert impression(text) == items


def test_a_segment_without_a_word_may_stand_between() -> None:
    said = ("IMPRESSION:", "1. Embolus.", "Recommendation: CT.", "", "2. Bleed.")
    obx = (f"OBX|{n}|TX|R^Report||{line}||||||F" for n, line in enumerate(said, 1))
    assert report(sample(*obx)).impression == "1. Embolus.\n2. Bleed."


def test_thousands_of_headings_without_a_number_hold_up_no_page() -> None:
    text = "IMPRESSION: Normal.~Recommendation: None.~" * 8_000
    began = time.thread_time()
    report(sample(f"OBX|1|TX|R^Report||{text}||||||F"))
    assert time.thread_time() - began < LONGEST


LONGEST = 2.0
"""Seconds; looked through from the first line for each heading it took seven."""
