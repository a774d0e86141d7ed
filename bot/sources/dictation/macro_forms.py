"""Where a macro stands as a statement: what may come before it. What follows: macro_answers.

A page too many is bad, a page too few is worse: what denies a macro is looked for in few, known
forms. Lines are as the sender broke them: a macro, and what denies it, may go over two of them.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from bot.sources.dictation.boxes import BOXES_END, NOT_TICKED, TICK, TICKED, may_have_box
from bot.sources.dictation.macro_answers import denied
from bot.sources.dictation.macro_clauses import (
    is_behind_a_finding,
    is_grade,
    is_led_on_to,
    is_listed,
    is_named_before,
)
from bot.sources.dictation.macro_heard import is_said_to_be_critical, is_told
from bot.sources.dictation.macro_places import is_titled
from bot.sources.dictation.macro_sentences import (
    is_affirmed,
    is_said_of,
    of_another_exam,
    stands_out,
)
from bot.sources.dictation.mention import Mention

_BEFORE = 80
"""Characters looked at: each macro costs the same in a report of any size."""
_MOST = 5_000
"""Of one form in one text: more are no report, and would hold up the feed for seconds."""

Text = tuple[str, str]
"""As it stands, and in small letters: it is searched for several macros."""

_DECOR = r"[\s*#=>\-•·\"'“‘«|~!<\[({_+%@$/]"
# "Prior impression: CRITICAL RESULT" is the earlier exam's. Not "compared with prior impression:".
_NOT_EARLIER = "".join(
    rf"(?<!\A{word} )(?<!\n{word} )(?<!\. {word} )" for word in ("PRIOR", "PREVIOUS", "OUTSIDE")
)
# Not of a visit, nor of a patient.
_OF_RESULT = "|".join(
    "|".join(f"(?<={asked} ){what}" for what in ("TYPE", "CODE", "URGENCY", "CLASSIFICATION"))
    for asked in (
        *("RESULT", "FINDING", "REPORT", "ALERT", "COMMUNICATION", "NOTIFICATION"),
        "DIAGNOSTIC",  # VistA's
    )
)
_LABEL = (
    rf"(?:{_NOT_EARLIER}(?:IMPRESSION|CONCLUSION|FINDING)|"
    r"SUMMARY|OPINION|ADDENDUM|COMMENT|NOTE|RESULT|ATTENTION|"
    r"(?<!PATIENT )(?<!ALLERGY )(?<!SAFETY )ALERT(?: (?:CREATED|SENT|PRIORITY))?|"
    r"(?<=RESULT )SEVERITY|(?<=RESULTS )SEVERITY|"
    r"WARNING|RECOMMENDATION|SIGNIFICANCE|CATEGORY|CRITICALITY|LEVEL|FLAG|UPDATE|"
    r"(?<!PATIENT )(?<!EXAM )(?<!ORDER )STATUS|(?<!-)ACTIONABLE|"
    r"(?<!OLD )(?<!PRIOR )(?<!PREVIOUS )(?<!OUTSIDE )(?:REPORT|READ)|PRELIMINARY|FINAL|AMENDED|"
    r"CORRECTED|CORRECTION|REVISED|ATTN|ENTRY|ACUITY|"
    r"INTERPRETATION|ASSESSMENT|MESSAGE|COMMUNICATION|NOTIFICATION|"
    rf"{_OF_RESULT})S?(?: #?\d)?[ \t]*:"
)
_KINDS = (
    r"(?:NEW|STAT|URGENT|EMERGENT|ACUTE|UNEXPECTED|SIGNIFICANT|ADDITIONAL|LIFE[- ]THREATENING|"
    r"ATTENTION|ALERT|CODE|RED|ACR|VERBAL|POSITIVE(?: FOR)?|PRELIMINARY|FINAL|RADIOLOGY|IMAGING|"
    r"POSSIBLE|POTENTIAL(?:LY)?|PROBABLE|LIKELY|SUSPECTED|QUESTIONABLE|"
    r"(?:LEVEL|CATEGORY|PRIORITY|CLASS) (?:\d|I{1,3}|ONE|TWO|THREE))"
)
_PREFIX = (
    rf"(?:(?:THIS|THERE) IS AN?\s+)?(?:{_KINDS}(?:\s+(?:(?:AND|OR|AND/OR|&)\s+)?|\s*/\s*)){{0,3}}"
)
# "IMPRESSION CRITICAL RESULT embolus": a heading whose colon nobody dictated.
_BARE_HEADING = r"(?:(?:IMPRESSION|CONCLUSION|FINDINGS?|ADDENDUM|SUMMARY|FINAL REPORT)\s+)?"
_TIMED = r"(?:\d[\d/:.-]{3,12}(?:\s?[AP]M)?[\s:,–-]{1,3}){0,2}"
# A line begins, a sentence, what a heading is about, or a bracket opens. Bullets, numbers and a box
# that is ticked may stand between.
_BEGINS = re.compile(
    rf"(?:\A|\n|\t|[ ]{{3}}|[.!?;][\"')\]]?\s|\b{_LABEL}|\s(?:[-–—]|--|[-=]>)\s|[*#!|^<\[{{])"
    rf"{_DECOR}{{0,16}}(?:\(?(?:\d{{1,2}}|[A-Z])[.)]\s*|(?:o|\d{{1,2}}:|(?<=#)\d{{1,2}})\s+)?{_TIMED}(?:{TICK}\s*)?{_DECOR}{{0,16}}"
    rf"{_BARE_HEADING}{_PREFIX}(?:TIME[ -])?{_DECOR}{{0,16}}\Z",
    re.IGNORECASE,
)
_ANOTHER = re.compile(r"\b(?:or|and|but|with)\s+\Z", re.IGNORECASE)
_NAMES_IT = re.compile(r"[ \t]*:[ \t]*\w")

# "No evidence of a | CRITICAL FINDING": only words that say nothing may stand between.
_LITTLE = (
    r"an?|any|the|new|acute|other|additional|such|of|for|evidence|definite|significant|urgent|"
    r"unexpected|emergent|time|is|are|was|were|there|been|be|this|or|and|considered|known|currently"
)
_NO = r"(?:no|not|non|without|neither|nor|never|absence of|negative for|free of|isn't|aren't)"
_NO_WORDS = "no not non without neither nor never absence negative free"
_DENYING = frozenset(_NO_WORDS.split())
"""One of them, or "n't", is in what denies: most that stands before a macro is spared the pattern.
"""
_WORD = re.compile(r"[^\W_]+")
_NEGATED = re.compile(rf"\b{_NO}(?:[\s,/-]+(?:{_LITTLE}))*{_DECOR}*\Z", re.IGNORECASE)
_NEGATED_TOO = re.compile(
    rf"\b{_NO}\b[^.;:!?]*\b(?:or|nor)\s+(?:(?:{_LITTLE})\s+)*\Z", re.IGNORECASE
)
# "Contrast: No" is an answer and "CT HEAD WITHOUT" a title: they end there.
_COMPLETE = re.compile(
    rf"(?:(?<!\w)(?!{_LABEL})[\w /()-]+[:?=][ \t]*(?:no|not)|"
    r"\b(?:CT\w?|MR\w?|XR|US|PET|EXAM\w*|STUDY)\b[^\n]*\bwithout|(?:\A|\n)[ \t]*no[ \t]*\n)"
    rf"[ \t]*\n{_DECOR}*\Z",
    re.IGNORECASE,
)


def stated(
    pattern: re.Pattern[str], words: Sequence[str], text: Text, *, marked: bool = False
) -> Iterator[Mention]:
    """What begins a line or a statement and is not denied. ``words``, in small letters, are those
    with which the pattern may begin; without them it is looked for at each letter. One that is
    ``marked``, as no prose is, may also stand within a line."""
    for macro in map(Mention, islice(_matches(pattern, words, *text), _MOST)):
        before = _before(macro)
        begins = _begins(before, macro, marked=marked)
        if begins and not _negated(before, macro) and not denied(macro):
            yield macro


def _matches(
    pattern: re.Pattern[str], words: Sequence[str], text: str, lowered: str
) -> Iterator[re.Match[str]]:
    """As pattern.finditer, which looks at each letter in both sizes and takes ten times as long."""
    if not words or len(lowered) != len(text):
        yield from pattern.finditer(text)
        return
    ended = 0
    for place in sorted({place for word in words for place in places_of(word, lowered)}):
        match = pattern.match(text, place) if place >= ended else None
        if match:
            ended = match.end()
            yield match


def places_of(word: str, lowered: str) -> list[int]:
    """Each place in the text where the word begins, in characters from its start."""
    found: list[int] = []
    place = lowered.find(word)
    while place >= 0:
        found.append(place)
        place = lowered.find(word, place + 1)
    return found


def _before(macro: Mention) -> str:
    """Where it is cut nothing begins."""
    before = macro.before(_BEFORE)
    return f"\0{before}" if macro.begins > _BEFORE else before


def _begins(before: str, macro: Mention, *, marked: bool) -> bool:
    if before.replace("*", " ").rstrip()[-1:] in BOXES_END:
        line = may_have_box(before)
        if NOT_TICKED.search(line):
            return False
        if TICKED.search(line):
            return True
    if before[-1:] in {"", "\n"}:
        return not is_led_on_to(macro) or any(
            counts(macro) for counts in (is_said_of, is_affirmed, is_named_before)
        )
    if of_another_exam(before):
        return False
    enclosed = before[-1:] == "(" and macro.after(1) == ")"
    return (
        bool(marked or enclosed or _contrasts(before, macro))
        or (_BEGINS.search(before) is not None and not _asks_when(before, macro))
        or any(counts(macro) for counts in _WITHIN_A_LINE)
    )


_WITHIN_A_LINE = (
    is_told,
    is_said_to_be_critical,
    is_named_before,
    is_listed,
    is_behind_a_finding,
    is_titled,
    is_grade,
    stands_out,
)


_CALLED = re.compile(
    r"[ \t]+(?:was |were )?(?:called|communicated|reported|notified|discussed|relayed|received)\b"
    r"[^\n:]{0,20}[:?=]",
    re.IGNORECASE,
)


def _asks_when(before: str, macro: Mention) -> bool:
    """ "Time critical result called: ": a field of a form, and nothing that is time-critical."""
    return before[-5:].lower() == "time " and macro.follows(_CALLED) is not None


def _contrasts(before: str, macro: Mention) -> bool:
    """ "No fracture or CRITICAL FINDING: free air": in capitals, and what it is stands behind."""
    named = macro.capitals and macro.follows(_NAMES_IT)
    return bool(named and _ANOTHER.search(before))


def _negated(before: str, macro: Mention) -> bool:
    lowered = before.lower()
    denies = not _DENYING.isdisjoint(_WORD.findall(lowered)) or "n't" in lowered
    if before.isascii() and not denies:
        return False
    if _NEGATED.search(before):
        return macro.words[:1].islower() or not _COMPLETE.search(before)
    return _NEGATED_TOO.search(before) is not None and not _contrasts(before, macro)
