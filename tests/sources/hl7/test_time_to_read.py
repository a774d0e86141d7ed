"""No text takes long to read, whatever is repeated in it: while it is read no page leaves."""

import time
from itertools import product

import pytest

from tests.sources.dictated import flags

LONGEST = 1.0
"""Seconds of one reading. Where a pattern can take a piece in two ways, thirty take all night."""
_HEADS = (
    *("CRITICAL RESULT: no", "Critical finding [ ]", "Critical results (", "Critical: {none/"),
    *("ACR category 1", "Actionable finding", "Large embolus - CRITICAL", "No evidence of a"),
    *(
        "CT HEAD CRITICAL RESULT",
        "CRITICAL LEVEL 1",
        "Critical findings that require",
        "[X] Critical",
    ),
    *("Dr. Roe acknowledged the", "Time critical result", "These findings are critical"),
    *("ACR Actionable Finding: ", "CRITICAL RESULT: red", "Critical results, call"),
    *("Discussed with Dr. Roe", "Dr. Roe was", "Unable to reach", "IMPRESSION: 1. Embolus."),
)
_UNITS = (
    *("  mass", " mass,", " or PE", "  and  no  SAH", " a [ ]", " a  ( )", "[ ]", " no", "  "),
    *(
        " called",
        ", Dr. Roe",
        " Dr.",
        ". ",
        " is",
        " evidence of",
        ": ",
        " - ",
        " / ",
        "?",
        "*",
        "_",
    ),
    *("[ ] Category 1 ", " Category 1,", " requiring", " acute", " CT", " 555-", "-", "'a"),
    *(" critical", " result", "~", "~ ", "~1. x", " 10:30", " none", " Recommendation: x."),
)
_ENDS = (" x!", "", "~No.")


@pytest.mark.parametrize("head", _HEADS)
def test_what_is_repeated_is_read_at_once(head: str) -> None:
    slowest = max(
        (_seconds(f"{head}{unit * 60}{end}"), unit) for unit, end in product(_UNITS, _ENDS)
    )
    assert slowest[0] < LONGEST, slowest[1]


def _seconds(text: str) -> float:
    began = time.thread_time()
    flags(text)
    return time.thread_time() - began
