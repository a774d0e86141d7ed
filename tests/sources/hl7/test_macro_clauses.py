"""Macros beside the finding that they are said of, whom somebody tried to tell, and forms that
nobody has filled in. "~" is where the sender began a new line.
"""

import pytest

from tests.sources.dictated import flags

TRIED_OR_TOLD = [
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
    "Critical results entered into Veriphy",
    "Critical results have been entered into Veriphy.",
    "A critical results notification was entered in PowerConnect at 22:10.",
    "Critical result submitted via Veriphy.",
    "Critical findings uploaded to the critical results system.",
    "Critical finding placed in the communication queue.",
    "Critical finding workflow initiated.",
]
NAMED = [
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


RULES_AND_OTHERS = [
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
    "The team is aware of the critical result policy.",
    "Providers should be made aware of critical findings.",
]
LEFT_EMPTY = [
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


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CAT 1 ACTIONABLE", "RID49480"),
        ("Appendicitis - CAT2 ACTIONABLE", "RID49481"),
        ("Nodule (CAT 3 ACTIONABLE)", "RID49482"),
        ("Category 2 actionable.", "RID49481"),
        ("ACR Actionable 1", "RID49480"),
        ("ACR 3 actionable", "RID49482"),
        ("Actionable level 2: appendicitis", "RID49481"),
        ("Actionable finding~category 1.", "RID49480"),
        ("Non-routine communication: ACR category 2", "RID49481"),
        ("ACR actionable category 1 and 2 findings: PE and appendicitis.", "RID49480"),
    ],
)
def test_an_actionable_category_is_known_without_the_word_finding(text: str, code: str) -> None:
    assert flags(*text.split("~")) == [code]


@pytest.mark.parametrize(
    "text",
    [
        "ACR category 1/2/3",
        "ACR category 1, 2 or 3: none",
        "ACR Actionable Category 1, 2, and 3 findings are reported.",
        "ACR Actionable Findings: 1. Nodule, 2. Cyst.",
        "Actionable findings: 2",
        "ACR actionable 1: none",
        "CAT 1 ACTIONABLE: N/A",
        "No CAT 1 ACTIONABLE finding.",
        "Category 1 actionable results must be called.",
        "Non-actionable level 1",
        "CAT 1 trauma",
    ],
)
def test_a_list_of_the_categories_and_a_count_are_none(text: str) -> None:
    assert not flags(text)
