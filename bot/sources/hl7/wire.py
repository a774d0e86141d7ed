"""HL7 v2 as it is on the wire: charset, delimiters, segments.

Tolerant where real senders are: segments end in CR, LF or CRLF, blank ones are skipped, a line
that is no segment continues the field before it, MSH-2 may have fewer or more characters than
four (HL7 v2.5.1 section 2.5). Nothing in here knows what a field means.
"""

import html
import re
from dataclasses import dataclass

from bot.sources.hl7 import charsets
from bot.sources.hl7.batch import ENVELOPE
from bot.sources.hl7.charsets import Undecodable, unmarked
from bot.sources.hl7.marks import Marks, fields_of, marks_of
from bot.sources.hl7.segments import FOUR, mended, named, segments_in
from bot.sources.hl7.shown import MAY_END, from_header, has_segments, without_written_ends
from bot.sources.hl7.z_segments import by_their_orders
from bot.sources.refused import BadReport

# It may have other separators than the message within.
_ENVELOPE = re.compile(r"[ \t\v\f\x1c\ufeff]*(?:FHS|BHS|BTS|FTS)(?:[^\w\s]|\s*\Z)")


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
        lines = _of_one_message(segments_in(lines))
    if not usual or "\rZ" in ended:
        lines = by_their_orders(lines)
    return wire_of(lines, charset, text)


_HEAD = 16
"""Characters in which MSH-2 stands."""
_USUAL = frozenset(f"{name}|" for name in ("PID", "PV1", "ORC", "OBR", "OBX", "NTE", "ZDS"))
_WHOLE = re.compile(r"(?:PD1|PV2|EVN|NK1|AL1|DG1|SFT|TQ1|SPM|Z[A-Z\d]{2})\|")


def _are_usual(lines: list[str]) -> bool:
    """Whether an MSH and whole segments after it are all there is: then nothing has to be mended,
    and no line is looked at twice."""
    begins = map(FOUR, lines)
    if next(begins, "") != "MSH|" or len(lines) == 1:
        return False
    return _USUAL.issuperset(begins) or all(map(_WHOLE.match, set(map(FOUR, lines[1:])) - _USUAL))


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
        above = [line for line in lines[: starts[0]] if not _ENVELOPE.match(line)]
        if has_segments(above):  # the end of another message, which may be flagged
            rest = [rest[0], *above, *rest]
        return wire_of(mended([named(line, rest[0][3]) for line in rest]), "latin-1", text), True
    return wire_of(["MSH|^~\\&", *lines], "latin-1", text), False
