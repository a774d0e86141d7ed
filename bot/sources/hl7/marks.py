"""What cuts HL7 v2 into parts, and what the parts say: fields, components, escapes (2.5 to 2.7)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from bot.sources.hl7.charsets import by_trial

_USUAL = "^~\\&"
_LONGEST_MSH_2 = 8


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What cuts a sender's messages into parts, and the codec that their escapes are in.

    The same object for all messages that are cut alike, so that what is read of a field can be
    kept by the field's text and this, see hl7.people.
    """

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str
    charset: str

    def clean(self, value: str) -> str:
        """The value as a person reads it; HL7's explicit null ("") is nothing, too."""
        if not value:
            return value
        if self.escape in value:
            value = unescape(value, self)
        value = value.strip()
        return "" if value == '""' else value

    def first(self, field: str) -> str:
        """The first component, cleaned."""
        return self.clean(field.split(self.component, 1)[0]) if field else field


def marks_of(separator: str, others: str, charset: str) -> Marks:
    """``others`` is MSH-2, which may have fewer or more characters than four."""
    return _marks_of(separator, others[:_LONGEST_MSH_2], charset)


@lru_cache(maxsize=64)
def _marks_of(separator: str, others: str, charset: str) -> Marks:
    if any(map(str.isalnum, others)) or '"' in others:
        others = _USUAL  # it was left out, or is the explicit null
    if others.count("\\") > 1 and others.replace("\\", "") == _USUAL.replace("\\", ""):
        others = _USUAL  # a program that wrote it as a string doubled what escapes: "^~\\\\&"
    component, repetition, escape, subcomponent = (
        others[place : place + 1] or usual for place, usual in enumerate(_USUAL)
    )
    return Marks(separator, component, repetition, escape, subcomponent, charset)


def fields_of(line: str, mark: str) -> list[str]:
    """The fields of a segment, with empty ones for those that the sender left out at its end."""
    fields = line.split(mark)
    fields += EMPTY[len(fields) :]
    return fields


EMPTY = [""] * 51
"""A segment that is not there: as many fields as the longest that is asked for has, OBR in v2.8."""


def at(parts: list[str], number: int) -> str:
    """The part with this number, empty where the sender stopped earlier."""
    return parts[number] if len(parts) > number else ""


# ---- escapes --------------------------------------------------------------------------------

_LINE_BREAKS = frozenset({"br", "sp", "ce"})


def unescape(value: str, marks: Marks) -> str:
    r"""Resolve the escapes of HL7 v2.5.1 section 2.7; what is none of them stays as it is.

    ``\.br\`` and its kin become line ends, highlighting and charset switches disappear.
    """
    return _pattern(marks.escape).sub(_resolver(marks), value)


@lru_cache(maxsize=16)
def _pattern(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    layout = r"\.((?i:br|sp|ce|in|ti|fi|nf|sk))\s*[+-]?\d*"
    # CR and LF that are escaped one by one are one line end.
    hexadecimal = rf"X((?:[0-9A-Fa-f]{{2}})+(?:(?<=0[Dd]){mark}{{2}}X0[Aa])?)"
    # What reporting systems of Australia write for bold, italics, fonts and paragraphs.
    own = r"Z(?:[biu][+-]|[fp][a-z](?:\[[^\[\]\n]{0,20}\])?)"
    known = rf"([FSTREHNP])|{layout}|{hexadecimal}|[CM][0-9A-F]{{4,6}}|{own}"
    return re.compile(f"{mark}(?:{known}){mark}")


def _resolver(marks: Marks) -> Callable[[re.Match[str]], str]:
    letters = {
        "F": marks.field,
        "S": marks.component,
        "T": marks.subcomponent,
        "R": marks.repetition,
        "E": marks.escape,
        "P": "#",
    }

    one_after_another = f"{2 * marks.escape}X"

    def resolve(match: re.Match[str]) -> str:
        letter, command, digits = match.groups()
        if letter:
            return letters.get(letter, "")
        if command:
            return "\n" if command.lower() in _LINE_BREAKS else ""
        return _characters(digits.replace(one_after_another, ""), marks.charset) if digits else ""

    return resolve


def _characters(digits: str, charset: str) -> str:
    raw = bytes.fromhex(digits)
    # "X000D": the number of a letter in Unicode, in two bytes.
    codecs = ("utf-16-be",) if len(raw) % 2 == 0 and not any(raw[::2]) else (charset, "cp1252")
    text = by_trial(raw, codecs)[0]
    # A database's text column has no NUL; CR would read as the end of a segment.
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
