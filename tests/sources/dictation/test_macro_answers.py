"""What may stand behind the answer that denies a macro.

"~" is where the sender began a new line.
"""

import pytest

from tests.sources.dictated import flags


@pytest.mark.parametrize(
    "text",
    [
        "Critical findings: No pneumothorax. Lines in good position.",
        "Critical findings: No pneumothorax. Tubes and lines are in satisfactory position.",
        "Critical findings: no pneumothorax. Support lines in stable position.~Called by: N/A",
        "CRITICAL RESULT: No acute hemorrhage. Stable.",
        "Critical findings: No acute fracture. The lungs are clear. Heart size is normal.",
    ],
)
def test_what_is_as_it_should_be_is_no_finding(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Critical results: call 555-1234",
        "Critical Results: Please call radiology at (555) 123-4567.",
        "Critical findings: phone the reading room at ext. 4455~Signed by Dr. Roe",
        "Critical results - page us on 4455",
        "Critical Results: per policy",
        "Critical findings: Per department policy.~TECHNIQUE: CT",
    ],
)
def test_the_foot_of_every_report_says_whom_to_call_and_is_no_finding(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []


@pytest.mark.parametrize(
    "text",
    [
        "CRITICAL RESULT: Please call Dr. Roe at 555-1234.",
        "Critical result: please call 555-1234.",
        "CRITICAL RESULTS: call 555-1234",
        "Critical results: call 555-1234 about the embolus.",
        "Critical results: call Dr. Roe at 555-1234",
        "Critical results: called per policy.",
        "Critical findings: Call 5/3/2026",
        "Critical findings: call 5.3.2026",
        "Critical results: phone 10/30",
        "Critical results: call 1030",
        "Critical results: call at 1030.",
        "Critical findings: per policy called to Dr. Roe.",
    ],
)
def test_one_that_asks_to_be_called_about_it_counts(text: str) -> None:
    assert flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "Critical findings: No pneumothorax. Large pericardial effusion.",
        "Critical findings: No pneumothorax. Line in the carotid.",
        "Critical findings: No pneumothorax. Lines not in good position.",
        "Critical findings: No pneumothorax. Lines in good position except the NGT.",
        "Critical findings: No pneumothorax. Lines in good position. Free air.",
        "Critical findings: No pneumothorax. Stable subdural.",
        "Critical findings: No pneumothorax. Heart size markedly increased.",
        "Critical findings: No flow. Stable.",
        "CRITICAL RESULT: No pneumothorax. Called to Dr. Roe.",
    ],
)
def test_a_finding_behind_one_that_is_denied_counts(text: str) -> None:
    assert flags(text)
