"""Sentences and fields that say who has heard of it, or when, and that the findings are critical.

"Dr. Roe acknowledged the critical result", "Time critical result called: 10:30", "These findings
are critical."
"""

import re

from bot.sources.dictation.macro_sentences import (
    HEADED,
    ROLE,
    TELL,
    is_affirmed,
    is_certain,
    is_said_of,
)
from bot.sources.dictation.mention import Mention

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


def is_heard(macro: Mention) -> bool:
    """Whether its sentence says that somebody has heard of it."""
    before = macro.sentence_before
    if not _HEARD.fullmatch(before) or not macro.follows(_NO_MORE):
        return False
    return is_certain(f"{before} {macro.sentence_after}")


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


def is_filled_in(macro: Mention) -> bool:
    """Whether somebody has put down when it was told, or to whom."""
    if macro.follows(_FILLED) is None:
        return False
    before = macro.sentence_before.rpartition("\n")[2]
    return _FIELD.fullmatch(before) is not None and is_certain(before)


def is_told(macro: Mention) -> bool:
    """Whether the whole sentence tells of it, wherever in it the macro stands."""
    return is_affirmed(macro) or is_said_of(macro) or is_heard(macro) or is_filled_in(macro)


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


def is_said_to_be_critical(macro: Mention) -> bool:
    """ "These findings are critical.", "… and were called to Dr. Roe": of the word alone."""
    before = macro.before(60)
    if macro.follows(_AND_TOLD) and _FINDINGS_ARE.search(before):
        return True
    return bool(macro.follows(_ENDS) and _THESE_ARE.search(before))
