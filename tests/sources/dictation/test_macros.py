"""What a radiologist dictates to say how urgent it is, and what only looks like it."""

import pytest

from bot.domain.profile import MOST_SEVERE
from bot.domain.report import Flag
from tests.sources.oru import message, obr, report, sample, unusable


def told(text: str, identifier: str = "&IMP", fields: dict[int, str] | None = None) -> list[Flag]:
    return list(report(sample(f"OBX|1|TX|{identifier}||{text}||||||F", fields=fields)).flags)


@pytest.mark.parametrize(
    "text",
    [
        "CRITICAL RESULT",
        "Critical result: Called to Dr. Park at 14:05.",
        "***CRITICAL RESULT***",
        "Large embolus. CRITICAL RESULT.",
        "IMPRESSION: CRITICAL RESULT. Large embolus.",
        "1. CRITICAL FINDING - pneumothorax",
        "[x] CRITICAL RESULT",
        "CRITICAL RESULT: No flow in the left testis.",
        "FINDINGS: seen.~CRITICAL RESULTS communicated to the ED.",
    ],
)
def test_the_macro_for_a_critical_result_is_a_flag_of_the_worst_kind(text: str) -> None:
    assert told(text) == [Flag("CRITICAL RESULT", "dictated", "OBX[1]-5", MOST_SEVERE)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ACR category 1", "RID49480"),
        ("ACR Category 2 finding: embolus.", "RID49481"),
        ("ACR actionable: Cat 3", "RID49482"),
        ("ACRCAT 2", "RID49481"),
        ("Actionable finding, category 2", "RID49481"),
        ("ACR actionable finding category 3.", "RID49482"),
        ("ACR CATEGORY II", "RID49481"),
        ("Category 1 - ACR Actionable", "RID49480"),
        ("ACTIONABLE FINDING (CATEGORY 1)", "RID49480"),
        ("ACTIONABLE FINDINGS: Category 2", "RID49481"),
        ("Actionable Category 1: embolus", "RID49480"),
        ("ACTIONABLE FINDING: ACR cat. 3", "RID49482"),
        ("CRITICAL RESULT: ACR category 3", "RID49482"),
    ],
)
def test_a_category_in_words_is_the_code_that_it_stands_for(text: str, code: str) -> None:
    assert told(text) == [Flag(code, "dictated", "OBX[1]-5")]


@pytest.mark.parametrize(
    "text",
    [
        "No critical result.",
        "NO CRITICAL RESULTS",
        "CRITICAL RESULT: none",
        "CRITICAL RESULT: None identified.",
        "CRITICAL RESULTS: No",
        "CRITICAL RESULT? No.",
        "CRITICAL RESULT (Y/N): N",
        "CRITICAL RESULT: not applicable",
        "CRITICAL VALUE: n/a",
        "[ ] CRITICAL RESULT",
        "CRITICAL FINDINGS:~No acute process.",
        "The critical result policy was followed.",
        "Critical results are called within 60 minutes.",
        "Prior critical result of 3 May was acknowledged.",
        "No critical limb ischemia.",
        "without critical obstruction",
        "Critical stenosis of the LAD.",
        "No evidence of midline shift.",
        "Prior study was ACR category 1.",
        "ACR category 1: none",
        "ACR category 1: Negative",
        "ACR category 12",
        "ACR BI-RADS category 1",
        "Mammogram, no change.~ACR category 1",
        "ACR category 2: benign",
    ],
)
def test_what_denies_it_or_only_speaks_of_it_is_no_flag(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("HISTORY: Prior mammogram normal.~IMPRESSION: PE. ACR category 1.", "RID49480"),
        ("HISTORY: mammoplasty.~IMPRESSION: ACR Category 1 actionable finding.", "RID49480"),
        ("IMPRESSION: ACR category 3. Recommend diagnostic mammography.", "RID49482"),
        ("EXAM: CT CHEST, BREAST IMPLANTS~IMPRESSION: ACR category 1: PE", "RID49480"),
    ],
)
def test_a_mention_of_mammography_makes_no_breast_exam(text: str, code: str) -> None:
    assert [flag.value for flag in told(text, "X")] == [code]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Simple cyst. ACR category 2.", {4: "X^US BREAST LEFT^L", 24: "US"}),
        ("No change. ACR category 1.", {24: "MG"}),
        ("EXAM: US BREAST~IMPRESSION: Simple cyst. ACR Category 2.", {}),
        ("BI-RADS: unchanged.~ACR category 2", {}),
    ],
)
def test_of_a_breast_exam_the_number_is_bi_rads(text: str, fields: dict[int, str]) -> None:
    assert told(text, "X", fields) == []


def test_an_actionable_finding_counts_in_any_exam() -> None:
    assert told("ACR actionable finding category 1", fields={24: "MG"})


def test_a_coded_answer_is_no_dictation() -> None:
    coded = "OBX|1|CWE|C^Category^L||X^ACR category 1^L||||||F"
    assert report(sample(coded)).flags == ()


def test_each_macro_is_told_once_and_where_it_stood_first() -> None:
    clear = "OBX|1|TX|&GDT||No critical result in the chest.||||||F"
    twice = "OBX|2|TX|&IMP||CRITICAL RESULT: clot.~CRITICAL RESULT: bleed.||||||F"
    assert [(f.value, f.where) for f in report(sample(clear, twice)).flags] == [
        ("CRITICAL RESULT", "OBX[2]-5")
    ]


def test_a_macro_in_a_note_says_so() -> None:
    text = "OBX|1|TX|&IMP||Clot.||||||F"
    (flag,) = report(sample(text, "NTE|1||CRITICAL RESULT")).flags
    assert flag.where == "OBX[1] NTE-3"


def test_a_macro_in_an_addendum_flags_the_addendum() -> None:
    found = report(sample("OBX|1|TX|X||IMPRESSION: Clear.~ADDENDUM:~CRITICAL RESULT: air.||||||F"))
    assert found.flags == ()
    assert [f.value for f in found.addenda[0].flags] == ["CRITICAL RESULT"]


def test_an_addendum_that_documents_the_call_flags_the_report_it_is_about() -> None:
    text = "IMPRESSION: Free air.~ADDENDUM:~CRITICAL RESULT called to Dr. Lee at 10:00."
    found = report(sample(f"OBX|1|TX|X||{text}||||||F"))
    assert found.addenda[0].flags == ()
    assert [f.value for f in found.flags] == ["CRITICAL RESULT"]


def test_a_macro_in_a_message_that_cannot_be_used_is_saved() -> None:
    data = message(obr({25: "?"}), "OBX|1|TX|&IMP||CRITICAL RESULT: clot||||||F")
    assert [flag.value for flag in unusable(data).flags] == ["CRITICAL RESULT"]


@pytest.mark.parametrize("lines", [("Category 1", "actionable finding."), ("CODE", "CRITICAL")])
def test_a_macro_may_go_on_in_the_next_segment(lines: tuple[str, str]) -> None:
    one, other = (f"OBX|{n}|TX|R^Report||{line}||||||F" for n, line in enumerate(lines, 1))
    assert [flag.where for flag in report(sample(one, other)).flags] == ["OBX[1]-5"]
