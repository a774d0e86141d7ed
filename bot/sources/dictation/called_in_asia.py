"""A call documented in Japanese or Chinese: by voice, done, and to whom, in one sentence.

What stands in the clause of the call or behind it speaks against it; what stands before it does
not: "the attending was away, the resident was called" tells of a call.
"""

import re

FIRST_WORDS = ("電話", "口頭", "电话", "口头", "致电", "致電")
"""How it was told; one of them is in every sentence that counts."""

_VOICE = "|".join(FIRST_WORDS)
_SENTENCE_ENDS = re.compile("[。！？!?]")
_CLAUSE_ENDS = "，、,；;："
_CALLED = re.compile(
    # Japanese: the verb stands last, and says that it is done.
    rf"(?:{_VOICE})[^。]{{0,40}}?(?:報告|連絡|通知|説明|相談|共有|伝達)(?:済|し(?:た|まし|てい))|"
    rf"(?:{_VOICE})[^。]{{0,40}}?(?:伝え(?:た|まし|済)|話し(?:た|まし))|"
    # Chinese: a word before the verb does.
    rf"已[^。，,；;]{{0,20}}?(?:{_VOICE})[^。，,；;]{{0,4}}?"
    r"(?:通知|告知|联系|聯繫|聯絡|联络|报告|報告|汇报|沟通|溝通)|"
    rf"(?:{_VOICE})(?:通知|告知|报告|報告|汇报)[^。]{{0,30}}?(?:复述|複述|复诵|確認|确认|知悉)"
)
_WHOM = re.compile(
    "主治医|担当医|依頼医|当直医|医師|先生|看護師|病棟|医师|醫師|医生|醫生|大夫|护士|護士|急诊科|病房"
)
_IN_VAIN = "不在|応答な|出ず|繋がら|つながら|留守|无人接|無人接|未接|未通|没接|沒接"
_TAKEN_BACK = re.compile(_IN_VAIN)
_ONLY_TRIED = re.compile(
    rf"{_IN_VAIN}|でき(?:ず|な|ませ)|予定|ください|下さい|お願い|べき|必要|"
    "ない|なし|なく|待ち|折り返し|前回|(?:患者|家族)(?:様)?(?:に|へ|本人)|"
    "未|请|請|无人|無人|拟|擬|将|將|尚|没|沒|不(?:通|接|能)|需|稍后|留言|短信|微信|上次|"
    "(?:通知|告知|联系|聯繫|给)了?(?:患者|家属|家屬|病人)"
)


def called_in_asia(paragraph: str) -> str:
    """Its last sentence that says who was told; empty where none does, or the next takes it
    back."""
    after = ""
    for sentence in reversed(_SENTENCE_ENDS.split(paragraph)):
        if _tells(sentence.replace(" ", "")) and not _TAKEN_BACK.search(after):
            return sentence.strip()
        after = sentence
    return ""


def _tells(sentence: str) -> bool:
    found = _CALLED.search(sentence)
    if found is None or _WHOM.search(sentence) is None:
        return False
    begins = max(sentence.rfind(mark, 0, found.start()) for mark in _CLAUSE_ENDS) + 1
    return _ONLY_TRIED.search(sentence, begins) is None
