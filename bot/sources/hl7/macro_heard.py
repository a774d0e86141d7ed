"""Sentences and fields that say who has heard of it, or when, and that the findings are critical.

"Dr. Roe acknowledged the critical result", "Time critical result called: 10:30", "These findings
are critical."
"""

import re

from bot.sources.hl7.macro_sentences import (
    HEADED,
    ROLE,
    TELL,
    is_certain,
    sentence_after,
    sentence_before,
)

_HEARD = re.compile(
    rf"{HEADED}(?:(?:Drs?|Doctor|Nurse)\b\.?[^.;:?!]{{0,40}}?|(?:[^.;:?!\s]+[ \t]+){{0,3}}?{ROLE})"
    r"\s+(?:(?:has|have|who|verbally|also)\s+){0,2}"
    r"(?:acknowledged(?:\s+receipt\s+of)?|(?:verbali[sz]ed|expressed)\s+understanding\s+of|"
    r"(?:read|repeated)\s+back|confirmed(?:\s+receipt\s+of)?|(?:made\s+)?aware\s+of|"
    r"(?:was|were)\s+told\s+(?:of|about))\s+(?:(?:the|these|this|above|an?|all)\s+)*",
    re.IGNORECASE,
)
_NO_MORE = re.compile(
    r"[ \t]*(?:\Z|\n|[.,;(!])|\s+(?:at|on|by|via|and|of|with|over|verbally)\b", re.IGNORECASE
)


def is_heard(match: re.Match[str]) -> bool:
    """Whether its sentence says that somebody has heard of it."""
    before = sentence_before(match)
    if not _HEARD.fullmatch(before) or not _NO_MORE.match(match.string, match.end()):
        return False
    return is_certain(f"{before} {sentence_after(match)}")


# A field of a form with its answer. An empty one says nothing.
_FIELD = re.compile(
    r"[\s*#>•-]*(?:(?:date|time|person|provider|physician|nurse|name)\b[\w /&()]{0,30}[ \t])?",
    re.IGNORECASE,
)
_FILLED = re.compile(
    rf"(?:[ \t]+(?:{TELL}|call|notification|communication|time|date|date/time|received)){{0,3}}"
    r"[ \t]*[:?=][ \t]*(?!24/7)(?:\d{1,2}[:/.-]\d{1,2}(?!\d)|\d{4}\b|Drs?\b)",
    re.IGNORECASE,
)


def is_filled_in(match: re.Match[str]) -> bool:
    """Whether somebody has put down when it was told, or to whom."""
    if _FILLED.match(match.string, match.end()) is None:
        return False
    before = sentence_before(match).rpartition("\n")[2]
    return _FIELD.fullmatch(before) is not None and is_certain(before)


_FINDINGS_ARE = re.compile(
    r"(?:\A|[.\n])\s*(?:(?:these|the|this|above) )*(?:results?|findings?) (?:is|are|was|were) "
    r"(?:considered )?\Z",
    re.IGNORECASE,
)
_THESE_ARE = re.compile(
    r"(?:\A|[.\n])[\s*#>•-]*(?:these|the|this|the above) (?:results?|findings?) (?:is|are) "
    r"(?:considered )?\Z",
    re.IGNORECASE,
)
_AND_TOLD = re.compile(
    rf",? and (?:\w+ )?(?:was|were|has been|have been) (?:\w+ly )?{TELL}\b", re.IGNORECASE
)
_ENDS = re.compile(r"[ \t]*[.!]?[ \t]*(?:\n(?![ \t]*[a-z])|\Z)|[.!]\s")


def is_said_to_be_critical(match: re.Match[str]) -> bool:
    """ "These findings are critical.", "… and were called to Dr. Roe": of the word alone."""
    text, before = match.string, match.string[max(0, match.start() - 60) : match.start()]
    if _AND_TOLD.match(text, match.end()) and _FINDINGS_ARE.search(before):
        return True
    return bool(_ENDS.match(text, match.end()) and _THESE_ARE.search(before))
