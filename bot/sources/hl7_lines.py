"""The lines of one segment: prose with its line breaks, coded answers and figures in words."""

import re

from bot.sources.hl7_wire import Wire, at

# A whole report on one line: a heading in capitals after the end of a sentence begins a new one.
_WITHIN = re.compile(
    r"(?<=[.;:)!?])[ \t]+(?=(?:IMPRESSION|CONCLUSION|ADDENDUM|FINDINGS|RECOMMENDATIONS?)\s*:)"
)

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_CODED = frozenset({"CE", "CWE", "CNE", "CF", "IS", "ID"})
_VALUES = frozenset({"NM", "SN", "DT", "TM", "TS", "DTM", "DR"})
# A pointer, or a document in base64: its words are not in the message's text.
DOCUMENT = "ED"
_DOCUMENTS = frozenset({"RP", DOCUMENT})
READ_OUT = "ED read"
"""In place of ED, where the document's words stand in OBX-5: see hl7_documents."""
_NO_PROSE = _CODED | _VALUES | _DOCUMENTS
_OBX_5 = 5


def is_prose(fields: list[str]) -> bool:
    """Whether the segment holds words, and no coded answer, figure or document."""
    return fields[0] == "NTE" or at(fields, 2) not in _NO_PROSE


def lines_of(fields: list[str], wire: Wire) -> list[str]:
    """What one OBX or NTE says, a line each."""
    if len(fields) <= _OBX_5 or fields[0] == "NTE":
        return _prose(at(fields, 3), wire) if fields[0] == "NTE" else []
    value = fields[_OBX_5]
    if (kind := fields[2]) in _NO_PROSE:
        return [] if kind in _DOCUMENTS else _question_and_answer(kind, value, fields, wire)
    if kind == READ_OUT:
        return running_lines(value)
    if ":" in value or "<" in value or wire.escaped or wire.repetition in value or "\n" in value:
        return _prose(value, wire)
    return [value.strip()]


def running_lines(text: str) -> list[str]:
    """The lines of a document that has no segments."""
    lines = [line.strip() for line in text.splitlines()]
    return [line for whole in lines for line in _WITHIN.split(whole)]


def _prose(value: str, wire: Wire) -> list[str]:
    """Repetitions are line breaks, and so are the formatting escapes, and HTML's."""
    if "<" in value:
        value = _BREAK.sub("\n", value)
    lines = [wire.clean(line) for line in value.split(wire.repetition)]
    if "\n" in value or wire.escaped:
        lines = [line.strip() for text in lines for line in text.split("\n")]
    if ":" in value:
        lines = [line for text in lines for line in _WITHIN.split(text)]
    return lines


def _question_and_answer(kind: str, value: str, fields: list[str], wire: Wire) -> list[str]:
    show = _display if kind in _CODED else _figure
    answers = [
        show(repetition.split(wire.component), wire) for repetition in value.split(wire.repetition)
    ]
    answer = ", ".join(answer for answer in answers if answer)
    if not answer:
        return []
    units = wire.clean(at(fields, 6).split(wire.component, 1)[0])
    question = _display(at(fields, 3).split(wire.component), wire)
    return [f"{question}: {answer} {units}".strip() if question else f"{answer} {units}".strip()]


def _display(parts: list[str], wire: Wire) -> str:
    return wire.clean(at(parts, 1)) or wire.clean(at(parts, 8)) or wire.clean(parts[0])


def _figure(parts: list[str], wire: Wire) -> str:
    return " ".join(part for raw in parts if (part := wire.clean(raw)))
