"""The lines of one segment: prose with its line breaks, coded answers and figures in words."""

import re
from collections.abc import Iterable, Sequence

from bot.sources.dictation.running import parted, running_lines
from bot.sources.documents import words_in
from bot.sources.hl7.flags import Result
from bot.sources.hl7.marks import Marks, at
from bot.sources.hl7.wire import Wire
from bot.sources.markup import BREAK, MARKUP, RTF, tagged, written_out

_CODED = frozenset({"CE", "CWE", "CNE", "CF", "IS", "ID", "ce", "cwe", "cne", "cf", "is", "id"})
_VALUES = frozenset({"NM", "SN", "DT", "TM", "TS", "DTM", "DR", "nm", "sn", "dt", "tm", "ts"})
# A pointer, or a document in base64: its words are not in the message's text.
DOCUMENT = frozenset({"ED", "ed"})
_DOCUMENTS = frozenset({"RP", "rp", *DOCUMENT})
READ_OUT = "ED read"
"""In place of ED, where the document's words stand in OBX-5: see hl7.documents."""
# Who or what issued a number, and such a number itself: in IHE's reports the UIDs of study and
# document (RAD-28), and the number that a RIS has for the document (EI).
_NUMBERS = frozenset({"EI", "ei"})
_ISSUERS = frozenset({"HD", "hd", *_NUMBERS})
_UID = re.compile(r"[012](?:\.\d+){3,}")
_NO_PROSE = _CODED | _VALUES | _DOCUMENTS | _ISSUERS
# Somebody, or how to reach them. Words without a component are words, whatever they are called.
PERSONS = frozenset(
    {"CN", "XCN", "PN", "XPN", "CX", "XTN", "XAD", "cn", "xcn", "pn", "xpn", "cx", "xtn", "xad"}
)
_READ_OTHERWISE = _NO_PROSE | PERSONS | {READ_OUT}
_OBX_2, _OBX_5 = 2, 5


def is_prose(fields: list[str]) -> bool:
    """Whether the segment holds words, and no coded answer, figure or document."""
    return fields[0] == "NTE" or len(fields) <= _OBX_2 or fields[_OBX_2] not in _NO_PROSE


def lines_of(fields: list[str], wire: Wire) -> list[str]:
    """What one OBX or NTE says, a line each."""
    if len(fields) > _OBX_5 and fields[2] not in _READ_OTHERWISE and fields[0] != "NTE":
        return _lines(fields[_OBX_5], wire)
    return _otherwise(fields, wire)


def all_words(kinds: Iterable[str]) -> bool:
    """Whether every OBX-2 says so of its OBX-5."""
    return _READ_OTHERWISE.isdisjoint(kinds)


def lines_of_all(results: list[Result], wire: Wire, said: Sequence[str] = ()) -> list[str]:
    """What these say, in order. Where ``said``, every OBX-5, is known to be words they are looked
    at together: one by one would take longer than all there is to do."""
    if not said:
        return [line for _, fields in results for line in lines_of(fields, wire)]
    together = "".join(said)
    breaking = [mark for mark in _breaking(wire) if mark in together]
    if not breaking:
        return [value.strip() for value in said]
    if breaking == [":"]:
        return parted([value.strip() for value in said])
    broken = {value for mark in breaking for value in said if mark in value}
    return [
        line
        for value in said
        for line in (_prose(value, wire) if value in broken else (value.strip(),))
    ]


def _lines(value: str, wire: Wire) -> list[str]:
    if any(map(value.__contains__, _breaking(wire))):
        return _prose(value, wire)
    return [value.strip()]


def _breaking(wire: Wire) -> tuple[str, ...]:
    """One of these is in each value in which a line breaks, is escaped, or heads a part."""
    always = (":", "<", "&", "\n", ".br", wire.marks.repetition)
    return (*always, wire.marks.escape, "\\", '"') if wire.escaped else always


def _otherwise(fields: list[str], wire: Wire) -> list[str]:
    if fields[0] == "NTE":
        return _prose(at(fields, 3), wire)
    if len(fields) <= _OBX_5 or fields[2] in _DOCUMENTS:
        return []
    if fields[2] == READ_OUT:
        return running_lines(fields[_OBX_5])
    if fields[2] in _ISSUERS:
        return _unless_number(fields, wire)
    if fields[2] in PERSONS and wire.marks.component not in fields[_OBX_5]:
        return _lines(fields[_OBX_5], wire)
    return _question_and_answer(fields, wire.marks)


