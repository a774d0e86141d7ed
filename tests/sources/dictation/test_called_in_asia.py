"""Calls documented in Japanese and Chinese, and attempts that are none."""

import pytest

from tests.sources.dictated import called


@pytest.mark.parametrize(
    "text",
    [
        "10時30分、主治医の田中医師に電話で報告しました。",
        "主治医に電話連絡済み。",
        "担当医の鈴木先生に電話で結果を伝えた。",
        "救急科佐藤医師に口頭で報告済み。",
        "主治医が不在のため、当直医に電話で連絡した。",
        "已电话通知主管医师张医生,10:30。",
        "已于10:30电话告知急诊科李医生。",
        "不除外肺栓塞,已电话通知李医生。",
        "已電話通知主治醫師陳醫師。",
        "电话告知病房护士刘某,已复述确认。",
    ],
)
def test_a_sentence_that_says_who_was_told_is_quoted(text: str) -> None:
    assert called(text) == text.rstrip("。")


@pytest.mark.parametrize(
    "text",
    [
        "主治医に電話したが不在。",
        "主治医に電話連絡したが応答なし。",
        "主治医に電話で連絡してください。",
        "主治医に電話報告予定。",
        "主治医に電話で報告できず。",
        "患者に電話で連絡した。",
        "主治医に電話で連絡した。応答なし。",
        "已电话通知主管医师,无人接听。",
        "已多次电话通知李医生,未接。",
        "请电话通知主管医师。",
        "未能电话通知李医生。",
        "李医生已电话通知患者。",
    ],
)
def test_an_attempt_a_plan_or_somebody_else_is_none(text: str) -> None:
    assert called(text) == ""


def test_the_sentence_of_the_call_is_quoted_and_not_its_paragraph() -> None:
    text = "肺塞栓症を認める。主治医に電話で報告した。精査をお願いします。"
    assert called(text) == "主治医に電話で報告した"
