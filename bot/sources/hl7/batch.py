"""Several messages in one frame or file: where each begins. Bytes in, the same bytes out, cut.

A batch (HL7 v2.5.1, 2.10.3) has FHS and BHS before its messages and BTS and FTS after them; others
write one message after the other, some without a line end between them. Envelopes stay with the
message beside them, so that the pieces put together are what was received.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

ENVELOPE = frozenset({"FHS", "BHS", "BTS", "FTS"})

# An MSH counts where a line begins and its delimiters follow: a line of prose may begin so, too.
_BEGINS = re.compile(
    rb"(?:(?<=[\r\n\x1c])|\A)(?:\xef\xbb\xbf)?+[ \t\x0b\x0c]*+"
    rb"(?:(?:FHS|BHS)[^\w\s][^\r\n]*+\s++)*+"
    rb"MSH([^\w\s])[^\w\s]{1,5}(?:\1|[\r\n]|\Z)"
)
# Without a line end before it a whole header has to follow, up to the type in MSH-9, and no blank
# may stand before it: a note may quote one.
_RUNS_ON = re.compile(
    rb"(?<=[^\s\x0b\x1c])(?<!\xef\xbb\xbf)MSH([^\w\s])[^\w\s]{2,5}\1(?:(?:(?!\1)[^\r\n])*+\1){6}[A-Z]{3}(?!\w)"
)


_NAMES = (b"MSH", b"FHS", b"BHS")
_BLANK, _BOM = b" \t\x0b\x0c", b"\xef\xbb\xbf"
_WINDOW = 1024 * 1024
"""Bytes. A search goes on in C and lets no other thread run meanwhile: in a file of 70 MB the
pages of the whole site waited for one."""


def split(data: bytes, *, begun: bool = False) -> tuple[bytes, ...]:
    """The messages, each as received; joined they are ``data``. One where nothing can be cut.

    ``begun``: the first one has begun before ``data``.
    """
    if data.count(b"MSH") < 2 - begun:  # the usual case is spared the search
        return _of_utf_16(data) if is_utf_16(data) else (data,)
    starts = sorted({*_begins(data), *_runs_on(data)})
    starts = [start for start in starts if start] if begun else starts[1:]
    ends = [*starts, len(data)]
    return tuple(data[a:b] for a, b in zip([0, *starts], ends, strict=True))


_MARKED = 4
"""Bytes of a byte order mark and a letter; one of them is a NUL where the text is UTF-16."""
_HIGH_BYTE_FIRST = (b"\xfe\xff", b"\0")


def is_utf_16(data: bytes) -> bool:
    """Whether it begins as such a text does, with a mark or without."""
    return b"\0" in data[:_MARKED]


def _of_utf_16(data: bytes) -> tuple[bytes, ...]:
    codec = "utf-16-be" if data.startswith(_HIGH_BYTE_FIRST) else "utf-16-le"
    with suppress(UnicodeError):
        parts = split(data.decode(codec).encode())
        return tuple(part.decode().encode(codec) for part in parts)
    return (data,)


def _begins(data: bytes) -> Iterator[int]:
    """Where _BEGINS matches. It is tried only where one of the names stands first in a line."""
    done = 0
    for place in sorted(place for name in _NAMES for place in _places(data, name)):
        match = _BEGINS.match(data, _line_of(data, place)) if place >= done else None
        if match:
            done = match.end()
            yield match.start()


def _line_of(data: bytes, place: int) -> int:
    """The beginning of the line where nothing but blanks stands before ``place``."""
    while place and data[place - 1] in _BLANK:
        place -= 1
    return place - len(_BOM) if data.endswith(_BOM, 0, place) else place


def _runs_on(data: bytes) -> Iterator[int]:
    """Where _RUNS_ON matches; within a header that was found no other one begins."""
    done = 0
    for place in _places(data, b"MSH"):
        match = _RUNS_ON.match(data, place) if place >= done else None
        if match:
            done = match.end()
            yield place


def _places(data: bytes, name: bytes) -> Iterator[int]:
    for begin in range(0, len(data), _WINDOW):
        end = begin + _WINDOW + len(name) - 1
        place = data.find(name, begin, end)
        while place >= 0:
            yield place
            place = data.find(name, place + 1, end)


def is_envelope(data: bytes) -> bool:
    """Whether there is nothing in it but the segments around a batch."""
    lines = data.replace(b"\n", b"\r").split(b"\r")
    kinds = {line.strip()[:3].decode("latin-1") for line in lines} - {""}
    return bool(kinds) and kinds <= ENVELOPE


_ABOVE = re.compile(rb"(?:\A|[\r\n\x1c])[ \0\t\x0b\x0c]*(?=MSH[^\w\s])", re.IGNORECASE)


def from_header(data: bytes) -> bytes:
    """From MSH on, where a batch's header or anything else stands before it; else unchanged."""
    if data[:3] == b"MSH":
        return data
    begins = _ABOVE.search(data, 0, _WINDOW)
    return data[begins.end() :] if begins else data
