"""A macro in the middle of a sentence: what it is said of, and whether that is this exam.

Only the plainest assertions count ("PE is a CRITICAL RESULT", "A critical result was called to …"):
with a word of doubt, of denial, or of another exam in the sentence nothing does.
"""

import re

_WINDOW = 300
"""Characters before the macro in which its sentence is looked for."""
_SENTENCE_ENDS = re.compile(
    r"[.!?;](?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)[\"')\]]?\s|\n\s*\n"
)
_ASSERTED = re.compile(
    r"\b(?:(?:is|are)(?: considered)?|constitutes?|represents?|qualif(?:y|ies) as)\s+"
    r"(?:(?:an?|new|acute|unexpected)\s+){0,2}\Z",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"[\s*#>•-]*(?:\d{1,2}[.)]\s*)?(?:an?|the|this|these)\s+\Z", re.IGNORECASE)
_TOLD = re.compile(
    r"\s+(?:was|were|has been|have been)\s+(?:\w+ly\s+)?"
    r"(?:called|communicated|conveyed|reported|discussed|relayed|(?:tele)?phoned|notified|given)\b",
    re.IGNORECASE,
)
_WORDS_OF_DOUBT = (
    "no not non none never neither nor without cannot nothing if whether unless until when "
    "would could may might should must can will any anything what whatever which every each "
    "whenever where prior previous previously earlier old history indication indications "
    "comparison comparisons reason policy protocol guideline guidelines criteria definition "
    "example negative absence unlikely excluded question"
)
_DOUBT = frozenset(_WORDS_OF_DOUBT.split())
_WORD = re.compile(r"[^\W\d_]+")
# What most have before them that are said of nothing is not looked at any further.
_NAMED = re.compile(r"critical\W*\w", re.IGNORECASE)
_ARTICLED = re.compile(
    r"\b(?:an?|the|this|these|is|are|considered|constitutes?|represents?|as|new|acute|unexpected)"
    r"\s+\Z",
    re.IGNORECASE,
)
_TAIL = 24


def _tail(match: re.Match[str]) -> int:
    return max(0, match.start() - _TAIL)


def is_said_of(match: re.Match[str]) -> bool:
    """Whether the sentence says of something that it is one, or that one was told to somebody."""
    if not _NAMED.match(match[0]) or not _ARTICLED.search(
        match.string, _tail(match), match.start()
    ):
        return False
    sentence = _sentence_before(match)
    told = _ARTICLE.fullmatch(sentence) and _TOLD.match(match.string, match.end())
    if not (told or _ASSERTED.search(sentence)):
        return False
    lowered = sentence.lower().replace("’", "'")
    return "n't" not in lowered and _DOUBT.isdisjoint(_WORD.findall(lowered))


def _sentence_before(match: re.Match[str]) -> str:
    """What stands before it in its sentence. A line that begins with a small letter goes on from
    the one above it, others are apart."""
    text = match.string[max(0, match.start() - _WINDOW) : match.start()]
    lines = _SENTENCE_ENDS.split(text)[-1].split("\n")
    sentence = lines.pop()
    while lines and sentence.lstrip()[:1].islower():
        sentence = f"{lines.pop()} {sentence}"
    return sentence


_OTHER_EXAM = re.compile(
    r"(?:\A|[\n.;])\s*(?:COMPARISONS?|PRIORS?|PREVIOUS(?: EXAMS?)?|(?:CLINICAL )?HISTORY|"
    r"(?:CLINICAL )?INDICATIONS?|REASON FOR[\w ]{0,20})[ \t]*:[^;!?\n]*\(\Z",
    re.IGNORECASE,
)


def of_another_exam(before: str) -> bool:
    """Whether it stands in brackets behind an earlier exam: "COMPARISON: CT (critical result)"."""
    return before[-1:] == "(" and _OTHER_EXAM.search(before) is not None


_RADS = re.compile(r"\w*-?RADS\b[^\n]{0,20}?\b(?P<number>[1-3])\b[^\n]{0,20}\Z", re.IGNORECASE)
_SAYS_NO_MORE = re.compile(r"[ \t]*[.)\]]?[ \t]*(?:\n|\Z)")


def repeats_a_score(match: re.Match[str], number: str) -> bool:
    """Whether "ACR category 1" is what stands just before as a score of the ACR's: "Lung-RADS 1.
    ACR category 1." Those grade a screening, and have their own numbers."""
    if "action" in match[0].lower() or not _SAYS_NO_MORE.match(match.string, match.end()):
        return False
    score = _RADS.search(match.string[max(0, match.start() - _WINDOW) : match.start()])
    return score is not None and score["number"] == number
