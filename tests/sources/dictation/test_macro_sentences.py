"""Macros in a sentence that says of the exam or of a finding that it is critical, or denies it."""

import pytest

from tests.sources.dictated import flags
from tests.sources.oru import report, sample


def values(text: str) -> list[str]:
    lines = ("FINDINGS: Aorta seen.", "IMPRESSION: Dissection.", text)
    found = report(sample(*(f"OBX|{n}|TX|R^Report||{line}||||||F" for n, line in enumerate(lines))))
    return [flag.value for flag in found.flags]


@pytest.mark.parametrize(
    "text",
    [
        "ALERT! THIS REPORT CONTAINS A CRITICAL RESULT.",
        "I was unable to reach Dr. Roe regarding these critical findings.",
        "CRITICAL RESULT: No person notified.",
        "Compared with prior impression: CRITICAL RESULT: new pneumothorax.",
        "I attempted to contact Dr. Roe with these critical results at 22:00.",
        "Dr. Roe could not be reached about this critical result.",
        "A voicemail was left for Dr. Roe with the critical result.",
        "Attempt was made to communicate critical results to Dr. Roe.",
        "Paged Dr. Roe with critical result x3, no call back.",
        "Dr. Roe was contacted regarding critical findings at 22:00.",
        "Critical finding paged to Dr. Roe at 22:00.",
        "The critical results will be called to Dr. Roe.",
        "This study was flagged as a critical result.",
        "Acuity: CRITICAL RESULT",
        "Person notified of critical result: Dr. Roe",
        "Notification of critical result was made to Dr. Roe at 22:00.",
        "Critical result verbally notified to Dr. Roe.",
        "Critical result intimated to Dr. Roe at 10 pm.",
        "Critical results were attempted to be communicated to the provider without success.",
        "Critical alert raised. Bleep 2213 not answered.",
        "Documentation of critical result: Dr. Roe was called at 22:10",
        "LATE ENTRY: CRITICAL RESULT - pneumothorax.",
        "CRITICAL DISCREPANCY: embolus missed overnight.",
        "IMPRESSION: Critical: perforated viscus with free air.",
        "1. CRITICAL: Ruptured ectopic pregnancy.",
        "Results meet critical result criteria and were called to Dr. Roe.",
        "The findings meet the criteria for critical result notification.",
        "Emergency department physician notified of critical result at 10:00",
        "Is this a critical result: Yes",
        "IMPRESSION: Was a critical result identified? Yes, dissection",
        "Above critical result called to the nurse in the ICU.",
        "Acute dissection CRITICAL RESULT: called to Dr. Roe",
        "Clot, 12 mm (new) CRITICAL FINDING: told Dr. Roe",
        "IMPRESSION:\tdissection\tCRITICAL RESULT: called",
        "IMPRESSION   :   Dissection     CRITICAL RESULT called to Dr. Roe",
        "Critical result created.",
        "Critical findings: no dissection, no flow.",
        "Any critical findings: Yes",
        "This report contains critical findings.",
        "The study is positive for a critical result.",
        "A critical finding is present.",
        "There is a critical finding of dissection.",
        "New critical finding of pneumothorax.",
        "Critical finding, dissection, discussed with Dr. Roe.",
        "1. Dissection, critical result, discussed w/ Dr. Roe at 1015.",
        "Dr. Roe notified of critical results at 10:15",
        "Critical findings are noted: dissection.",
        "Critical finding of acute aortic dissection discussed with Dr. Roe at 14:00.",
        "Critical result of pulmonary embolism was called to Dr. Roe at 14:00.",
        "Critical results as above discussed with Dr. Roe at 14:00.",
        "Critical result discovered at 14:00 and communicated to Dr. Roe at 14:05.",
        "The critical results regarding the dissection were conveyed to Dr. Roe.",
        "A critical result message was sent to Dr. Roe at 14:00.",
        "CRITICAL UNEXPECTED FINDING: dissection",
        "Critical Actionable Finding: dissection",
        "CRITICAL RESULTS REPORTING: Dr. Roe was called at 14:00",
        "Critical Abnormality: dissection",
        "Critical findings: Negative for fracture but free air.",
        "Critical findings: Negative for embolism. New dissection.",
        "Critical result acknowledged by Dr. Roe at 14:00.",
        "ACR CRITICAL FINDING: dissection",
        "CRITICAL -- dissection",
        "1) CRITICAL: dissection",
        "These results are critical and were called to Dr. Roe at 14:00.",
        "Dissection. Findings are critical and have been discussed with Dr. Roe.",
        "Critical findings: No flow.",
        "Critical findings: No change in intracranial hemorrhage.",
        "Critical findings: No acute hemorrhage. Large pneumothorax.",
        "Critical findings: No longer small pneumothorax.",
        "Critical finding: False aneurysm.",
        "(a) CRITICAL - dissection",
        "Criticality: Critical",
        "Red critical result",
        "Priority 1 critical result: dissection",
        "A critical result notification was sent to Dr. Roe via PowerConnect.",
        "An automated critical results notification has been sent to the ordering provider.",
        "A critical results alert was generated and sent to Dr. Roe at 14:00.",
        "A critical result communication was made to Dr. Roe.",
        "A critical results call was placed to Dr. Roe.",
        "Critical level 1 finding: dissection",
        "Critical Reportable Finding: dissection",
        "CRITICAL NEW/UNEXPECTED FINDING: dissection",
        "“CRITICAL RESULT” dissection",
        "CRITICAL RESULT/ dissection",
        "CRITICAL RESULT: not called",
        "CRITICAL RESULT: Not yet communicated.",
        "*** CRITICAL RESULT: ***",
        "CRITICAL RESULT acute dissection called: No",
        "CRITICAL RESULT (dissection) called: No",
    ],
)
def test_what_says_it_of_this_exam_is_a_flag(text: str) -> None:
    assert values(text) == ["CRITICAL RESULT"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ACR Actionable Finding: Category 1 - Critical", "RID49480"),
        ("ACTIONABLE FINDING - CATEGORY 1", "RID49480"),
        ("ACR Critical Results Category 1", "RID49480"),
        ("Category 1 actionable finding: dissection", "RID49480"),
        ("Cat. 2 actionable finding: appendicitis", "RID49481"),
        ("Cat. 1 critical finding: dissection", "RID49480"),
        ("Actionable reporting category: 1", "RID49480"),
        ("ACR Actionable Reporting Work Group Category 1", "RID49480"),
        ("ACR actionable findings category: Category 1 (minutes)", "RID49480"),
        ("Actionable: ACR Category 2", "RID49481"),
    ],
)
def test_a_category_of_actionable_findings_is_its_code(text: str, code: str) -> None:
    assert code in values(text)


