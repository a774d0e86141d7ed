"""The lines of one segment: prose with its line breaks, coded answers and figures in words."""

import html
import re
from collections.abc import Iterable, Sequence

from bot.sources.documents import words_in
from bot.sources.hl7.flags import Result
from bot.sources.hl7.headings import within
from bot.sources.hl7.marks import Marks, at
from bot.sources.hl7.wire import Wire

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
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
        return _parted([value.strip() for value in said])
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


def running_lines(text: str) -> list[str]:
    """The lines of a document that has no segments."""
    return _parted([line.strip() for line in text.splitlines()])


def _parted(lines: list[str]) -> list[str]:
    """With a line for each heading that stands within one: these have a colon."""
    return [line for whole in lines for line in (within(whole) if ":" in whole else (whole,))]


def _prose(value: str, wire: Wire) -> list[str]:
    """Repetitions are line breaks, and so are the formatting escapes, and HTML's."""
    if wire.escaped and _RTF.match(value):
        return running_lines(_words(value, wire, "application/rtf"))
    if "lt;" in value:
        value = _unmasked(value, wire.marks)
    if "<" in value:
        if _MARKUP.search(value):
            return running_lines(_words(value, wire, "text/html"))
        value = _BREAK.sub("\n", value)
    lines = [wire.marks.clean(line) for line in value.split(wire.marks.repetition)]
    if "&" in value or "\\" in value or ".br" in value:
        lines = [line for text in lines for line in _written_out(text).split("\n")]
    if "\n" in value or wire.escaped:
        lines = [line.strip() for text in lines for line in text.split("\n")]
    return _parted(lines) if ":" in value else lines


_MARKUP = re.compile(
    r"</(?:p|div|span|b|i|u|strong|html|body|font|td|tr|table|li|ul|pre|h\d)>", re.IGNORECASE
)
# What no tag of a formatted text begins with: somebody's brackets.
_NO_MARKUP = re.compile(
    r"<(?!/?(?:p|div|span|br|hr|b|i|u|em|strong|sub|sup|html|head|body|font|center|table|tbody|thead"
    r"|th|td|tr|li|ul|ol|dl|dd|dt|pre|h\d)\b)[A-Za-z/!]",
    re.IGNORECASE,
)
_RTF = re.compile(r"\s*\{\\(?:E\\)?rtf\d")
_ENTITY = re.compile(r"&(?:#\d{1,5}|#[xX][0-9A-Fa-f]{1,4}|lt|gt|amp|quot|apos|nbsp);")
# What was escaped twice, not closed, or is another language's escape of a line end.
_LINE_END = re.compile(
    r"\\\.(?i:br|sp)(?:\\|(?![A-Za-z]))|\\\.br(?=[A-Z])|\\\n\\|\\r\\n|\\[rn](?=[A-Z\s]|\\[rn]|$)|"
    r"\\br\\|/\.br/|\.br\\",
)
# A program's string lost the backslashes; an address ends so once or twice.
_BARE_END = re.compile(r"\.br(?![a-z])")
_MANY = 3


def _unmasked(value: str, marks: Marks) -> str:
    """HTML all of whose tags are written as entities, as tags; anything else as it was. What is no
    tag is not risked: a reader of HTML would drop <CRITICAL RESULT>."""
    return _tagged(value, value.replace(f"{marks.escape}T{marks.escape}", "&"))


def _tagged(value: str, masked: str) -> str:
    if "<" in value:
        return value
    written = html.unescape(masked)
    return written if _MARKUP.search(written) and not _NO_MARKUP.search(written) else value


def without_markup(said: str) -> str:
    """The words of a string that may be RTF or HTML as it stands, or have HTML's line breaks and
    entities in it, or escaped line ends: a string of FHIR is what the field of HL7 was."""
    if _RTF.match(said):
        return words_in(said.encode(errors="replace"), "application/rtf") or said
    said = _tagged(said, said) if "lt;" in said else said
    if "<" in said:
        if _MARKUP.search(said):
            return words_in(said.encode(errors="replace"), "text/html") or said
        said = _BREAK.sub("\n", said)
    return _written_out(said).strip()


def _words(value: str, wire: Wire, kind: str) -> str:
    """Of a whole document that stands in the field as it is; its escapes and HL7's are alike."""
    text = value.replace(wire.marks.escape + "E" + wire.marks.escape, wire.marks.escape)
    if kind == "text/html":
        text = wire.marks.clean(value.replace(wire.marks.repetition, "\n"))
    return words_in(text.encode(errors="replace"), kind)


def _written_out(text: str) -> str:
    if "\\" in text or "/.br/" in text:
        text = _LINE_END.sub("\n", text)
    if text.count(".br") >= _MANY:
        text = _BARE_END.sub("\n", text)
    if "&" in text and _ENTITY.search(text):
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


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
