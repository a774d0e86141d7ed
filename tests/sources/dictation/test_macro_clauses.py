"""Macros beside the finding that they are said of, whom somebody tried to tell, and forms that
nobody has filled in. "~" is where the sender began a new line.
"""

import pytest

from tests.sources.dictated import flags

TRIED_OR_TOLD = [
    "No fracture, but the critical findings were discussed with Dr. Roe.",
    "Findings may represent early infarct and~critical result was called to Dr. Roe at 10:00.",
    "New from the previous study, and this critical result was discussed with Dr. Roe.",
    "Critical result, Dr. Roe paged.",
    "Critical finding, ED called, no answer.",
    "Critical result, will call Dr. Roe.",
    "Critical result, awaiting call back from Dr. Roe.",
    "Critical result, message left with the answering service.",
    "Critical result, text sent to Dr. Roe.",
    "Critical result, Dr. Roe aware.",
    "Critical findings, please call 555-0100.",
    "2. Critical finding, Dr. Roe could not be reached.",
    "Critical finding, the ED has been called without an answer.",
    "Critical results awaiting communication.",
    "Critical findings were not able to be communicated.",
    "Critical findings not communicated; the clinic is closed.",
    "Critical finding has not been discussed with Dr. Roe.",
    "Attempted to call critical results to Dr. Roe at 22:10 and 22:20; no answer.",
    "Attempts to call this critical result x3.",
    "Tried calling the critical result to the ward, no answer.",
    "Dr. Roe paged with critical results.",
    "Dr. Roe paged for critical result at 22:10.",
    "ED texted re: critical finding.",
    "I spoke with Dr. Roe about the critical finding at 22:10.",
    "D/w Dr. Roe re: critical findings at 22:10.",
    "Dr. Roe is aware of the critical findings.",
    "Critical result verbally relayed to Dr. Roe and read back.",
    "Critical results reviewed with Dr. Roe in person at 22:10.",
    "The critical nature of these findings was discussed with Dr. Roe at 22:10.",
    "I have paged Dr. Roe about this~critical result and await a return call.",
    "Communication of critical results:~Discussed with Dr. Roe at 22:10.",
]
ENTERED = [
    "The above was entered by Dr. Lind at 22:10 into the Radiology critical results system.",
    "Findings were posted to the critical results dashboard.",
    "Critical findings in this report were reported to Dr. Roe at 22:10 by Dr. Lind.",
    "Critical results entered into Veriphy",
    "Critical results have been entered into Veriphy.",
    "A critical results notification was entered in PowerConnect at 22:10.",
    "Critical result submitted via Veriphy.",
    "Critical findings uploaded to the critical results system.",
    "Critical finding placed in the communication queue.",
    "Critical finding workflow initiated.",
]
NAMED = [
    "Pneumothorax without shift: critical result.",
    "PE without heart strain (CRITICAL).",
    "New PE since prior CT (CRITICAL)",
    "Large SDH, not present on prior,~critical finding.",
    "Bilateral PE (CRITICAL)",
    "1. Tension pneumothorax (CRITICAL).",
    "SAH with hydrocephalus (CRITICAL); neurosurgery paged.",
    "Pulmonary embolism: critical result",
    "Acute appendicitis: critical finding.",
    "Subdural hematoma, critical result.",
    "Subdural hematoma = critical finding",
    "FREE AIR: CRITICAL FINDING",
    "Communication type: critical finding",
    "Result type: Critical",
    "Type of result: Critical",
    "Alert type: Critical",
    "RCR alert: critical",
    "Alert code: CRITICAL",
    "Report type: CRITICAL",
    "Result: Critical",
    "NOTIFICATION: Critical result.",
    "Possible critical finding: aortic dissection.",
    "Potential critical result: possible dissection.",
    "Suspected critical finding: bowel ischemia.",
    "ACUTE PE CRITICAL RESULT CALLED TO ED NO ANSWER",
    "Large PTX critical finding.",
    "NO FRACTURE, CRITICAL RESULT: FREE AIR",
    "Free air, CRITICAL RESULT",
    "//CRITICAL RESULT//",
    "+++CRITICAL RESULT+++",
    "$CRITICAL RESULT$",
    "CRITICAL MAMMOGRAM RESULT",
    "CRITICAL VASCULAR LAB RESULT: DVT",
    "Critical brain finding: SAH",
    "CRITICAL POSITIVE FINDING",
    "Critical high-risk finding: dissection.",
    "CRITICAL TEST RESULT MANAGEMENT: Dr. Roe paged.",
    "ANCR alert: critical.",
    "Alert created: Critical",
    "CRITICAL FINDINGS: 1. No flow in the MCA.",
    "1. Large embolus. Critical findings: no~flow in the left MCA.",
    "Critical findings: No~perfusion of the left kidney.",
    "Critical: Y",
    "Critical? Y",
    "Critical (Y/N): Y",
    "Critical flag: Y",
    "Critical indicator: Yes",
    "Critical [x] Urgent [ ] Routine [ ]",
    "CRITICAL RESULT: {Pulmonary embolism}",
    "CRITICAL RESULT: [Pulmonary embolism/DVT]",
    "CRITICAL RESULT: [PE, discussed with ***]",
    "CRITICAL RESULT: Tension pneumothorax. {None/Discussed with ***}",
    "Critical finding: no significant~change in the large subdural hematoma.",
]