@pytest.mark.parametrize(
    "text",
    [
        "Critical alert raised: No",
        "Critical Result: none apparent.",
        "Critical Finding: no acute pathology.",
        "CRITICAL FINDINGS: No hemorrhage, mass or infarct.",
        "CRITICAL FINDINGS: NAD",
        "Critical Results:  None  Time: N/A  Person: N/A",
        "Critical results informed to: N/A",
        "Critical results paged: none",
        "CRITICAL RESULTS: No fracture or malalignment.",
        "We contact the ordering provider with critical results.",
        "I was not called about a critical result.",
        "Dr. Roe was contacted regarding critical findings on the prior exam.",
        "The critical results will be called within 60 minutes.",
        "Outside CT was flagged as a critical result.",
        "Normal study CRITICAL RESULT: None",
        "Evaluate for possible CRITICAL RESULT: rule out clot",
        "Contact number for CRITICAL RESULTS: 555-0100",
        "Prior study had CRITICAL RESULT: clot",
        "If critical findings are present, call 5-1234.",
        "When a critical finding is present the radiologist calls.",
        "This report contains no critical findings.",
        "This report does not contain critical findings.",
        "Findings meet critical result criteria: No",
        "Findings do not meet critical result criteria.",
        "Findings that meet critical result criteria are called within 60 minutes.",
        "If findings meet critical result criteria, call.",
        "Ordering provider not notified of critical result.",
        "Provider notified of prior critical result.",
        "Any critical findings: No",
        "Critical results of all exams are called to the ordering provider.",
        "Critical result of the previous CT was discussed with Dr. Roe on 1/1.",
        "INDICATION: critical result of hemoglobin 5 called to Dr. Roe.",
        "A critical result message was not sent.",
        "Critical unexpected findings: none.",
        "No critical abnormality.",
        "Critical Result Status: None",
        "Critical result flag: No",
        "Critical results reporting: N/A",
        "Critical results reporting policy was followed.",
        "Critical findings: Negative for pulmonary embolism.",
        "Critical Results: The findings on this study did not require critical communication.",
        "Category 3 actionable finding: none",
        "No category 1 actionable finding.",
        "Category 2 actionable findings are reported within two days.",
        "ACR Critical Results Category 1: none",
        "If findings are critical and were not called, call now.",
        "No findings are critical and none were called.",
        "CRITICAL FINDINGS: No acute intracranial hemorrhage.",
        "Critical findings: No evidence of acute pulmonary embolism or aortic dissection.",
        "Critical findings; none",
        "Critical result communicated: Not recorded",
        "If a critical result notification was sent, see the log.",
        "A critical results call is placed within 60 minutes.",
        "No critical result notification was sent.",
    ],
)
def test_what_denies_it_or_tells_the_rule_is_none(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Large PE~CRITICAL: saddle embolus",
        "IMPRESSION~CRITICAL: PE",
        "No fracture~CRITICAL: free air",
        "Findings as above~*** CRITICAL: PE",
        "PE~CRITICAL - called to the ED",
        "CT HEAD~~CRITICAL~~Large SDH",
    ],
)
def test_the_word_heads_what_is_critical_below_a_line_that_ends_without_a_mark(text: str) -> None:
    assert values(text) == ["CRITICAL RESULT"]


@pytest.mark.parametrize(
    "text",
    [
        "THE STENOSIS OF THE LAD IS~CRITICAL: NARROWED",
        "LAD STENOSIS~CRITICAL: PROXIMAL",
        "PATIENT CONDITION~CRITICAL: WORSE",
        "AORTIC VALVE AREA~CRITICAL: <0.6 CM2",
        "THIS IS NOT~CRITICAL: x",
        "CLEAR~CRITICAL: none",
    ],
)
def test_below_a_line_that_goes_on_it_is_that_lines(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "A critical test result (acute stroke) was called to Dr. Park at 14:05.",
        "The critical finding [PE] has been discussed with Dr. Roe.",
        "PRELIMINARY CRITICAL RESULT: PE",
        "Radiology critical result: PE",
    ],
)
def test_what_it_is_may_stand_in_brackets_and_whose_it_is_before(text: str) -> None:
    assert flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "A critical result (such as PE) is called to the provider.",
        "A prior critical result (PE) was called to Dr. Roe.",
        "A critical result (if any) was called to the floor.",
        "No critical result (PE or dissection) was called.",
        "Radiology critical results policy",
        "Imaging critical findings: none",
        "Preliminary critical result, if any, is called.",
    ],
)
def test_a_rule_or_a_denial_is_none_there_either(text: str) -> None:
    assert flags(text) == []
