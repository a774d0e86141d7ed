"""The headings of running text, and the signatures below it. Their words: heading_words."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from bot.domain.profile import Section
from bot.sources.dictation.heading_words import (
    ADDENDUM,
    AND,
    BEFORE_AN_ADDENDUM,
    BEFORE_AN_IMPRESSION,
    BELOW,
    BESIDE_AN_IMPRESSION,
    BODY,
    EXAMS,
    IMPRESSION,
    LABEL,
    RECOMMENDATION,
)

Own = tuple[tuple[str, Section], ...]
"""What a sender's profile adds: codes of OBX-3, which may head running text as well."""


_LAST_LATIN = "\u024f"


def _any(words: Iterable[str]) -> str:
    """The longest first, each with its accents or without; told by their first letters at once,
    which takes a third of the time."""
    plain = {unaccented(word) for word in words}
    every = sorted(plain.union(words), key=lambda word: (-len(word), word))
    begin: dict[str, list[str]] = {}
    for word in every:
        begin.setdefault(word[0], []).append(_spaced(word)[len(re.escape(word[0])) :])
    forms = (f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in begin.items())
    return f"(?=[{re.escape(''.join(begin))}])(?:{'|'.join(forms)})"


def _spaced(word: str) -> str:
    return r"\s+".join(map(re.escape, word.split()))


def unaccented(word: str) -> str:
    """A word of Latin letters without its accents; any other as it is."""
    if max(word) > _LAST_LATIN:
        return word
    split = unicodedata.normalize("NFD", word)
    return "".join(one for one in split if not unicodedata.combining(one))


_DECOR, _DECOR_AFTER = r"[\s*#=_<\[{【［〔〈■◆●-]{0,16}", r"[\s*#=_>\]}】］〕〉-]{0,16}"
_DATED = r"(?:\d[\d/.:-]{0,12}(?:\s?[AP]M)?[\s,–-]{1,3}){0,3}"
_ENDED = r"(?:END\s+(?:OF\s+)?ADDENDUM|ADDENDUM\s+(?:ENDS?|ENDED)\b)"
_ORIGINAL = (
    r"(?:(?:ORIGINAL|FINAL)\s+REPORT|ORIGINAL\s+(?:DICTATION|INTERPRETATION)|ORIGINALBEFUND)"
    r"(?:\s*\([^()\n]{0,40}\)|\s+(?:DATED|FROM|FOLLOWS|BELOW|BEGINS)\b[^:\n]{0,40})?"
)
_PRIOR = r"(?:PRIOR|PREVIOUS|EARLIER|OLD)\s+(?:\w+\s+){0,2}REPORTS?"
_TAIL = (
    r"(?:(?:DICTATED|REQUESTED|TRANSCRIBED|SIGNED) BY|"
    r"(?:THIS DOCUMENT HAS BEEN )?ELECTRONICALLY SIGNED\b[^:\n]{0,40})"
)


_EXAM = rf"(?:{_any(EXAMS)}(?:\s{{0,2}}[-/,&]\s{{0,2}}|\s{{1,3}})){{1,6}}"
"""An exam's name before a heading, in a report on several."""


def _impression(own: list[str]) -> str:
    revised = r"(?P<revised>(?:REVISED|CORRECTED|UPDATED|AMENDED)\s+)?"
    before = rf"{revised}(?:{_EXAM})?(?:{_any(BEFORE_AN_IMPRESSION)}[\s/]+){{0,2}}"
    behind = rf"(?:\s*{_any(AND)}\s*{_any(BESIDE_AN_IMPRESSION)}){{0,2}}(?:\s*\([^()\n]{{1,40}}\))?"
    behind += r"(?:\s*#?\d{1,2}(?=\s*:))?"
    # Behind a dash as behind a colon: "IMPRESSION - Embolus".
    return rf"(?P<impression>{before}{_any([*IMPRESSION, *own])}{behind}(?P<dash>\s+[-–—]\s+)?)"


def _addendum(own: list[str]) -> str:
    """What follows the word is its number, date, time ("10:04") and author, up to the colon."""
    before = rf"{_DATED}(?:(?:{_any(BEFORE_AN_ADDENDUM)}|\d(?:ST|ND|RD|TH))\s+){{0,3}}"
    word = rf"(?:{_any([*ADDENDUM, *own])}|ADDENDED(?=\s+(?:BY|ON|AT|REPORT|\d)))"
    label = r"(?P<label>(?:[^:\n]|(?<=\d):(?=\d\d)){0,60})"
    return rf"(?P<addendum>{before}{word}(?!\w){label})"


@lru_cache(maxsize=64)
def headings(own: Own = ()) -> re.Pattern[str]:
    """What matches a line that begins with a heading; the group with a name says of what.

    ``ended`` and ``original`` are where an addendum ends for certain, ``exam`` where it may; what
    heads a part of the report is ``other``, what stands below it is ``tail`` or, in an addendum as
    well, ``below``; ``prior`` heads an earlier report. An impression that is ``revised`` below an
    addendum's heading is the addendum's.
    """

    def of(section: Section) -> list[str]:
        return [word for word, heads in own if heads is section and _may_head(word)]

    kinds = "|".join(
        (
            f"(?P<ended>{_ENDED})",
            f"(?P<original>{_ORIGINAL})",
            f"(?P<prior>{_PRIOR})",
            # PowerScribe puts the code of a text that was inserted behind its heading: "[ATT05]".
            rf"(?P<below>{_any(BELOW)}(?:\s*\[\w{{1,12}}\])?)",
            r"(?P<exam>EXAM(?:INATION)?)",
            _impression(of(Section.IMPRESSION)),
            _addendum(of(Section.ADDENDUM)),
            rf"(?P<other>(?:{_EXAM})?{_any([*BODY, *of(Section.BODY)])})",
            f"(?P<tail>{_any(RECOMMENDATION)}|{_TAIL})",
        )
    )
    colon = r"[:：](?:(?:-|\*{1,3}|__)(?=\s|$))?"
    ends = rf"(?(dash)|(?:{colon}|\.?$|\.?(?=\n)|(?=\d{{1,2}}[.)])|(?<=[】］〕〉])|(?<=\*\*)))"
    return re.compile(rf"{_DECOR}(?:{kinds}){_DECOR_AFTER}{ends}", re.IGNORECASE)


def _within() -> re.Pattern[str]:
    words = (*IMPRESSION, *ADDENDUM, *RECOMMENDATION, "FINDINGS")
    both = _any([*words, *map(str.capitalize, words)])
    before = "|".join(word for one in ("FINAL", "DIAGNOSTIC") for word in (one, one.capitalize()))
    behind = r"(?:\s*\([^()\n]{1,40}\)|\s*(?:AND|and|/|&)\s*\w{1,20})?"
    heading = rf"(?:(?:{before})[ /])?{both}{behind}\s*:"
    signed = r"(?:Electronically [Ss]|ELECTRONICALLY S|S)(?:igned|IGNED)\s(?:[Bb]y|BY)\s*:"
    # "3. Recommendation: CT" is an item of a list, here of the impression's.
    item = r"(?<=^\d[.)] )(?:Findings|Recommendations?)\s*:"
    return re.compile(rf"(?<=[.;:)!?])[ \t]+(?!{item})(?={heading}|{signed})", re.MULTILINE)


_WITHIN = _within()
"""It has a capital, and is looked for in that spelling: prose seldom has."""
_CONCLUDING = (" IMPRESSION:", " CONCLUSION:", " ADDENDUM:")
# After a word in small letters, whose sentence nobody ended: "INDICATION: cough IMPRESSION:".
_UNENDED = re.compile(
    r"(?<=[a-z])(?<!rior)(?<!revious)(?<!utside)[ \t]+"
    r"(?=(?:FINAL )?(?:IMPRESSION|CONCLUSION|ADDENDUM):)"
)


def within(line: str) -> list[str]:
    """A whole report on one line, with a line for each heading: one with a colon after the end of a
    sentence begins a new one."""
    parts = _WITHIN.split(line)
    if not any(map(line.__contains__, _CONCLUDING)):
        return parts
    return [piece for part in parts for piece in _UNENDED.split(part)]


_SHORTEST_OWN = 3


def _may_head(word: str) -> bool:
    """A code of OBX-3 may be a number or a letter: these head no text."""
    letters = sum(map(str.isalpha, word))
    return letters >= _SHORTEST_OWN or (letters > 0 and not word.isascii())


HEADING = headings()
_LONGEST_BARE_HEADING = 24
_DECORATED, _ADDED = frozenset("-*=#[<_"), frozenset({"Addendum", "addendum", "Addended"})


def may_be_heading(line: str) -> bool:
    """Spares most lines of prose the pattern: a heading has a colon, is short or in capitals."""
    return line != "" and (
        ":" in line
        or len(line) < _LONGEST_BARE_HEADING
        or line[:1] in _DECORATED
        or line[:8] in _ADDED
        or line[:10].isupper()
        or "IMPRESSION" in line
        or not line.isascii()
    )


_WORD, _LABEL = re.compile(r"[^\W\d_]+"), frozenset(LABEL)


def begins_addendum(line: str, heading: re.Pattern[str] = HEADING) -> bool:
    """Whether it is the heading of an addendum."""
    found = heading.match(line)
    return found is not None and bool(found["addendum"])


def text_from(heading: re.Match[str]) -> int:
    """Where the text begins: behind the heading, unless that of an addendum says more than which
    addendum it is. "Addendum large bleed." is all that some write."""
    if heading["addendum"] is None:
        return heading.end()
    words = _WORD.findall(heading["label"] or "")
    told = "ADDENDED" in heading["addendum"].upper()
    return 0 if told or not _LABEL.issuperset(map(str.upper, words)) else heading.end()


def without_heading(lines: list[str], name: str, pattern: re.Pattern[str] = HEADING) -> str:
    """The text, without a heading of this kind before it."""
    text = "\n".join(lines).strip()
    if pattern is HEADING and name == "impression" and _is_sentence(text):
        return text
    heading = pattern.match(text)
    return text[text_from(heading) :].strip() if heading and heading[name] else text


# What stands behind the heading of an impression, or in it.
_HEADED = re.compile(r"[:：\n\d】］〕〉–—-]")


def _is_sentence(text: str) -> bool:
    """Spares most impressions of a line the pattern: no heading ends in a full stop."""
    return text[-1:] == "." and _HEADED.search(text) is None