@pytest.mark.parametrize("text", [*TRIED_OR_TOLD, *ENTERED, *NAMED])
def test_a_macro_beside_what_it_is_about_or_whom_it_was_for_is_a_flag(text: str) -> None:
    assert flags(text.replace("~", " ")) == ["CRITICAL RESULT"]
    assert flags(*text.split("~")) == ["CRITICAL RESULT"]


@pytest.mark.parametrize(
    "text",
    [
        "Were there any~critical findings? Yes",
        "WERE THERE ANY~CRITICAL FINDINGS? YES",
        "LARGE SDH, NOT PRESENT ON PRIOR,~CRITICAL FINDING.",
        "LARGE SDH, NOT PRESENT~ON PRIOR, CRITICAL FINDING.",
        "NO FRACTURE OR~CRITICAL FINDING: FREE AIR",
        "THE FINDINGS MEET THE CRITERIA FOR~CRITICAL RESULT NOTIFICATION.",
        "critical result~notification pending",
        "NO PRIOR. PE IS A~CRITICAL FINDING.",
        "DR. ROE COULD NOT BE REACHED ABOUT THIS~CRITICAL RESULT.",
        "CRITICAL FINDINGS: 1. NO~FLOW IN THE MCA.",
    ],
)
def test_a_line_may_end_before_it(text: str) -> None:
    assert flags(*text.split("~")) == ["CRITICAL RESULT"]


def test_a_form_may_follow_below_in_small_letters() -> None:
    assert flags("critical result", "time called: 22:10", "called to: dr. roe")
    assert not flags("critical result", "policies of this hospital were followed")


@pytest.mark.parametrize("text", [one for one in (*TRIED_OR_TOLD, *ENTERED) if "~" not in one])
def test_so_it_is_where_all_of_the_report_is_in_capitals(text: str) -> None:
    assert flags(text.upper()) == ["CRITICAL RESULT"]


