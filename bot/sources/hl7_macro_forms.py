"""Where a macro stands as a statement: what may come before it and after it.

A page too many is bad, a page too few is worse: what denies a macro is looked for in few, known
forms. Lines are as the sender broke them: a macro, and what denies it, may go over two of them.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from bot.sources.hl7_macro_sentences import is_said_of, of_another_exam

_BEFORE, _AFTER = 80, 160
"""Characters looked at on either side: each macro costs the same in a report of any size."""
_MOST = 5_000
"""Of one form in one text: more are no report, and would hold up the feed for seconds."""

Text = tuple[str, str]
"""As it stands, and in small letters: it is searched for several macros."""

_DECOR = r"[\s*#=>\-•·\"'“‘|~!<\[({_]"
_CHOSEN = r"(?:[\[(]\s?[xX✓✔]\s?[\])]|[☑☒✓✔])"
_LABEL = (
    r"(?:IMPRESSION|CONCLUSION|SUMMARY|OPINION|FINDING|ADDENDUM|COMMENT|NOTE|RESULT|ALERT|ATTENTION|"
    r"WARNING|RECOMMENDATION|SIGNIFICANCE|CATEGORY)S?[ \t]*:"
)
_KINDS = (
    r"(?:NEW|STAT|URGENT|EMERGENT|ACUTE|UNEXPECTED|SIGNIFICANT|ADDITIONAL|LIFE[- ]THREATENING|"
    r"ATTENTION|ALERT|CODE|LEVEL (?:\d|ONE|TWO|THREE))"
)
_PREFIX = rf"(?:(?:THIS|THERE) IS AN?\s+)?(?:{_KINDS}(?:\s+|\s*/\s*)){{0,3}}"
# "IMPRESSION CRITICAL RESULT embolus": a heading whose colon nobody dictated.
_BARE_HEADING = r"(?:(?:IMPRESSION|CONCLUSION|FINDINGS?|ADDENDUM)\s+)?"
# A line begins, a sentence, what a heading is about, or a bracket opens. Bullets, numbers and a box
# that is ticked may stand between.
_BEGINS = re.compile(
    rf"(?:\A|\n|[.!?;][\"')\]]?\s|\b{_LABEL}|\s[-–—]\s|[*#!<\[{{])"
    rf"{_DECOR}{{0,16}}(?:\(?(?:\d{{1,2}}|[A-Z])[.)]\s*)?(?:{_CHOSEN}\s*)?{_DECOR}{{0,16}}"
    rf"{_BARE_HEADING}{_PREFIX}{_DECOR}{{0,16}}\Z",
    re.IGNORECASE,
)
_LISTED = re.compile(rf",\s+{_DECOR}{{0,16}}\Z")
_ANOTHER = re.compile(r"\b(?:or|and|but|with)\s+\Z", re.IGNORECASE)
_NAMES_IT = re.compile(r"[ \t]*:[ \t]*\w")
_TICKED = re.compile(rf"{_CHOSEN}[\s*]*\Z")
_BOXES_END = frozenset("])☑☒✓✔☐□○◯_")
_NOT_TICKED = re.compile(r"(?:\[[\s_]*\]|\([\s_]*\)|[☐□○◯]|(?:^|\s)_{1,4}\s)[\s*]*\Z")

# "No evidence of a | CRITICAL FINDING": only words that say nothing may stand between.
_LITTLE = (
    r"an?|any|the|new|acute|other|additional|such|of|for|evidence|definite|significant|urgent|"
    r"unexpected|emergent|is|are|was|were|there|been|be|this|or|and|considered|known|currently"
)
_NO = r"(?:no|not|non|without|neither|nor|never|absence of|negative for|free of|isn't|aren't)"
_NO_WORDS = ("no", "without", "neither", "never", "absence", "negative", "free", "n't")
"""One of them is in what denies: most that stands before a macro is spared the pattern."""
_NEGATED = re.compile(rf"\b{_NO}(?:[\s,/-]+(?:{_LITTLE}))*{_DECOR}*\Z", re.IGNORECASE)
_NEGATED_TOO = re.compile(
    rf"\b{_NO}\b[^.;:!?]*\b(?:or|nor)\s+(?:(?:{_LITTLE})\s+)*\Z", re.IGNORECASE
)
# "Contrast: No" is an answer and "CT HEAD WITHOUT" a title: they end there.
_COMPLETE = re.compile(
    rf"(?:(?<!\w)(?!{_LABEL})[\w /()-]+[:?=][ \t]*(?:no|not)|"
    r"\b(?:CT\w?|MR\w?|XR|US|PET|EXAM\w*|STUDY)\b[^\n]*\bwithout)[ \t]*\n\s*\Z",
    re.IGNORECASE,
)


def stated(pattern: re.Pattern[str], words: Sequence[str], text: Text) -> Iterator[re.Match[str]]:
    """The matches that begin a line or a statement and are not denied. ``words``, in small letters,
    are those with which the pattern may begin."""
    for match in islice(_matches(pattern, words, *text), _MOST):
        before = _before(match)
        if _begins(before, match) and not _negated(before, match) and not denied(match):
            yield match


def _matches(
    pattern: re.Pattern[str], words: Sequence[str], text: str, lowered: str
) -> Iterator[re.Match[str]]:
    """As pattern.finditer, which looks at each letter in both sizes and takes ten times as long."""
    if len(lowered) != len(text):
        yield from pattern.finditer(text)
        return
    ended = 0
    for place in sorted(set(chain.from_iterable(_places(word, lowered) for word in words))):
        match = pattern.match(text, place) if place >= ended else None
        if match:
            ended = match.end()
            yield match


def _places(word: str, lowered: str) -> Iterator[int]:
    place = lowered.find(word)
    while place >= 0:
        yield place
        place = lowered.find(word, place + 1)


def _before(match: re.Match[str]) -> str:
    start, text = match.start(), match.string
    cut = "\0" if start > _BEFORE else ""
    return cut + text[max(0, start - _BEFORE) : start]


def _begins(before: str, match: re.Match[str]) -> bool:
    if before.replace("*", " ").rstrip()[-1:] in _BOXES_END:
        if _NOT_TICKED.search(before):
            return False
        if _TICKED.search(before):
            return True
    if before[-1:] in {"", "\n"}:
        return True
    if of_another_exam(before):
        return False
    listed = match[0].isupper() and _LISTED.search(before)
    enclosed = before[-1:] == "(" and match.string[match.end() : match.end() + 1] == ")"
    return bool(
        listed or enclosed or _BEGINS.search(before) or _contrasts(before, match)
    ) or is_said_of(match)


def _contrasts(before: str, match: re.Match[str]) -> bool:
    """ "No fracture or CRITICAL FINDING: free air": in capitals, and what it is stands behind."""
    named = match[0].isupper() and _NAMES_IT.match(match.string, match.end())
    return bool(named and _ANOTHER.search(before))


def _negated(before: str, match: re.Match[str]) -> bool:
    lowered = before.lower()
    if before.isascii() and not any(word in lowered for word in _NO_WORDS):
        return False
    if _NEGATED.search(before):
        return match[0][:1].islower() or not _COMPLETE.search(before)
    return _NEGATED_TOO.search(before) is not None and not _contrasts(before, match)


# ---- behind it ------------------------------------------------------------------------------

_SPOKEN_OF = (
    r"(?:identified|present|found|seen|noted|report(?:ed|ing)|communicat\w+|notif\w+|called)"
)
_OPEN = r"[\s:=*#?–—(\[<{)\]}>,\"'-]{0,12}"
_ANSWER = re.compile(
    rf"(?:\s*\([^()\n]{{0,20}}\))?(?:\s+(?:findings?|results?))?(?:[ \t]+{_SPOKEN_OF}){{0,2}}"
    rf"(?P<between>{_OPEN})(?P<answer>.*)",
    re.IGNORECASE | re.DOTALL,
)
_AT_ONCE = re.compile(rf"(?P<between>{_OPEN})(?P<answer>.*)", re.DOTALL)
_ENDS = r"\s*(?:\Z|\n|[;,!)\]>}]|\.(?!\d))"
_KIND = r"(?:acute|critical|significant|unexpected|urgent|emergent|new|other|such|actionable)"
_DENIED = re.compile(
    rf"(?:(?:none|no|n|nil|na|n/a|negative|neg|absent|false|never|denied|nothing|zero|0|normal|"
    rf"unremarkable|not applicable|not critical){_ENDS}|"
    r"nothing (?:critical|acute)|(?:there\s+(?:is|are|was|were)\s+)?none\b(?!\s+of\b)|"
    r"(?:there\s+(?:is|are|was|were)\s+)?(?:no|without)\s+(?:evidence|acute|critical|unexpected|"
    rf"urgent|emergent|(?:{_KIND}\s+){{0,3}}(?:findings?|results?|values?|abnormalit\w+|process|"
    r"changes?|communication|notification)|identified|applicable|required|needed)\b|"
    r"(?:(?:is|are|was|were)\s+)?not\s+(?:identified|seen|present|found|noted|made|applicable|"
    r"communicated|required|needed|detected|critical)\b|"
    r"(?:i|we)\s+(?:do|did|have)\s+not\s+(?:see|seen|identify|find|found)\s+(?:any|an?)\b)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[^.;!\n]|\.(?=\d))*")
_WORD = re.compile(r"[^\W_][\w'/-]*")
# What a sentence may say that denies. "No evidence of flow" and "Not seen previously: dissection"
# deny nothing but begin alike.
_DENIAL = (
    "none no n nil na n/a negative neg absent false never denied nothing zero 0 normal not "
    "without unremarkable applicable there is are was were be been has have had of any a an the "
    "this that these other such or nor and evidence acute critical significant unexpected "
    "urgent emergent emergency actionable new immediate finding findings result results value "
    "values abnormality abnormalities process processes disease change changes communication "
    "notification identified present found seen noted made communicated notified called "
    "reported required needed necessary detected visualized evident demonstrated at on in for "
    "to with time exam examination study scan image images imaging report today currently "
    "requiring require requires intracranial cardiopulmonary pulmonary cardiac thoracic "
    "intrathoracic abdominal intraabdominal intra-abdominal pelvic osseous bony "
    "post- traumatic cervical lumbar spinal vascular neurologic intervention attention action "
    "i we do did see identify find"
)
_SAYS_NO_MORE = frozenset(_DENIAL.split())
# Not of a change: a finding may be as bad as it was.
_SINCE = re.compile(
    r"\b((?:findings?|results?|values?)) (?:since|compared (?:to|with)) (?:the )?"
    r"(?:prior|previous|last)(?: (?:exam\w*|study|scan))?\b"
)
_ALONE = re.compile(
    r"(?:none|no|nil|n/?a|negative|not applicable)[.!]?[ \t]*(?:\n|\Z)", re.IGNORECASE
)
_BOX = r"[\[(]\s?([xX✓✔]?)\s?[\])]"
_BOX_FIRST = re.compile(rf"{_BOX}[ \t]*([\w/]*)")
_WORD_FIRST = re.compile(rf"\b(yes|no|none|n/a)\s*{_BOX}", re.IGNORECASE)
_BLANK = re.compile(r"\s*[:?=]\s*_{2,}[ \t.]*(?:\n|\Z)")


def denied(match: re.Match[str]) -> bool:
    """Whether what follows says that there is none, or leaves the form empty."""
    after = match.string[match.end() : match.end() + _AFTER]
    if _BLANK.match(after):
        return True
    by_box = _by_box(after.split("\n", 1)[0])
    if by_box is not None:
        return not by_box
    return any(_denies(found) for form in (_ANSWER, _AT_ONCE) if (found := form.match(after)))


def _denies(found: re.Match[str]) -> bool:
    """Over a line's end without a colon only a bare "None." does: the text may go on there."""
    if "\n" in found["between"] and not re.search(r"[:?=]", found["between"]):
        return _ALONE.match(found["answer"]) is not None
    return _DENIED.match(found["answer"]) is not None and _says_no_more(found["answer"])


def _says_no_more(answer: str) -> bool:
    """Whether its first sentence has nothing in it but the denial."""
    sentence = _SENTENCE.match(answer)
    words = _WORD.findall(_SINCE.sub(r"\1", sentence[0].lower())) if sentence else []
    return all(word in _SAYS_NO_MORE for word in words)


_ANSWERS = frozenset({"yes", "y", "no", "n", "none", "n/a"})
"""Another word behind a box is the next choice of a list."""


def _by_box(line: str) -> bool | None:
    """What boxes behind it say; None where there are none. No tick at all is a form left empty."""
    if "[" not in line and "(" not in line:
        return None
    answers = line.lstrip(" \t:?=*-")
    if _BOX_FIRST.match(answers):
        found = [(word.lower() or "yes", tick) for tick, word in _BOX_FIRST.findall(answers)]
        ticks = [(word, tick) for word, tick in found if word in _ANSWERS]
    else:
        ticks = _WORD_FIRST.findall(line)
    if not ticks:
        return None
    return any(tick and word.lower() in {"yes", "y"} for word, tick in ticks)
