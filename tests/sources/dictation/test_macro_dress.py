"""A macro behind its finding, in brackets behind a heading, in numbers and quotes; what is none.

"~" is where the sender began a new line.
"""

import pytest

from tests.sources.dictated import flags


@pytest.mark.parametrize(
    "text",
    [
        "Acute SDH, CRITICAL.",
        "IMPRESSION:~1. Acute SDH, CRITICAL.~2. Fracture.",
        "Acute SDH: CRITICAL",
        "Large pneumothorax -> CRITICAL",
        "IMPRESSION (CRITICAL): Large left subdural.",
        "IMPRESSION (CRITICAL):~1. Large left subdural.",
        "FINDINGS (CRITICAL): SAH",
        "#1 CRITICAL FINDING: SDH",
        "1: CRITICAL FINDING: SDH",
        "«CRITICAL RESULT»",
        "« Critical result : PE »",
        "Critical result: non-urgent per team, PE",
        "Critical result: no abnormal flow, PE",
        "Critical result: not communicated",
        "Critical result: not yet communicated",
        "Critical result: unable to communicate",
        "Critical result: life threatening",
        "Critical result: represents PE",
        "Positive for PE: CRITICAL",
        "CRITICAL FINDING SEE BELOW",
        "Critical finding, see below.",
        "Critical finding please see impression.",
        "CRITICAL RESULT (Y/N):~Yes, PE",
        "CRITICAL RESULT (Y/N):~Yes: PE",
        "CRITICAL RESULT (Y/N):~Large pneumothorax.",
        "CRITICAL RESULT Y/N: Y",
        "CRITICAL RESULT: did not communicate",
    ],
)
def test_a_macro_in_another_dress_is_a_flag(text: str) -> None:
    assert flags(text) == ["CRITICAL RESULT"]
    assert flags(*text.split("~")) == ["CRITICAL RESULT"]


@pytest.mark.parametrize(
    "text",
    [
        "INDICATION: r/o PE, CRITICAL.",
        "Rule out PE, CRITICAL.",
        "CTA for PE: CRITICAL",
        "No SDH, CRITICAL.",
        "SLICE TYPE: CRITICAL",
        "CRITICAL RESULT Y/N",
        "CRITICAL RESULT (Y/N):",
        "CRITICAL RESULT (Y/N):~IMPRESSION: Normal chest.",
        "CRITICAL RESULT (Y/N):~N",
        "For critical results see below.",
        "Critical results, see policy.",
        "No critical finding, see below.",
        "Exam type critical result",
        "Question of dissection: CRITICAL",
        "PE, CRITICAL care.",
        "Order: CT PE, CRITICAL",
        "Exam: CT PE. Priority: CRITICAL",
        "Dissection, CRITICAL stenosis of the LAD",
        "INDICATION:~PE: CRITICAL",
        "FINDINGS (CRITICAL): None",
        "IMPRESSION (CRITICAL): No acute finding.",
        "HISTORY (CRITICAL): SAH",
        "1: no critical finding",
        "10: CRITICAL CARE",
        "No #1 critical finding: none",
        "Critical result: None at time of interpretation.",
        "Critical result: no immediately life threatening findings",
        "Critical result: no reportable findings",
        "Critical result: no abnormal findings",
        "Critical result: nil of note",
        "Critical result: This does not represent a critical result",
        "Critical result: Non-urgent",
        "Critical result: Non-emergent.",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []
