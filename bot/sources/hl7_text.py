"""The words of a report, from the layouts that senders use: body, impression, addenda.

A section is named by OBX-3 (sub-component &IMP, LOINC, or its text), else by headings in running
text.
"""

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache

from bot.domain.report import Addendum, Flag
from bot.sources.hl7_flags import Result
from bot.sources.hl7_wire import Wire, at


class Section(Enum):
    """Where a line belongs. RUNNING is text whose headings say it."""

    RUNNING = auto()
    BODY = auto()
    IMPRESSION = auto()
    ADDENDUM = auto()


_BY_CODE = {
    **dict.fromkeys(("GDT", "FINDINGS", "59776-5", "18783-1"), Section.BODY),
    **dict.fromkeys(("IMP", "IMPRESSION", "19005-8"), Section.IMPRESSION),
    **dict.fromkeys(("ADT", "ADN", "ADDENDUM", "55107-7"), Section.ADDENDUM),
}


@lru_cache(maxsize=2048)
def _section(identifier: str, component: str, subcomponent: str) -> Section:
    """What OBX-3 says; the most telling component wins over the order they stand in."""
    words = identifier.upper().replace(subcomponent, component).split(component)
    for word in words:
        section = _BY_CODE.get(word.strip())
        if section:
            return section
    text = at(words, 1)
    if "IMPRESSION" in text:
        return Section.IMPRESSION
    return Section.ADDENDUM if "ADDENDUM" in text else Section.RUNNING


_IMPRESSION = r"(?P<impression>(?:FINDINGS (?:AND|/|&) )?IMPRESSIONS?|CONCLUSIONS?|OPINION)"
_ADDENDUM = r"(?P<addendum>ADDEND(?:UM|A)\b[^:\n]{0,40})"
_ORIGINAL = r"(?P<original>(?:END (?:OF )?)ADDENDUM|(?:ORIGINAL|FINAL) REPORT|EXAM(?:INATION)?)"
_OTHER = (
    r"(?P<other>FINDINGS|TECHNIQUE|COMPARISONS?|(?:CLINICAL )?(?:HISTORY|INDICATIONS?)|PROCEDURE|"
    r"REPORT|RECOMMENDATIONS?|(?:DICTATED|REQUESTED|TRANSCRIBED|SIGNED) BY|"
    r"(?:THIS DOCUMENT HAS BEEN )?ELECTRONICALLY SIGNED\b[^:\n]{0,40})"
)
_HEADING = re.compile(
    rf"[\s*#=_-]{{0,16}}(?:{_ORIGINAL}|{_IMPRESSION}|{_ADDENDUM}|{_OTHER})[\s*#=_-]{{0,16}}"
    r"(?::|$|(?=\d{1,2}[.)]))",
    re.IGNORECASE,
)
# A whole report on one line: a heading in capitals after the end of a sentence begins a new one.
_WITHIN = re.compile(
    r"(?<=[.;:)!?])[ \t]+(?=(?:IMPRESSION|CONCLUSION|ADDENDUM|FINDINGS|RECOMMENDATIONS?)\s*:)"
)


_LONGEST_BARE_HEADING = 24


def _may_be_heading(line: str) -> bool:
    """Spares most lines of prose the pattern: a heading has a colon, is short or in capitals."""
    return (
        ":" in line
        or len(line) < _LONGEST_BARE_HEADING
        or line[:10].isupper()
        or "IMPRESSION" in line
    )


@dataclass(frozen=True, slots=True)
class Narrative:
    """``text`` is everything but the addenda, in the order received; ``flags`` are its own."""

    text: str
    impression: str
    addenda: tuple[Addendum, ...]
    flags: tuple[Flag, ...]


@dataclass(slots=True)
class _Draft:
    lines: list[str] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)


@dataclass(slots=True)
class _Narrator:
    text: list[str] = field(default_factory=list)
    impression: list[str] = field(default_factory=list)
    addenda: list[_Draft] = field(default_factory=list)
    running: Section = Section.BODY
    set_of: str | None = None
    """OBX-4 of the addendum segment just before, else None: another one is another addendum."""

    def put(self, section: Section, lines: list[str]) -> None:
        if section is Section.ADDENDUM:
            self.addenda[-1].lines += lines
            return
        self.text += lines
        if section is Section.IMPRESSION:
            self.impression += lines

    def tell(self, section: Section, lines: list[str]) -> None:
        """Lines of one or more segments of the same section, which is no addendum."""
        if section is Section.RUNNING:
            self.run(lines)
        elif lines:
            self.set_of = None
            self.put(section, lines)

    def run(self, lines: list[str]) -> Section:
        """Lines of running text; returns the section of the first, which is that of its flags."""
        if lines:
            self.set_of = None
        if not any(map(_may_be_heading, lines)):
            self.put(self.running, lines)
            return self.running
        return next(iter([self._run(line) for line in lines]))

    def _run(self, line: str) -> Section:
        heading = _HEADING.match(line) if _may_be_heading(line) else None
        if heading:
            return self._after_heading(heading, line)
        self.put(self.running, [line])
        return self.running

    def _after_heading(self, heading: re.Match[str], line: str) -> Section:
        before = len(self.addenda)
        self.running = self._turn(heading)
        rest = line[heading.end() :].strip()
        match self.running:
            case Section.IMPRESSION:
                self.text.append(line)
                self.impression.append(rest)
            case Section.ADDENDUM if len(self.addenda) > before:
                self.put(Section.ADDENDUM, [rest])
            case _:
                self.put(self.running, [line])
        return self.running

    def _turn(self, heading: re.Match[str]) -> Section:
        if heading["addendum"]:
            self.addenda.append(_Draft())
            return Section.ADDENDUM
        # Below the original report an addendum has headings of its own; above it, they end it.
        if self.running is Section.ADDENDUM and self.impression and not heading["original"]:
            return Section.ADDENDUM
        return Section.IMPRESSION if heading["impression"] else Section.BODY


def narrate(results: list[Result], flags: dict[int, tuple[Flag, ...]], wire: Wire) -> Narrative:
    """Put the text together, and each flag where it stood: on the report or on an addendum."""
    told = _Narrator()
    own: list[Flag] = []
    section, held = Section.BODY, list[str]()
    identifier: str | None = None
    for number, fields in results:
        before = section
        is_observation = fields[0] == "OBX"  # a note stands where the OBX before it stands
        if is_observation and at(fields, 3) != identifier:
            identifier = at(fields, 3)
            section = _section(identifier, wire.component, wire.subcomponent)
        some = flags.get(number, ()) if flags and is_observation else ()
        at_once = section is Section.ADDENDUM or (some and section is Section.RUNNING)
        # What belongs together is told in one go, which takes half the time.
        if held and (at_once or section is not before):
            told.tell(before, held)
            held = []
        lines = _lines(fields, wire)
        if not at_once:
            held += lines
            own += some
        elif _tell_alone(told, section, lines, fields) is Section.ADDENDUM:
            told.addenda[-1].flags += some
        else:
            own += some
    told.tell(section, held)
    return _finished(told, own)


def narrate_running(text: str) -> Narrative:
    """A document without segments (FHIR): its headings alone say what is what."""
    told = _Narrator()
    lines = [line.strip() for line in text.splitlines()]
    told.run([line for whole in lines for line in _WITHIN.split(whole)])
    return _finished(told, [])


def _tell_alone(told: _Narrator, section: Section, lines: list[str], fields: list[str]) -> Section:
    """Add the lines of one segment; returns the section of the first: that of its flags."""
    if section is Section.ADDENDUM:
        _open_addendum(told, lines, at(fields, 4) if fields[0] == "OBX" else told.set_of)
        told.put(section, lines)
        return section
    return told.run(lines)


def _open_addendum(told: _Narrator, lines: list[str], set_of: str | None) -> None:
    heading = _HEADING.match(lines[0]) if lines else None
    if not told.addenda or set_of != told.set_of or (heading and heading["addendum"]):
        told.addenda.append(_Draft())
    told.set_of = set_of


def _finished(told: _Narrator, own: list[Flag]) -> Narrative:
    addenda = tuple(
        Addendum(_without_heading(draft.lines, "addendum"), tuple(draft.flags))
        for draft in told.addenda
        if draft.flags or any(draft.lines)
    )
    impression = _without_heading(told.impression, "impression")
    return Narrative("\n".join(told.text).strip(), impression, addenda, tuple(own))


def _without_heading(lines: list[str], name: str) -> str:
    text = "\n".join(lines).strip()
    heading = _HEADING.match(text)
    return text[heading.end() :].strip() if heading and heading[name] else text


# ---- the lines of one segment ---------------------------------------------------------------

_CODED = frozenset({"CE", "CWE", "CNE", "CF", "IS", "ID"})
_VALUES = frozenset({"NM", "SN", "DT", "TM", "TS", "DTM", "DR"})
# A pointer, or a document in base64: its words are not in the message's text.
_DOCUMENTS = frozenset({"RP", "ED"})
_NO_PROSE = _CODED | _VALUES | _DOCUMENTS
_OBX_5 = 5


def _lines(fields: list[str], wire: Wire) -> list[str]:
    if fields[0] == "NTE":
        return _prose(at(fields, 3), wire)
    if len(fields) <= _OBX_5:
        return []
    kind, value = fields[2], fields[_OBX_5]
    if kind in _NO_PROSE:
        return [] if kind in _DOCUMENTS else _question_and_answer(kind, value, fields, wire)
    if wire.escaped or wire.repetition in value or ":" in value or "\n" in value:
        return _prose(value, wire)
    return [value.strip()]


def _prose(value: str, wire: Wire) -> list[str]:
    """Repetitions are line breaks, and so are the formatting escapes."""
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
