"""Evidence that somebody was told of the finding already: LOINC 73568-8, or a line of the text.

It is read and shown; it ends nothing. An attempt (voicemail, left a message, no answer) is none.
"""

import re
from collections.abc import Iterator
from itertools import islice

from bot.sources.dictation.boxes import TICK
from bot.sources.dictation.called_abroad import FINNISH, called_abroad
from bot.sources.dictation.called_in_asia import FIRST_WORDS as SPOKEN_IN_ASIA
from bot.sources.dictation.called_in_asia import called_in_asia
from bot.sources.dictation.called_others import is_of_others
from bot.sources.dictation.called_words import (
    ATTEMPT,
    BY_VOICE,
    FIRST_WORDS,
    IN_VAIN,
    NOT_DONE,
    NOT_REACHED,
    SAID,
    SHORTEST,
    SPOKEN,
    WHOM,
    WRITTEN,
    WRITTEN_BEHIND,
    is_unfilled,
)
from bot.sources.dictation.narrative import Narrative
from bot.sources.dictation.signatures import signs

# Both patterns begin with the marks that they are about: a text is searched for those at once, and
# not tried letter by letter, which takes ten times as long.
_SENTENCE_ENDS = re.compile(r"([.!?;\n])(?:(?<=[.!?;])\s+(?=[A-Z*\[(])|(?<=\n)\s*\n)")
# Where all is in capitals the clause behind a semicolon begins with one as a sentence does.
_ENDS_IN_CAPITALS = re.compile(r"([.!?\n])(?:(?<=[.!?])\s+(?=[A-Z*\[(])|(?<=\n)\s*\n)")
# A full stop that ends no sentence: behind a title or an initial.
_TITLE = re.compile(
    r"\.(?:(?<=\b[A-Z]\.)|(?<=\b(?:[Dd]r|DR|Mr|MR|Ms|MS|St|No)\.)|"
    r"(?<=\b(?:Drs|DRS|Mrs|MRS|[ap]\.m|M\.D|D\.O)\.)|"
    r"(?<=\b(?:[Dd]ra|[Dd]re)\.)|(?<=\b(?:[Dd]ott|[Pp]rof)\.))\s+"
)
_HELD = "\x01"
# It ends before the heading of a section, and where a time is followed by the exam's title.
_HEADED = re.compile(
    r"\n\s*(?=(?:FINDINGS?|IMPRESSION|CONCLUSION|TECHNIQUE|COMPARISON|INDICATION|HISTORY|"
    r"CLINICAL HISTORY|EXAM(?:INATION)?|PROCEDURE)[ \t]*:)|"
    r"(?<=\d)[ \t]*\n\s*(?=(?:CT|MRI?|US|X-?RAY|CHEST|ULTRASOUND)\b[^\n.]{0,60}(?:\n|\Z))",
    re.IGNORECASE,
)
_LONGEST = 500
_MOST = 8
"""Places of one sentence in which somebody may have spoken."""
_NO_SENTENCE = 2_000
"""Characters. What is longer is a table or no text at all: it is looked at in pieces so long."""


def called(told: Narrative) -> tuple[str, str]:
    """What documents a call, and where it stood; both empty where nothing does."""
    said, where = told.communication
    if said and not only_tried(said):
        return said[:_LONGEST], where
    for number in range(len(told.addenda), 0, -1):
        said = _documented(told.addenda[number - 1].text)
        if said:
            return said, f"addendum {number}"
    said = _documented(told.today, told.lowered)
    return said, "text" if said else ""


def _documented(text: str, lowered: str = "") -> str:
    """The last sentence that says who was told."""
    if not text:
        return ""
    lowered = lowered or text.lower()
    if not _may_tell(lowered):
        return ""
    told = _last_that_tells(text)
    asked = told and any(map(lowered.__contains__, _ASKING))
    if asked and _BEFORE_THE_EXAM.search(text):
        return _last_that_tells(_BEFORE_THE_EXAM.sub("\n", text))
    return told


_HEADING = r"[ \t*#]*[A-Z][A-Z /&-]{2,40}:"
# What stands under such a heading was said when the exam was asked for. It ends with its paragraph,
# or where the next heading begins; of a report without either it is not known where.
_BEFORE_THE_EXAM = re.compile(
    r"^[ \t*#]*(?:(?:CLINICAL|PATIENT|RELEVANT) (?:INFO(?:RMATION)?|HISTORY|DETAILS?|DATA|NOTES?)|"
    r"(?:CLINICAL )?(?:HISTORY|INDICATIONS?)|REASON FOR (?:EXAM\w*|STUDY|REQUEST|REFERRAL))"
    rf"[ \t]*:\s*(?:(?!{_HEADING})[ \t]*\S[^\n]*\n)+(?=[ \t]*\n|{_HEADING})",
    re.IGNORECASE | re.MULTILINE,
)
_ASKING = ("info", "history", "detail", "data", "note", "indication", "reason for")
"""One of them is in each of these headings."""


def _last_that_tells(text: str) -> str:
    after = ""
    for one in _from_the_last(text):
        if _may_tell(one.lower()) and (said := _told(one, after)):
            return said[:_LONGEST]
        after = f"{one} {after}"[:_FIELDS] if _FIELD.match(one) else one
    return ""


_FIELD = re.compile(r"[A-Z][\w /]{0,20}:")
_FIELDS = 200
"""Of a form that says below whom it names how they were told."""


def _may_tell(lowered: str) -> bool:
    shortest = SHORTEST[1] in lowered and SHORTEST in lowered
    if shortest or any(map(lowered.__contains__, FIRST_WORDS)):
        return True
    return not lowered.isascii() and any(map(lowered.__contains__, _FIRST_WORDS_ABROAD))


_FIRST_WORDS_ABROAD = ("teléf", *FINNISH, *SPOKEN_IN_ASIA)
"""Nearly every text is ASCII, and spared the search for these."""


def _told(sentence: str, after: str) -> str:
    """What of the sentence says that somebody was told, and not only that it was tried or is to be
    done. "Dr. Roe was called. No answer." are two sentences."""
    if told := _told_here(sentence, after):
        return told
    if called_abroad(sentence):
        return sentence
    return "" if sentence.isascii() else called_in_asia(sentence)


def _told_here(sentence: str, after: str) -> str:
    """In English or German, in which most are told: any other language takes as long again."""
    if not WHOM.search(sentence) or is_of_others(sentence) or is_unfilled(sentence):
        return ""
    if sentence.endswith("?") and not _YES.match(after):
        return ""
    spoken = _spoken(sentence)
    if spoken or not SAID.search(sentence):
        return spoken
    tried = ATTEMPT.search(sentence) or NOT_REACHED.search(sentence)
    written = WRITTEN.search(sentence) and not BY_VOICE.search(sentence)
    behind = IN_VAIN.match(after) or WRITTEN_BEHIND.match(after)
    return "" if tried or written or behind else sentence


_YES = re.compile(rf"[\s:-]*(?:{TICK}\s*)?(?:yes|y)\b", re.IGNORECASE)


def _spoken(sentence: str) -> str:
    """Where two people spoke, what was tried before does not count, and is not quoted."""
    for match in islice(SPOKEN.finditer(sentence), _MOST):
        before = sentence[: match.start()]
        if NOT_DONE.search(before) or NOT_REACHED.search(sentence, match.end()):
            continue
        begins = max(before.rfind(";"), before.rfind(",")) + 1
        clause = (
            sentence[begins:].strip() if begins and ATTEMPT.search(before) else sentence.strip()
        )
        return clause if clause == sentence or WHOM.search(clause) else sentence
    return ""


def only_tried(said: str) -> bool:
    """Whether the answer to "who was told?" names nobody who was: it says no, or nothing, or that
    a message was sent."""
    if _NOBODY.fullmatch(_LABEL.sub("", said)) or is_unfilled(said):
        return True
    return not _spoken(said) and (ATTEMPT.search(said) or _SENT.search(said)) is not None


# A form of which nobody has filled in a line, and a finding of which nobody has to hear.
_LABEL = re.compile(r"[^\W\d_][^\W\d_ ]*(?: [^\W\d_]+){0,3}[ \t]*[:?](?!\d)")
_NOTHING = r"(?: (?:critical|urgent|significant|actionable))*"
_NOTHING += r" (?:results?|findings?|values?|communication|notification|call)"
_NOTHING += r"(?: (?:needed|required|necessary|made|done))?"
_NOBODY = re.compile(rf"[\W_]*(?:no(?:{_NOTHING})?|n|nil|na|false|0)?[\W_]*", re.IGNORECASE)
_SENT = re.compile(
    r"\b(?:chat|text|SMS|page)\b[^;]{0,30}\bsent\b|\bsent\b[^;]{0,40}\b(?:chat|text|SMS|page)\b",
    re.IGNORECASE,
)


def tells_of_a_call(text: str) -> bool:
    """Whether any of its sentences documents one."""
    return bool(_documented(text))


def only_tells_of_a_call(text: str) -> bool:
    """Whether all that it says is that somebody was called: each sentence tells of it, has nothing
    but the macro, or says nothing of a finding."""
    return tells_of_a_call(text) and all(map(_says_nothing_else, _from_the_last(text)))


def _says_nothing_else(sentence: str) -> bool:
    one = _WHICH.sub("", sentence)
    if _LABELS.issuperset(_WORD.findall(one.lower())) or tells_of_a_call(one):
        return True
    if _RECORDS.search(one):
        return True
    if any(map(one.lower().__contains__, _FLAGS)):
        return False
    return signs(one) or _READ_BACK.search(one) is not None or _IDLE.search(one) is not None


# "ADDENDUM #1 by Dr. Roe on 3/15/2026 10:00:", also where text follows.
_WHICH = re.compile(
    r"^\W*(?:end (?:of )?)?addendum\b(?:[^:.]|(?<=\d):(?=\d)|(?<=\bDr)\.){0,80}(?::|\Z)",
    re.IGNORECASE,
)
# What the addendum is for.
_RECORDS = re.compile(
    r"\b(?:document|record)\w*\b.{0,40}\b(?:communicat|notif|call|discussion|conversation)",
    re.IGNORECASE,
)
# Nothing has changed, what stands elsewhere, a field of a form, a name.
_IDLE = re.compile(
    r"\bunchanged\b|\bno (?:\w+ ){0,3}changes?\b|\b(?:remains?|stands?) (?:as|the same)\b|"
    r"\b(?:see|refer to) (?:\w+ ){0,3}(?:above|below|reports?|findings?)\b|^as (?:\w+ )?above\b|"
    r"^\W*(?:date|time|method|by|to|called|person|recipient|location|unit|phone|ext)\b[^.]{0,60}\Z|"
    r"^\W*(?:Dr\.? )?(?:[^\W\d_]['\w.-]*,? ){1,4}(?:MD|DO|M\.D\.?|D\.O\.?|MBBS|RN|NP|PA)\W*\Z",
    re.IGNORECASE,
)


def says_more_than_a_call(text: str) -> bool:
    """Whether any of its sentences is about something else than who was told, and read it back."""
    return any(
        not tells_of_a_call(one) and not _READ_BACK.search(one)
        for one in _from_the_last(text)
        if one.strip()
    )


_READ_BACK = re.compile(r"\bread[ -]?back\b|\backnowledg|\bunderst(?:ood|anding)\b", re.IGNORECASE)


_FLAGS = ("crit", "panic", "acr ", "actionable")
_WORD = re.compile(r"[^\W\d_]+")
_OF_LABELS = (
    "a this is new critical crit panic code result results rslt rslts finding findings value "
    "values alert notification communication acr category cat actionable addendum i ii iii one two "
    "three"
)
_LABELS = frozenset(_OF_LABELS.split())


def _is_in_capitals(text: str) -> bool:
    """But for a signature or the like."""
    return sum(map(str.islower, text)) * _SEVERAL < len(text)


_SEVERAL = 10


def _from_the_last(text: str) -> Iterator[str]:
    """Its sentences, cut at full stops, but not behind titles; the lines of a paragraph are one
    text."""
    ends = _ENDS_IN_CAPITALS if ";" in text and _is_in_capitals(text) else _SENTENCE_ENDS
    parts = [*ends.split(_TITLE.sub(f".{_HELD}", text)), ""]
    for number in range(len(parts) - 2, -1, -2):
        said = parts[number] + parts[number + 1]  # a sentence, and the mark at its end
        for one in reversed(_HEADED.split(said)) if "\n" in said else (said,):
            sentence = " ".join(one.split()).replace(_HELD, " ")
            for begins in reversed(range(0, len(sentence), _NO_SENTENCE)):
                yield sentence[begins : begins + _NO_SENTENCE]
