"""The headings of running text, and the signatures below it."""

import re

_IMPRESSION = r"(?P<impression>(?:FINDINGS (?:AND|/|&) )?IMPRESSIONS?|CONCLUSIONS?|OPINION)"
# What follows the word is its number, date, time ("10:04") and author, up to the colon.
_ADDENDUM = r"(?P<addendum>ADDEND(?:UM|A)\b(?P<label>(?:[^:\n]|(?<=\d):(?=\d\d)){0,60}))"
_ORIGINAL = r"(?P<original>(?:END (?:OF )?)ADDENDUM|(?:ORIGINAL|FINAL) REPORT|EXAM(?:INATION)?)"
_OTHER = (
    r"(?P<other>FINDINGS|TECHNIQUE|COMPARISONS?|(?:CLINICAL )?(?:HISTORY|INDICATIONS?)|PROCEDURE|"
    r"REPORT|RECOMMENDATIONS?|(?:DICTATED|REQUESTED|TRANSCRIBED|SIGNED) BY|"
    r"(?:THIS DOCUMENT HAS BEEN )?ELECTRONICALLY SIGNED\b[^:\n]{0,40})"
)
HEADING = re.compile(
    rf"[\s*#=_-]{{0,16}}(?:{_ORIGINAL}|{_IMPRESSION}|{_ADDENDUM}|{_OTHER})[\s*#=_-]{{0,16}}"
    r"(?::|$|(?=\d{1,2}[.)]))",
    re.IGNORECASE,
)


_LONGEST_BARE_HEADING = 24


def may_be_heading(line: str) -> bool:
    """Spares most lines of prose the pattern: a heading has a colon, is short or in capitals."""
    return (
        ":" in line
        or len(line) < _LONGEST_BARE_HEADING
        or line[:10].isupper()
        or "IMPRESSION" in line
    )


_SIGNATURE = re.compile(
    r"[\s*]*(?:(?:DICTATED|TRANSCRIBED|SIGNED|REVIEWED|INTERPRETED|PENDING REVIEW) BY\s*:|"
    r"(?:THIS DOCUMENT HAS BEEN )?ELECTRONICALLY SIGNED\b)",
    re.IGNORECASE,
)
_SIGNATURE_LINES = 6


def unsigned(lines: list[str]) -> list[str]:
    """Without the signature that some senders put into the impression's last segments."""
    for number in range(max(0, len(lines) - _SIGNATURE_LINES), len(lines)):
        line = lines[number]
        if (":" in line or "SIGNED" in line.upper()) and _SIGNATURE.match(line):
            return lines[:number]
    return lines


_LABEL = "no number report am pm begins begin start starts text final new date time on at the to"
_NAMES_IT = frozenset(_LABEL.split())
_WORD = re.compile(r"[^\W\d_]+")


def begins_addendum(line: str) -> bool:
    """Whether it is the heading of an addendum."""
    heading = HEADING.match(line)
    return heading is not None and bool(heading["addendum"])


def text_from(heading: re.Match[str]) -> int:
    """Where the text begins: behind the heading, unless that of an addendum says more than which
    addendum it is. "Addendum large bleed." is all that some write."""
    words = _WORD.findall(heading["label"] or "")
    return heading.end() if _NAMES_IT.issuperset(map(str.lower, words)) else 0


def without_heading(lines: list[str], name: str) -> str:
    """The text, without a heading of this kind before it."""
    text = "\n".join(lines).strip()
    heading = HEADING.match(text)
    return text[text_from(heading) :].strip() if heading and heading[name] else text
