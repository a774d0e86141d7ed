"""Questions of criticality in OBX-3 (or an Observation's code), with what stands in OBX-5."""

import pytest

from bot.domain.profile import Profile
from bot.sources.dictation.answered import answered
from tests.sources.oru import report, sample

BODY = "OBX|1|TX|X||Subdural hematoma.||||||F"


def flags(observation: str, fields: dict[int, str] | None = None) -> list[str]:
    return [flag.value for flag in report(sample(BODY, observation, fields=fields)).flags]


@pytest.mark.parametrize(
    ("observation", "value"),
    [
        ("OBX|2|ST|CRIT^Critical Result||Yes||||||F", "CRITICAL RESULT"),
        ("OBX|2|ST|CRIT^CRITICAL RESULT||SDH||||||F", "CRITICAL RESULT"),
        ("OBX|2|ST|CRIT^Critical Result? (Y/N)||Y||||||F", "CRITICAL RESULT"),
        ("OBX|2|CWE|CRIT^Critical result||Y^Yes^HL70136||||||F", "CRITICAL RESULT"),
        ("OBX|2|CWE|ACR^ACR Actionable Finding||1^ACR Category 1^L||||||F", "RID49480"),
        ("OBX|2|ST|ACR^ACR Category||2||||||F", "RID49481"),
        ("OBX|2|ST|CRITFLAG^Critical Flag||Y||||||F", "CRITICAL RESULT"),
        ("OBX|2|ST|CRITICAL_RESULT_FLAG||Y||||||F", "CRITICAL RESULT"),
        ("OBX|2|ID|X^Critical Finding Indicator||Y||||||F", "CRITICAL RESULT"),
        ("OBX|2|NM|CRITICAL_RESULT||1||||||F", "CRITICAL RESULT"),
        ("OBX|2|ST|CRITICAL^Critical||TRUE||||||F", "CRITICAL RESULT"),
        ("OBX|2|ST|SEV^Result Severity||Critical||||||F", "CRITICAL RESULT"),
        ("OBX|2|CWE|CAT^Result Category^L||C^Critical^L||||||F", "CRITICAL RESULT"),
        (
            "OBX|2|CE|D^DIAGNOSTIC CODE^L||9^CRITICAL ABNORMALITY, ATTN NEEDED^L||||||F",
            "CRITICAL RESULT",
        ),
        ("OBX|2|ST|ACR_CODE^ACR Actionability^L||Critical||||||F", "CRITICAL RESULT"),
        ("OBX|2|ST|PANIC^Panic Value||Yes||||||F", "CRITICAL RESULT"),
        ("OBX|2|CWE|X^Critical finding present^L||Y^Yes^HL70136||||||F", "CRITICAL RESULT"),
        ("OBX|2|ST|X^Critical Result Called||Y||||||F", "CRITICAL RESULT"),
        ("OBX|2|ST|X^Was there a critical finding?||Yes - PE||||||F", "CRITICAL RESULT"),
    ],
)
def test_a_question_and_its_answer_are_a_flag_together(observation: str, value: str) -> None:
    assert flags(observation) == [value]


@pytest.mark.parametrize(
    "observation",
    [
        "OBX|2|ST|CRIT^Critical Result||No||||||F",
        "OBX|2|CE|D^DIAGNOSTIC CODE^L||1^NORMAL^L||||||F",
        "OBX|2|CE|D^DIAGNOSTIC CODE^L||1000^NO ALERT REQUIRED^L||||||F",
        "OBX|2|CE|D^DIAGNOSTIC CODE^L||3^NO CRITICAL ABNORMALITY^L||||||F",
        "OBX|2|ST|ACR_CODE^ACR Actionability^L||4 - Suspicious||||||F",
        "OBX|2|ST|SEV^Result Severity||Not critical||||||F",
        "OBX|2|ST|X^Critical finding present||No||||||F",
        "OBX|2|ST|X^No critical findings||Yes||||||F",
        "OBX|2|ST|X^Prior critical result||Yes||||||F",
        "OBX|2|ST|X^Critical results policy reviewed||Yes||||||F",
        "OBX|2|CWE|CAT^Result Category^L||N^Non-critical^L||||||F",
        "OBX|2|CWE|CAT^Exam Category^L||S^Critical stenosis^L||||||F",
        "OBX|2|ST|CRIT^Critical Result||||||||F",
        'OBX|2|TX|CRIT^Critical Result||""||||||F',
        "OBX|2|NM|CRITICAL_RESULT||0||||||F",
        "OBX|2|ST|CRITICAL^Critical||FALSE||||||F",
        "OBX|2|ST|CRITICAL^Critical||Aortic stenosis||||||F",
        "OBX|2|ST|CRITFLAG^Critical Flag||N||||||F",
        "OBX|2|ST|CRIT^Critical Result Status||None||||||F",
        "OBX|2|ST|CRIT^Critical Result||None.||||||F\rOBX|3|ST|CRIT^Critical Result||By Roe||||||F",
        "OBX|2|CWE|CRIT^Critical result||N^No^HL70136||||||F",
        "OBX|2|CWE|CRIT^Critical result||UNK^Unknown^L||||||F",
        "OBX|2|CWE|ACR^ACR Actionable Finding||0^None^L||||||F",
        "OBX|2|CWE|C^Category^L||X^ACR category 1^L||||||F",
        "OBX|2|TX|73568-8^Communication of critical results^LN||Dr. Ito at 14:10||||||F",
    ],
)
def test_a_question_answered_with_no_or_not_at_all_is_none(observation: str) -> None:
    assert flags(observation) == []


def test_in_a_breast_exam_the_category_asked_for_is_bi_rads() -> None:
    assert flags("OBX|2|ST|ACR^ACR Category||2||||||F", {24: "MG"}) == []


def test_a_site_may_leave_macros_unread() -> None:
    profile = Profile(dictated_macros=False)
    assert answered("Critical result", "Yes", "OBX[2]-5", profile, breast=False) == ()


@pytest.mark.parametrize(
    "segment",
    [
        "OBX|2|ST|X||RID49480: actionable||||||F",
        "NTE|1||RID49480",
        "OBX|2|ST|X||ok|||^AA|||F",
        'OBX|2|ST|X||ok|||"AA"|||F',
    ],
)
def test_a_code_counts_in_a_note_before_its_words_and_as_text_alone(segment: str) -> None:
    assert flags(segment) in (["RID49480"], ["AA"])
