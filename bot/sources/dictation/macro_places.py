"""Where a macro stands: under a heading of the order, or behind the exam or who found it."""

import re

from bot.sources.dictation.mention import Mention

# Behind a comma more than one of them are a topic among others.
OF_IMAGING = re.compile(
    r"crit\w*\.?\b.*(?:result|finding)(?P<several>s)?", re.IGNORECASE | re.DOTALL
)

# Under these stands why the exam was ordered, or what an earlier one has shown.
_HEADING = re.compile(r"^[ \t*#]*([A-Za-z][\w /&]{2,40}?)[ \t]*(?::|$)", re.MULTILINE)
_OF_THE_ORDER = re.compile(
    r"(?:clinical )?(?:history|indications?|information|data|details|question)\b|reason\b|"
    r"comparisons?\b|priors?\b|previous\b",
    re.IGNORECASE,
)
_SECTION = 300


def is_of_the_order(macro: Mention) -> bool:
    """Whether it stands under a heading of the order, or of an earlier exam."""
    return _is_of_the_order(macro.text, macro.begins)


def _is_of_the_order(text: str, place: int) -> bool:
    line = text.rfind("\n", 0, place) + 1  # a history may be one of any length
    headings = _HEADING.findall(text[min(max(0, place - _SECTION), line) : place])
    return bool(headings) and _OF_THE_ORDER.match(headings[-1]) is not None


# "CT HEAD CRITICAL RESULT: SAH", "Radiologist-identified critical finding: PE": whose it is, and
# what it is behind a colon. Behind "COMPARISON: CT" it is the earlier exam's.
_WHOSE = (
    r"(?:CTA?|MR[IA]?|US|XR|CXR|ULTRASOUND|X-?RAY|PET|HEAD|BRAIN|NECK|CHEST|ABDOMEN|PELVIS|SPINE|"
    r"NEURO|STROKE|TRAUMA|ED|(?:(?:RADIOLOGIST|PHYSICIAN|READER)[ -])?IDENTIFIED|CONFIRMED|"
    r"VERIFIED|DOCUMENTED|INCIDENTAL|OTHER|ANOTHER|SECOND|HIGHLY|EXTREMELY|VERY|TIME[ -]SENSITIVE)"
)
_TITLE = re.compile(
    rf"(?:\A|[\n.!?;]|\b(?:IMPRESSION|CONCLUSION|FINDINGS?|ADDENDUM)[ \t]*:)[\s*#>•-]*"
    rf"(?:\d{{1,2}}[.)][ \t]*)?(?P<whose>(?:{_WHOSE}[ \t]+){{1,4}})\Z",
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"[ \t]*(?::|[–—-][ \t])[ \t]*(?!(?:please|call|contact|phone|page|see|per|refer|go|visit)\b)"
    r"[^\W\d_]",
    re.IGNORECASE,
)


def is_titled(macro: Mention) -> bool:
    """Whether the exam or who found it stands before it at its line's begin, and what it is behind
    it."""
    before = macro.before(80)
    if not macro.follows(_TITLED) or not OF_IMAGING.match(macro.words):
        return False
    title = _TITLE.search(before)
    if title is None:
        return False
    return not _is_of_the_order(macro.text, macro.begins - len(title["whose"]))
