"""A conclusion under the heading "COMMENT", as in Australia, Britain and India, or "ASSESSMENT" or
"INTERPRETATION", as of a breast or of vessels.

Elsewhere that may be any remark: it is the impression only where there is no other, where it stands
below the rest of the report, and where it says more than whom somebody called.
"""

import re
from dataclasses import replace

from bot.sources.dictation.called import says_more_than_a_call
from bot.sources.dictation.headings import HEADING, may_be_heading
from bot.sources.dictation.narrative import Narrative
from bot.sources.dictation.signatures import unsigned

_COMMENT = re.compile(
    r"[\s*#=_<\[-]{0,8}(?:COMMENTS?|ASSESSMENT|INTERPRETATION|FINAL DIAGNOSIS|COMENTARIOS?|"
    r"ERGEBNIS|DIAGNOSE|RESULTAAT|YORUM)"
    r"[\s*_\]>]{0,8}(?:[:：]|\Z|(?<=\n))",
    re.IGNORECASE,
)


_WORDS = (
    *("comment", "assessment", "interpretation", "diagnos", "comentario", "ergebnis"),
    *("resultaat", "yorum"),
)


def with_comment(told: Narrative, headings: re.Pattern[str] = HEADING) -> Narrative:
    """The narrative with its comment as its impression, where that is one."""
    if told.impression or not any(map(told.lowered.__contains__, _WORDS)):
        return told
    lines = told.today.split("\n")
    begins = max((n for n, line in enumerate(lines) if _COMMENT.match(line)), default=0)
    if not any(lines[:begins]):
        return told
    said = _section(lines[begins:], headings)
    return replace(told, impression=said) if says_more_than_a_call(said) else told


def _section(lines: list[str], headings: re.Pattern[str]) -> str:
    """What stands under the heading; empty where a part of the report's body follows."""
    for number, line in enumerate(lines):
        heading = headings.match(line) if may_be_heading(line) else None
        if heading and not (heading["tail"] or heading["below"]):
            return ""
        if heading:
            lines = lines[:number]
            break
    text = "\n".join(unsigned(lines))
    return _COMMENT.sub("", text, count=1).strip()