RULES_AND_OTHERS = [
    "If positive and critical results were called to the ED, document it.",
    "The prior CT was reviewed and critical results were discussed with Dr. Roe on 11/1.",
    "Prior PE with strain: critical finding.",
    "No PE, without critical finding.",
    "PATIENT STATUS: CRITICAL",
    "ALLERGY ALERT: CRITICAL",
    "CRITICAL RESULT EXCLUDED.",
    "FINDINGS ARE NOT THOUGHT TO REPRESENT A~CRITICAL FINDING.",
    "Findings are entered into the critical results system when indicated.",
    "Findings were not entered into the critical results system.",
    "Prior findings were entered into the critical results system on 1/1.",
    "Critical results, if any, will be called to the ordering provider.",
    "Critical findings, when present, are communicated by phone.",
    "Critical results, as defined by policy, are called within 60 minutes.",
    "Critical findings, such as pneumothorax, are called to the ED.",
    "Critical results, including PE, are~called to the ordering provider.",
    "Critical result, no call required.",
    "Critical results, no notification is needed.",
    "Critical results, per protocol, will be called.",
    "Critical results are entered into Veriphy.",
    "Critical results must be entered into Veriphy.",
    "No critical results were entered into Veriphy.",
    "Critical results reviewed with no findings.",
    "Critical findings were not identified.",
    "Critical results not called for.",
    "All findings are non-critical",
    "As above, none critical",
    "Question: critical finding?",
    "Reason for exam: critical result",
    "Follow-up: critical finding",
    "HISTORY: PE, critical finding.",
    "Prior CT: critical result.",
    "CLINICAL INFORMATION: outside read, critical result.",
    "No PE: no critical result.",
    "Priority: critical result",
    "See the policy on communication, critical results.",
    "LAD stenosis, 95% (CRITICAL).",
    "PATIENT IN ICU (CRITICAL)",
    "TRAUMA LEVEL 1 (CRITICAL)",
    "INDICATION: Trauma (CRITICAL)",
    "No bleed (CRITICAL)",
    "COMPARISON: CT (CRITICAL)",
    "Exam type: Critical",
    "Visit type: CRITICAL",
    "Trauma code: critical",
    "Result type: Critical care",
    "Result type: not critical",
    "Potential critical findings will be called.",
    "Possible critical result: none.",
    "Rule out possible critical finding.",
    "I spoke with Dr. Roe about the prior~critical result.",
    "HISTORY: PE CRITICAL RESULT",
    "R/O PE CRITICAL RESULT",
    "NO PE CRITICAL RESULT",
    "SAH critical results policy was followed.",
    "Critical head injury, result of a fall.",
    "Critical brain findings: none.",
    "Critical vascular findings: No aneurysm, dissection or occlusion.",
    "The team is aware of the critical result policy.",
    "Providers should be made aware of critical findings.",
]
LEFT_EMPTY = [
    "If there are~critical findings, call the ED.",
    "For questions about~critical results, call the reading room.",
    "In case of~critical results, the provider is called.",
    "Critical results~line: 555-0100.",
    "Critical findings: No new critical findings~since prior.",
    "CRITICAL FINDINGS: No~call required.",
    "Result type: Critical~care",
    "Critical results: {None/Discussed with ***}",
    "Critical Results: {None/Discussed~with ***}",
    "CRITICAL RESULT: {YES/NO:18632}",
    "Critical results: {yes no:314532}",
    "Findings: {critical findings:12345}",
    "Critical results: <None/Discussed with>",
    "Critical results: [none, discussed with [ ] at [ ]]",
    "Critical results: [None / Discussed with ___ at ___]",
    "CRITICAL RESULT: [None/Yes]~~IMPRESSION: Clear.",
    "CRITICAL RESULT:~[None/Yes]",
    "CRITICAL FINDING: [Select one]",
    "CRITICAL FINDING: <select>",
    "Critical results: [delete if not applicable]",
    "Critical [ ] Urgent [ ] Routine [x]",
    "CRITICAL FINDINGS:~1. None",
    "Critical: N",
    "Critical (Y/N):",
    "Critical (Y/N): N",
    "Critical flag: N",
    "Critical: false",
    "Critical findings: No~electronically signed by Dr. Lind",
    "Critical findings: no cord~compression.",
    "Critical findings: No acute fracture or dislocation.",
    "Critical findings: No ovarian torsion or hydronephrosis.",
    "Critical findings: No acute aortic syndrome.",
    "Critical communication: No critical finding was identified that needs communication.",
    "There were no findings that required~critical results communication.",
    "CRITICAL FINDINGS~----------------~None",
    "CRITICAL FINDINGS:~====================~None.",
    "Critical result~called: No",
    "Critical findings~present: No",
    "Critical results communication~not required.",
    "These findings do not constitute a~critical result.",
    "This does not meet criteria for a~critical result.",
    "No findings requiring~critical communication.",
]


@pytest.mark.parametrize("text", [*RULES_AND_OTHERS, *LEFT_EMPTY])
def test_a_rule_another_exam_and_a_list_to_choose_from_are_none(text: str) -> None:
    assert not flags(*text.split("~"))
    assert "~" in text or not flags(text.upper())


@pytest.mark.parametrize(
    "text",
    [
        "Critical finding, bowel ischemia",
        "IMPRESSION:~1. Critical finding, new subdural hematoma.",
        "IMPRESSION: Critical result, large pneumothorax without shift.",
        "Critical finding, large PE, no heart strain.",
    ],
)
def test_one_finding_may_follow_behind_a_comma(text: str) -> None:
    assert flags(text)
    assert flags(*text.split("~"))


@pytest.mark.parametrize(
    "text",
    [
        "Critical finding, if any, is called.",
        "Critical result, as defined by the department, is called within 60 minutes.",
        "Critical finding, defined as life-threatening, must be called.",
        "Critical results, both verbal and written, are logged.",
        "The radiologist calls every~critical finding, large or small, by phone.",
        "Critical result, none.",
        "Critical result, see policy 12.",
        "HISTORY: Critical finding, PE, on an earlier scan.",
        "No~Critical finding, bowel ischemia.",
    ],
)
def test_a_rule_behind_a_comma_is_no_finding(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []
