"""A message as it was logged, shown or written down for others: lines above it that are none of it,
and line ends that are written out before the real ones ("<cr>"), as in HL7's own examples."""

import re

BLANK = " \t\v\f\x1c\ufeff"
"""Around a segment it is nothing."""
_MOST_ABOVE = 50
_HEADER = re.compile(r"MSH([^\w\s])", re.IGNORECASE)
_SEGMENT = re.compile(r"[A-Z][A-Z\d]{2}([^\w\s])")

MAY_END = frozenset(">]}rnRN¶↵ \t")
"""With one of these ends a line that ends in one."""
_WRITTEN_OUT = re.compile(
    r"(?:\s*(?:\\[rn]|[<\[{](?:CR|LF|CRLF|R|0x0[AD])[>\]}]|[¶↵]))+\s*\Z", re.IGNORECASE
)
_LONGEST = 24


def from_header(lines: list[str]) -> list[str]:
    """Without the lines above the header. A segment above it is of another message, whose beginning
    is missing: then all of them stay."""
    for number, line in enumerate(lines[:_MOST_ABOVE]):
        bare = line.lstrip(BLANK)
        if _HEADER.match(bare):
            return lines[number:]
        if _SEGMENT.match(bare):
            break
    return lines


def has_segments(lines: list[str]) -> bool:
    """Whether these lines above a header are of another message."""
    return any(_SEGMENT.match(line.lstrip(BLANK)) for line in lines)


def without_written_ends(lines: list[str]) -> list[str]:
    """The lines as they are meant, if the first one has such an end: else it is text."""
    if not _end_of(lines[0]):
        return lines
    return [line[: end.start()] if (end := _end_of(line)) else line for line in lines]


def _end_of(line: str) -> re.Match[str] | None:
    return _WRITTEN_OUT.search(line, max(0, len(line) - _LONGEST))
