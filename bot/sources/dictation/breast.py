"""Whether a report is about a breast exam, in which "ACR category 1" is BI-RADS and says benign.

The exam tells: its modality, its name, or the report's own title. A word elsewhere in the text does
not: "Prior mammogram normal" stands in the history of many an embolus.
"""

import re

from bot.sources.dictation.mention import Mention
from bot.sources.kept import kept

_EXAM = re.compile(
    r"\b(?:BREAST|MAMM(?:O(?!PLAST)\w*|\b)|MAMOGRA|TOMOSYNTHESIS|DBT)", re.IGNORECASE
)
_NAMES = ("breast", "mamm", "mamogra", "tomosynthesis", "dbt")
_OTHER = re.compile(r"\b(?:CTA?|CHEST|PET|XR)\b", re.IGNORECASE)
# "EXAM: US BREAST", and a first line that begins with what was done.
_TITLE = re.compile(
    r"(?:\A|\n)[ \t*#]*(?:EXAM(?:INATION)?|PROCEDURE|STUDY|TITLE)\b[^:\n]{0,20}:\s*([^\n]{1,80})|"
    r"\A\s*((?:[A-Z-]+ ){0,3}(?:BREAST|MAMMO)[^\n]{0,60})",
    re.IGNORECASE,
)
_NEAR = 60
_SCORED = re.compile(r"\bBI-?RADS\b", re.IGNORECASE)


def is_of_breast(modality: str, exam: str) -> bool:
    """By OBR-24 and OBR-4, or what FHIR has in their place."""
    return modality == "MG" or _is_named_so(exam)


@kept
def _is_named_so(exam: str) -> bool:
    return _EXAM.search(exam) is not None


def is_titled_so(text: str) -> bool:
    """Whether the report's own title names one."""
    lowered = text.lower()
    if not any(map(lowered.__contains__, _NAMES)):
        return False
    titles = (one[1] or one[2] for one in _TITLE.finditer(text))
    return any(_EXAM.search(title) and not _OTHER.search(title) for title in titles)


def is_scored(macro: Mention) -> bool:
    """Whether BI-RADS is named beside it."""
    near = macro.before(_NEAR), macro.after(_NEAR)
    return any(_SCORED.search(part) for part in near)
