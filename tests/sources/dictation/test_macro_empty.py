"""Forms behind a macro that nobody has filled in, or whose answer is none, and what is not so.

"~" is where the sender began a new line.
"""

import pytest

from tests.sources.dictated import flags

_LONG = "the ordering provider is to be called at once, as the policy of the department says"
_NONE = "No hemorrhage, no mass effect, no midline shift, no hydrocephalus, no herniation, "


@pytest.mark.parametrize(
    "text",
    [
        "CRITICAL RESULTS~No critical results were identified on this exam.",
        "CRITICAL RESULTS~There are no new critical findings.",
        "Critical findings requiring immediate attention: None",
        "Critical findings requiring immediate notification: None identified.",
        "Critical results requiring urgent communication to the referring clinician: none.",
        "CRITICAL FINDINGS (requiring immediate attention): None",
        "CRITICAL RESULTS: Findings are not critical.",
        "CRITICAL RESULTS: The findings are non-critical.",
        "CRITICAL RESULTS: Communication not required.",
        "CRITICAL RESULTS: Immediate notification is not necessary.",
        "CRITICAL RESULT: ---",
        "CRITICAL RESULTS: 'None'",
        "CRITICAL RESULTS.......None.",
        "CRITICAL RESULT: [present/absent]",
        "CRITICAL FINDINGS: [Free text]",
        "CRITICAL FINDINGS: [Describe]",
        "CRITICAL FINDINGS: [list if any]",
        "Critical result called to: [ ]",
        "CRITICAL RESULT LEVEL: [Red/Orange/Yellow]",
        "Critical result levels: red, orange, yellow",
        "CRITICAL RESULT: entered in error",
        "Critical findings: none noted by radiologist",
        "CRITICAL FINDINGS: Negative head CT.",
        "CRITICAL FINDINGS: No evidence of DVT in either lower extremity.",
        "CRITICAL FINDINGS: No deep vein thrombosis.",
        "CRITICAL FINDINGS: No acute process in the abdomen or pelvis.",
        "Critical results, call 555-1234.",
        "Critical results, call (555) 555-1234",
        "Critical findings, PE and torsion, are called.",
        "Critical Result Communication~Person contacted: N/A~Date/Time: N/A~Read back: N/A",
        "Critical Result Communication:~Person contacted: N/A~Date/Time: ~~IMPRESSION: Normal.",
        "CRITICAL RESULT NOTIFICATION~Notified: N/A~IMPRESSION: Normal.",
        f"Critical result: [ ] Yes, {_LONG}, {_LONG} [X] No",
        f"CRITICAL FINDINGS: {_NONE}{_NONE.lower()}no abscess.",
        f"CRITICAL RESULT:{' ' * 170}None",
    ],
)
def test_what_every_report_of_a_template_says_is_no_flag(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []


@pytest.mark.parametrize(
    "text",
    [
        "CRITICAL RESULTS~No flow in the left MCA.",
        "CRITICAL RESULTS~No critical stenosis, but PE.",
        "Critical findings that require immediate notification: PE",
        "Critical results requiring communication: SAH called to Dr. Roe",
        "Critical finding present on this exam: no flow in left leg",
        "Critical finding communicated to the physician: not communicated",
        "Critical result called to provider: no answer, message left",
        "CRITICAL RESULT: findings not communicated",
        "CRITICAL RESULT: Communication not possible.",
        "CRITICAL RESULT: Notification not required as Dr. Roe was at the scanner.",
        "Critical result not acknowledged",
        "CRITICAL RESULT: --- PE",
        "CRITICAL RESULT .... No flow",
        "CRITICAL RESULT: [present]",
        "Critical finding: [Enterocolitis with perforation]",
        "Critical result called to: [Dr. Roe]",
        "CRITICAL RESULT: red, called to Dr. Roe",
        "CRITICAL RESULT: cancelled exam, PE seen",
        "CRITICAL RESULT: Negative head CT but PE on chest CT",
        "CRITICAL RESULT: No DVT in the left leg, PE",
        "CRITICAL RESULT: No flow in the brain",
        "Critical results, called to 555-1234.",
        "Critical results, call placed to Dr. Roe.",
        "Critical result, call Dr. Roe at 555-1234",
        "Critical findings, PE and dissection, were called to Dr. Roe",
        "Critical Result Communication~Person contacted: Dr. Roe~Date/Time: N/A",
        "Critical Result Communication~Person contacted: N/A~Pulmonary embolism.",
        "CRITICAL RESULT: PE~~Person contacted: N/A~Date/Time: N/A",
        "CRITICAL RESULT~Saddle PE~Called to: N/A",
        "Result Communication: Critical",
        f"Critical result: [ ] No, {_LONG}, {_LONG} [X] Yes",
        f"CRITICAL RESULT: {_NONE}{_NONE.lower()}but there is PE",
        f"CRITICAL RESULT: Negative for {'bleeding or ' * 12}fracture but PE",
        f"CRITICAL RESULT:{' ' * 500}Saddle PE",
    ],
)
def test_what_says_something_is_not_left_empty(text: str) -> None:
    assert flags(text) == ["CRITICAL RESULT"]
    assert flags(*text.split("~")) == ["CRITICAL RESULT"]