def _unless_number(fields: list[str], wire: Wire) -> list[str]:
    """A UID, or one word and who issued it, is no part of the text; words that a sender put there
    are."""
    said = named(fields, wire)
    if fields[2] in _NUMBERS:
        return [said] if " " in said.partition(wire.marks.component)[0].strip() else []
    return [] if _UID.fullmatch(said) else [said]


def _prose(value: str, wire: Wire) -> list[str]:
    """Repetitions are line breaks, and so are the formatting escapes, and HTML's."""
    if wire.escaped and RTF.match(value):
        return running_lines(_words(value, wire, "application/rtf"))
    if "lt;" in value:
        value = _unmasked(value, wire.marks)
    if "<" in value:
        if MARKUP.search(value):
            return running_lines(_words(value, wire, "text/html"))
        value = BREAK.sub("\n", value)
    lines = [wire.marks.clean(line) for line in value.split(wire.marks.repetition)]
    if "&" in value or "\\" in value or ".br" in value:
        lines = [line for text in lines for line in written_out(text).split("\n")]
    if "\n" in value or wire.escaped:
        lines = [line.strip() for text in lines for line in text.split("\n")]
    return parted(lines) if ":" in value else lines


def _unmasked(value: str, marks: Marks) -> str:
    """HTML all of whose tags are written as entities, as tags; anything else as it was. What is no
    tag is not risked: a reader of HTML would drop <CRITICAL RESULT>."""
    return tagged(value, value.replace(f"{marks.escape}T{marks.escape}", "&"))


def _words(value: str, wire: Wire, kind: str) -> str:
    """Of a whole document that stands in the field as it is; its escapes and HL7's are alike."""
    text = value.replace(wire.marks.escape + "E" + wire.marks.escape, wire.marks.escape)
    if kind == "text/html":
        text = wire.marks.clean(value.replace(wire.marks.repetition, "\n"))
    return words_in(text.encode(errors="replace"), kind)


def named(fields: list[str], wire: Wire) -> str:
    """OBX-5 as a name or a number, and not as words."""
    return wire.marks.clean(at(fields, _OBX_5))


def displayed(fields: list[str], wire: Wire) -> list[str]:
    """What answers the question of OBX-3: prose, and of a coded value what it is called."""
    kind = at(fields, 2)
    if kind in _VALUES:
        return [_figure(at(fields, _OBX_5).split(wire.marks.component), wire.marks)]
    if kind not in _CODED:
        return lines_of(fields, wire)
    return [_display(at(fields, _OBX_5).split(wire.marks.component), wire.marks)]


def _question_and_answer(fields: list[str], marks: Marks) -> list[str]:
    show = _display if fields[2] in _CODED else _figure
    repetitions = fields[_OBX_5].split(marks.repetition)
    answers = [show(repetition.split(marks.component), marks) for repetition in repetitions]
    answer = ", ".join(answer for answer in answers if answer)
    if not answer:
        return []
    units = _units(at(fields, 6).split(marks.component), marks)
    question = _display(at(fields, 3).split(marks.component), marks)
    return [f"{question}: {answer} {units}".strip() if question else f"{answer} {units}".strip()]


_TEN = re.compile(r"[x*\u00d7]? ?10", re.IGNORECASE)


def _units(parts: list[str], marks: Marks) -> str:
    """Their code. A power of ten, "10^9/L", whose sender escapes no separator is one all the same:
    a figure of "15 10" is nobody's."""
    units, power = marks.clean(parts[0]), at(parts, 1)
    if power[:1].isdigit() and _TEN.fullmatch(units):
        return f"{units}^{marks.clean(power)}"
    return units


def _display(parts: list[str], marks: Marks) -> str:
    return marks.clean(at(parts, 1)) or marks.clean(at(parts, 8)) or marks.clean(parts[0])


def _figure(parts: list[str], marks: Marks) -> str:
    return " ".join(part for raw in parts if (part := marks.clean(raw)))
