"""HL7 v2 as it is on the wire: charset, delimiters, segments.

Tolerant where real senders are: segments end in CR, LF or CRLF, blank ones are skipped, a line
that is no segment continues the field before it, MSH-2 may have fewer or more characters than
four (HL7 v2.5.1 section 2.5). Nothing in here knows what a field means.
"""

import html
import re
from dataclasses import dataclass
from operator import itemgetter

from bot.sources.hl7 import charsets
from bot.sources.hl7.batch import ENVELOPE
from bot.sources.hl7.charsets import Undecodable, unmarked
from bot.sources.hl7.marks import Marks, fields_of, marks_of
from bot.sources.hl7.shown import BLANK, MAY_END, from_header, without_written_ends
from bot.sources.hl7.z_segments import by_their_orders

# It may have other separators than the message within.
_ENVELOPE = re.compile(r"[ \t\v\f\x1c\ufeff]*(?:FHS|BHS|BTS|FTS)(?:[^\w\s]|\s*\Z)")


class BadReport(Exception):
    """This message goes to quarantine: ``reason`` is a slug, ``detail`` names field and cure.

    ``code`` is from HL7 table 0357 and ``location`` an ERL; no value of the message is quoted.
    """

    def __init__(self, reason: str, detail: str, code: str, location: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail, self.code, self.location = reason, detail, code, location


def cut_off() -> BadReport:
    """Of a message whose end is missing."""
    return BadReport("cut-off", "The message broke off before its end: send it again", "207")


@dataclass(slots=True)
class Wire:
    """One message, cut into lines; fields are cut by whoever wants them. Not frozen, as nothing is
    that is made for each message and does not leave the reader: that takes three times as long.

    ``header`` is indexed as HL7 counts: ``header[9]`` is MSH-9. ``escaped``, ``radlex``,
    ``addenda`` and ``markup`` are False where no escape, RadLex code, heading of an addendum, or
    document in RTF or HTML as it stands can occur: most messages are spared the search.
    """

    header: list[str]
    lines: list[str]
    marks: Marks
    escaped: bool
    radlex: bool
    addenda: bool
    markup: bool

    def msh(self, number: int) -> str:
        """The first component of a header field, cleaned."""
        return self.marks.first(self.header[number])


# ---- charset --------------------------------------------------------------------------------


def decode(data: bytes) -> tuple[str, str]:
    """The text and the codec used, see hl7.charsets. Raises BadReport where it is no text."""
    try:
        return charsets.decode(data)
    except Undecodable as bad:
        raise BadReport("undecodable", bad.detail, "102", "MSH^1^18") from None


# ---- segments -------------------------------------------------------------------------------


def cut(text: str, charset: str) -> Wire:
    """The message cut into segments. Raises BadReport without an MSH, or with more than one."""
    if "&amp;" in text[:_HEAD]:
        text = html.unescape(text)  # taken out of XML as it stood there
    ended = text.replace("\r\n", "\r").replace("\n", "\r") if "\n" in text else text
    lines = ended.split("\r")
    if lines[-1] == "":
        lines.pop()
    usual = _are_usual(lines)
    if not usual:
        if any(map(text.__contains__, ENVELOPE)):
            lines = [line for line in lines if not _ENVELOPE.match(line)]
        lines = from_header(lines)
    if lines and lines[0][-1:] in MAY_END:
        lines = without_written_ends(lines)
    if not usual:
        lines = by_their_orders(_of_one_message(_segments(lines)))
    return wire_of(lines, charset, text)


_HEAD = 16
"""Characters in which MSH-2 stands."""
_FOUR = itemgetter(slice(4))
_USUAL = frozenset(f"{name}|" for name in ("PID", "PV1", "ORC", "OBR", "OBX", "NTE", "ZDS"))


def _are_usual(lines: list[str]) -> bool:
    """Whether an MSH and whole segments after it are all there is: then nothing has to be mended,
    and no line is looked at twice."""
    begins = map(_FOUR, lines)
    return next(begins, "") == "MSH|" and len(lines) > 1 and _USUAL.issuperset(begins)


def _of_one_message(lines: list[str]) -> list[str]:
    """Raises BadReport where they are none, or more than one."""
    if not lines:
        raise BadReport("no-segments", "The message is empty: send an HL7 message", "100")
    first = lines[0]
    if first[:3] != "MSH" or first == "MSH":
        raise BadReport(
            "no-msh", "The message does not begin with MSH: send it first", "100", "MSH"
        )
    if [line[:3] for line in lines].count("MSH") > 1:
        detail = "There is more than one MSH: send each message in a frame of its own"
        raise BadReport("several-messages", detail, "100", "MSH^2")
    return lines


def wire_of(lines: list[str], charset: str, text: str) -> Wire:
    """The lines, read by the delimiters of the first: an MSH of at least four characters."""
    separator = lines[0][3]
    header = fields_of(lines[0], separator)
    header.insert(1, separator)
    marks = marks_of(separator, header[2], charset)
    upper = text.upper()
    return Wire(
        header=header,
        lines=lines,
        marks=marks,
        escaped=text.find(marks.escape, len("MSH|") + len(header[2])) >= 0,
        radlex="RID" in upper,
        addenda="ADDEND" in upper,
        markup="{" in text or "<" in text,
    )


def salvaged(data: bytes) -> tuple[Wire, bool]:
    """Whatever lines there are in bytes that cannot be used, and whether an MSH governs them."""
    text = unmarked(data).decode("latin-1").replace("\0", "")
    lines = re.split(r"[\r\n\v\f\x1c]+", text)
    starts = [number for number, line in enumerate(lines) if line[:3] == "MSH" and line[3:].strip()]
    if len(starts) == 1:
        rest = lines[starts[0] :]
        return wire_of(_mended([_named(line, rest[0][3]) for line in rest]), "latin-1", text), True
    return wire_of(["MSH|^~\\&", *lines], "latin-1", text), False


def _segments(lines: list[str]) -> list[str]:
    """The segments of a text that was cut at its line ends; blank ones are left out."""
    separator = lines[0].lstrip(BLANK)[3:4] if lines else ""
    if len(lines) < 2:  # noqa: PLR2004 - a message has more than its header
        lines = _of_one_line("\r".join(lines))
    begins = set(map(_FOUR, lines))
    if not "".join(begins).isupper():
        lines = [_named(line, separator) for line in lines]
        begins = set(map(_FOUR, lines))
    cut_as_they_are = separator and {four[3:] for four in begins} == {separator}
    if cut_as_they_are and all(map(_NAME.match, begins)):
        return lines
    return _mended(lines)


_SEGMENT = "P(?:ID|D1|V[12])|OR[CO]|OB[RX]|NTE|NK1|AL1|DG1|EVN|SFT|UAC|TQ[12]|SPM|Z[A-Z\\d]{2}"
_ODD_ENDS = (
    r"\\r\\n|\\[rn]|[<\[{](?:CR|LF|0x0[AD])[>\]}](?:[<\[{](?:LF|0x0A)[>\]}])?|"
    "[ \t\v\f\x1c\x1e\x85\u2028\u2029]"
)


# With what stands in its first field: "GROSSE POINTE|" begins no NTE.
_JOINED = "(?=(?:PID|PV1|OBR|OBX|NTE){mark}\\d{{0,4}}{mark}|ORC{mark}[A-Z]{{2}}{mark})"


def _of_one_line(text: str) -> list[str]:
    """A message without any line end: some programs show or log them so, and it is put into a file
    as it was shown, or without them. They stand where a segment begins."""
    mark = re.escape(text.strip()[3:4] or "|")
    found = re.split(rf"(?:{_ODD_ENDS})(?=(?:{_SEGMENT}){mark})", text, flags=re.IGNORECASE)
    if len(found) == 1:
        found = re.split(_JOINED.format(mark=mark), text)
    return [line for line in found if line.strip()]


def _named(line: str, separator: str) -> str:
    """A segment's name in capitals, also where its sender writes it otherwise."""
    start = len(line) - len(line.lstrip())
    name = line[start : start + 3]
    is_one = line[start + 3 : start + 4] == separator and _NAME.fullmatch(name)
    return f"{name.upper()}{line[start + 3 :]}" if is_one and not name.isupper() else line


_NAME = re.compile(f"MSH|{_SEGMENT}", re.IGNORECASE)
_OTHERS = re.compile(
    "MS[HA]|ERR|PRT|ROL|GT1|IN[1-3]|ACC|UB[12]|PR1|FT1|CT[DI]|DSC|ADD|TXA|MRG|OH[1-4]|GS[PRC]|ARV|"
    "DB1|IAM|PDA|CON|REL|BLG|IPC|DEV|SAC|RX[A-Z]|QR[DF]|QA[KR]|QPD"
)
"""Segments that may stand behind an OBX, besides those of _SEGMENT."""


def _mended(lines: list[str]) -> list[str]:
    """Blank lines dropped, and the lines of a field that has line ends inside put together."""
    whole: list[list[str]] = []  # joined at the end: a document may have 100,000 lines
    separator, fields = "", 0
    for line in lines:
        bare = line.strip(BLANK)
        if not bare:
            continue
        separator = separator or bare[3:4]
        begins = looks = not whole or bare[3:4] in {"", separator}
        if begins and whole and fields < _STATUS and whole[-1][0][:3] == "OBX":
            begins = _is_segment(bare, separator)
        if begins:
            whole.append([bare])
            fields = 0
        else:
            whole[-1].append(line)
        fields += bare.count(separator) if begins or not looks else 0  # those of a table are none
    return ["\n".join(parts) for parts in whole]


_STATUS = 11
"""The field of an OBX that has its status: before it its text may go on."""


def _is_segment(line: str, mark: str) -> bool:
    """Whether it is one, and no line of a text like "NTE|1 cm cyst": an NTE or OBX has its number
    first, or none, an OBX else the type of its value. One of a name that HL7 does not have is the
    first of its kind: "LAD|120" is of a table, and of text nothing is lost."""
    name, *fields = line.split(mark, 3)
    first, second = (*fields, "", "")[:2]
    if not (_NAME.fullmatch(name) or _OTHERS.fullmatch(name)):
        return first == "1" and len(fields) > 1
    if name == "OBX" and (first[:1].isdecimal() or _VALUE_TYPE.fullmatch(second)):
        return True
    numbered = not first or (first.isdecimal() and len(first) <= _LONGEST_SET_ID)
    return numbered or name not in {"NTE", "OBX"}


_LONGEST_SET_ID = 4
_VALUE_TYPE = re.compile("[A-Z]{2,3}")
