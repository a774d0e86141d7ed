"""A question with its answer, as fields of dictation systems are sent: "Critical Result" = "Yes".

Each alone says nothing. Together they are the macro that they would be in the text, and are denied
by the same answers.
"""

import re

from bot.domain.profile import Profile
from bot.domain.report import Flag
from bot.sources.dictation.macro_words import CRITICAL, OF_A_RESULT
from bot.sources.dictation.macros import macros_in

_ENDS = " \t:?=*"
_NULL = '" '
"""What HL7 writes for a field that is to be emptied (v2.5.1 section 2.5.3)."""
_YES_OR_NO = re.compile(r"\s*\((?:Y/N|Yes/No)\)\Z", re.IGNORECASE)
# "Critical flag": of the result, of what else?
_OF_NOTHING = re.compile(r"\ACRITICAL (?:FLAG|INDICATOR)\Z", re.IGNORECASE)
# The code that each report gets in VistA, in VA hospitals; and the ACR's from PowerScribe.
_OF_A_CODE = re.compile(r"\A(?:DIAGNOSTIC CODE|(?:ACR )?ACTIONABILITY)\Z", re.IGNORECASE)
_YES = re.compile(r"\W*(?:YES|Y|TRUE|T|1)\W*", re.IGNORECASE)
"""Only this answers the bare "Critical": a stenosis may be that."""
_BEGINS_WITH_YES = re.compile(r"\W*(?:YES|Y|TRUE)\b", re.IGNORECASE)
"""To a longer question: "Critical finding present", "Critical result called"."""
_OF_ACR = re.compile(
    r"(?:ACR\b.*\b(?:CATEGORY|CAT|FINDINGS?)|ACTIONABLE FINDINGS?(?: CATEGORY)?)", re.IGNORECASE
)
_NUMBERED = re.compile(r"(?:ACR\s+)?(?:CAT(?:EGORY|\.)?\s*)?([123]|I{1,3})\b", re.IGNORECASE)
_REFERS = re.compile(r"\s*see\b", re.IGNORECASE)
"""To where the answer is: "see below"."""


def answered(
    question: str, answer: str, where: str, profile: Profile, *, breast: bool
) -> tuple[Flag, ...]:
    """The flag that both are together; none where it asks for something else."""
    asked = _YES_OR_NO.sub("", question.replace("_", " ").strip(_ENDS)).rstrip(_ENDS)
    asked = _OF_A_CODE.sub("RESULT CATEGORY", _OF_NOTHING.sub("CRITICAL RESULT", asked))
    if asked.upper() == "CRITICAL" and _YES.fullmatch(answer):
        asked = "CRITICAL RESULT"
    if not answer.strip(_NULL) or not profile.dictated_macros or _REFERS.match(answer):
        return ()
    if CRITICAL.fullmatch(asked) and "REPORT" not in asked.upper():
        return macros_in(f"{asked.upper()}: {answer}", where, profile)
    if yes := _BEGINS_WITH_YES.match(answer):
        return macros_in(f"{asked}? Yes{answer[yes.end() :]}", where, profile, breast=breast)
    if OF_A_RESULT.fullmatch(asked):
        return macros_in(f"{asked}: {answer}", where, profile, breast=breast)
    number = _NUMBERED.match(answer.strip()) if _OF_ACR.fullmatch(asked) else None
    if number is None:
        return ()
    kind = "actionable finding " if "ACTIONABLE" in asked.upper() else ""
    return macros_in(f"ACR {kind}category {number[1]}", where, profile, breast=breast)
