"""Where a segment begins: lines that are none go on in the field before them.

Programs that show, log or wrap messages break them at will; a text may have a line like "NTE|1 cm".
"""

import re
from operator import itemgetter

from bot.sources.hl7.shown import BLANK

FOUR = itemgetter(slice(4))
"""The name of a segment, and what separates its fields."""


def segments_in(lines: list[str]) -> list[str]:
    """The segments of a text that was cut at its line ends; blank ones are left out."""
    separator = lines[0].lstrip(BLANK)[3:4] if lines else ""
    if len(lines) < 2:  # noqa: PLR2004 - a message has more than its header
        lines = _of_one_line("\r".join(lines))
    begins = set(map(FOUR, lines))
    if not "".join(begins).isupper():
        lines = [named(line, separator) for line in lines]
        begins = set(map(FOUR, lines))
    cut_as_they_are = separator and {four[3:] for four in begins} == {separator}
    if cut_as_they_are and all(map(_NAME.match, begins)):
        return lines
    return mended(lines)


_SEGMENT = "P(?:ID|D1|V[12])|OR[CO]|OB[RX]|NTE|NK1|AL1|DG1|EVN|SFT|UAC|TQ[12]|SPM|Z[A-Z\\d]{2}"
_BEHIND = (
    "MS[HA]|ERR|PRT|ROL|GT1|IN[1-3]|ACC|UB[12]|PR1|FT1|CT[DI]|DSC|ADD|TXA|MRG|OH[1-4]|GS[PRC]|ARV|"
    "DB1|IAM|PDA|CON|REL|BLG|IPC|DEV|SAC|RX[A-Z]|QR[DF]|QA[KR]|QPD"
)
"""Segments that may stand behind an OBX, besides those of _SEGMENT."""
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
    found = re.split(
        rf"(?:{_ODD_ENDS})(?=(?:{_SEGMENT}|{_BEHIND}){mark})", text, flags=re.IGNORECASE
    )
    if len(found) == 1:
        found = re.split(_JOINED.format(mark=mark), text)
    return [line for line in found if line.strip()]


def named(line: str, separator: str) -> str:
    """A segment's name in capitals, also where its sender writes it otherwise."""
    start = len(line) - len(line.lstrip())
    name = line[start : start + 3]
    is_one = line[start + 3 : start + 4] == separator and _NAME.fullmatch(name)
    return f"{name.upper()}{line[start + 3 :]}" if is_one and not name.isupper() else line


_NAME = re.compile(f"MSH|{_SEGMENT}", re.IGNORECASE)
_OTHERS = re.compile(_BEHIND)


def mended(lines: list[str]) -> list[str]:
    """Blank lines dropped, and the lines of a field that has line ends inside put together."""
    whole: list[list[str]] = []  # joined at the end: a document may have 100,000 lines
    separator, fields = "", 0  # of the segment that is being put together
    for line in lines:
        bare = line.strip(BLANK)
        if not bare:
            continue
        separator = separator or bare[3:4]
        looks = not whole or bare[3:4] in {"", separator}
        in_text = bool(whole) and whole[-1][0][:3] == "OBX" and fields < _STATUS
        if looks and (not in_text or _is_segment(bare, separator)):
            whole.append([bare])
            fields = bare.count(separator)
        else:
            whole[-1].append(line)
            fields += 0 if looks else bare.count(separator)  # those of a table are none
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
