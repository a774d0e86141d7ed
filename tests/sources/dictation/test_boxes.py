"""Boxes of a form that are drawn, or lines to write on, behind the question that they answer."""

import time

import pytest

from tests.sources.dictated import flags


@pytest.mark.parametrize(
    "text",
    [
        "Critical Finding: ☐ Yes ☑ No",
        "Critical Finding: ☐Yes ☒No",
        "Critical Finding ☐ Yes ☒ No",
        "Critical Finding: ☒ No ☐ Yes",
        "Critical Finding: ☐ Yes ☐ No",
        "Critical Finding: □ Yes ✓ No",
        "Critical Finding: __ Yes _X_ No",
        "Critical Finding: Yes ___ No _X_",
        "Critical Finding: Yes / No",
        "☐ Critical finding",
        "Critical finding: resolved.",
        "CRITICAL RESULT: None on the basis of this exam.",
    ],
)
def test_a_box_at_no_or_none_at_all_is_no_flag(text: str) -> None:
    assert flags(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Critical Finding: ☑ Yes ☐ No",
        "Critical Finding: ☐ None ☒ Yes, dissection",
        "Critical Finding: _X_ Yes __ No",
        "Critical Finding: Yes _X_ No ___",
        "☒ Critical finding",
        "CRITICAL RESULT: ✓",
        "Critical finding: resolved pneumothorax, new dissection.",
        "The critical result was read back by the nurse.",
    ],
)
def test_a_box_at_yes_is_one(text: str) -> None:
    assert flags(text) == ["CRITICAL RESULT"]


@pytest.mark.parametrize(
    "text",
    [
        "COMPARISON: []~CRITICAL RESULT: PE",
        "COMPARISON:~[ ]~CRITICAL RESULT: PE",
        "COMPARISON: ____~CRITICAL RESULT: PE",
        "Contrast: Yes [X] No [ ]~Critical result called to Dr. Roe",
        "Urgent result [ ]~Critical result [X]",
        "Routine: [ ]~Urgent: [ ]~Critical: [X]",
        "Routine ☐~Urgent ☐~Critical ☒",
        "[X]~Critical result",
        "(X) Critical result (  ) Not critical",
        "[X] Critical findings  [ ] No critical findings",
        "[X] Critical result~[ ] None",
        "☒ Critical result ☐ Not critical",
        "Critical finding ☒ Yes ☐ No",
    ],
)
def test_a_box_of_another_field_denies_nothing(text: str) -> None:
    assert flags(text) == ["CRITICAL RESULT"]
    assert flags(*text.split("~")) == ["CRITICAL RESULT"]


@pytest.mark.parametrize(
    "text",
    [
        "[ ]~Critical result",
        "☐~Critical result",
        "Contrast given: [X]~Critical care time: 30 minutes.",
        "Yes [X]~Critical stenosis of the LAD.",
        "Routine [X]~Critical [ ]",
        "Critical result [ ]~Urgent result [X]",
        "[ ] Critical result [X] Not critical",
        "[X] Critical result: none",
        "[X] Reviewed  Critical result [ ] No",
    ],
)
def test_a_box_of_another_field_flags_nothing(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []


@pytest.mark.parametrize(
    "row",
    ["Critical Finding [ ]" + " aa [ ]" * 60, "Critical Finding [ ]" + " aa  ( )" * 60 + " b"],
)
def test_a_row_of_boxes_holds_up_no_page(row: str) -> None:
    began = time.thread_time()
    flags(row)
    assert time.thread_time() - began < LONGEST


LONGEST = 1.0
"""Seconds; each box had two ways to be one, and a row of twenty took longer than a night."""
