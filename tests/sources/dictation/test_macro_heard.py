"""Who has heard of a critical result, when it was told, and findings that are said to be critical.

"~" is where the sender began a new line.
"""

import pytest

from tests.sources.dictated import called, flags


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Roe acknowledged the critical result.",
        "Dr. Roe acknowledged receipt of the critical result at 10:30.",
        "Dr. Roe verbalized understanding of the critical results.",
        "Dr. Jane Roe, ED, read back the critical result.",
        "Dr. Roe confirmed receipt of this critical result.",
        "ED physician aware of critical finding.",
        "The ordering physician acknowledged the critical findings by phone.",
        "Nurse Smith was told of the critical finding.",
        "PE. Dr. Roe acknowledged the critical result.",
        "COMMUNICATION: Dr. Roe acknowledged the critical result.",
        "Dr. Roe has acknowledged these critical findings~at 10:30.",
        "This finding is critical.",
        "These findings are critical.",
        "This result is critical.",
        "PE. These findings are critical. Dr. Roe was called.",
        "The findings are critical and were called to Dr. Roe.",
        "Large pneumothorax, which is a critical finding.",
        "SAH, which represents a critical result, was called to Dr. Roe.",
        "Verbally reported critical findings to Dr. Roe.",
        "Verbal notification of critical results to Dr. Roe at 10:30.",
        "Telephone call with critical results to Dr. Roe.",
        "Time critical result called: 10:30",
        "Time of critical result notification: 10:30",
        "Date/time of critical result call: 3/1/2026 10:30",
        "Critical result time: 10:30",
        "Critical result date/time: 3/1/2026 1030",
        "Person notified of critical result: Dr. Roe",
        "Provider given critical result: Dr. Roe",
        "Critical findings above.",
        "Critical finding as described above.",
        "Critical finding detected",
        "A critical finding has been detected.",
        "Critical results read back by Dr. Roe",
        "Result urgency: critical",
        "Finding urgency: CRITICAL",
        "Result classification: Critical",
    ],
)
def test_what_somebody_has_heard_of_is_there(text: str) -> None:
    assert flags(text) == ["CRITICAL RESULT"]
    assert flags(*text.split("~")) == ["CRITICAL RESULT"]


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Roe acknowledged the critical result policy.",
        "Dr. Roe acknowledged no critical result.",
        "Dr. Roe acknowledged the prior critical result.",
        "Dr. Roe has not acknowledged any critical result.",
        "Provider acknowledged the critical results reporting policy.",
        "Dr. Roe should have acknowledged the critical result.",
        "HISTORY: Patient was told of a critical finding elsewhere.",
        "The physician must acknowledge the critical result.",
        "The physician acknowledged the critical lab value.",
        "These findings are critical to planning.",
        "These findings are critical~for the surgeon.",
        "These findings are not critical.",
        "If the findings are critical, call.",
        "The patient is critical.",
        "The stenosis is critical.",
        "Whether these findings are critical is unclear.",
        "Findings are critical.",
        "No pneumothorax, which is a critical finding.",
        "Tell us of any hemorrhage, which is a critical finding.",
        "Phone call with critical results to 555-1234",
        "Verbal report of critical results to be given",
        "Critical result time: N/A",
        "Time of critical result notification: N/A",
        "Time critical result called:",
        "Time critical result called:~Date critical result called:",
        "Date of prior critical result: 1/1/2026",
        "Critical result phone: 555-1234",
        "HISTORY: Critical result time: 10:30",
        "No critical finding detected.",
        "Critical findings as above: none",
        "Critical finding detected: none",
        "Critical finding detected by AI was not confirmed.",
        "Critical results read back policy",
        "Exam urgency: critical",
        "Urgency: Critical",
        "Order urgency: CRITICAL",
        "Result urgency: critical/urgent/routine",
        "Result urgency: non-critical",
    ],
)
def test_what_nobody_has_heard_of_is_no_flag(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Roe read back the critical result.",
        "Dr. Roe acknowledged the critical result.",
        "Dr. Roe verbalized understanding of the critical results.",
        "ED physician aware of critical finding.",
        "Nurse Smith was told of the critical finding.",
    ],
)
def test_who_has_heard_of_it_was_called(text: str) -> None:
    assert called(text) == text
