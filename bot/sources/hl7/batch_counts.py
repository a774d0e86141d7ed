"""What a batch says of itself: how many messages it has (BTS-1), how many batches a file (FTS-1),
and where it ends (HL7 v2.5.1, 2.10.3).

One that was cut between two messages looks whole but for that. What is there is read all the same:
the rest has to be asked for, and so somebody has to be told.
"""

import re
from collections.abc import Iterable, Iterator

_MOST = 4096
"""Bytes at either end of a message in which what stands around a batch is looked for."""
_AROUND = re.compile(rb"(?:\A|(?<=[\r\n]))[ \t]*(FHS|BHS|BTS|FTS)(?:[^\w\s][ \t]*(\d{0,9}))?")
_END = re.compile(rb"(?:[\r\n\x1c]+[ \t]*(?:FHS|BHS|BTS|FTS)(?:[^\w\s][^\r\n]*)?)+[\s\x1c]*\Z")


def lacking(pieces: Iterable[bytes]) -> str:
    """Why this batch is not whole, for its reader and its sender; empty where it says nothing else.
    ``pieces`` are its messages with what stands around them, as hl7.batch cuts them."""
    messages, batches = 0, 0
    within = ended = False
    for name, told in _told(pieces):
        ended = name in {b"BTS", b"FTS"}
        within = within or name in {b"FHS", b"BHS"}
        messages += name == b"MSH"
        batches += name == b"BHS"
        if name == b"BHS":
            messages = 0
        if name == b"BTS" and told and int(told) != messages:
            return f"BTS-1 says that it has {int(told)} messages, and {messages} are there"
        if name == b"FTS" and told and batches and int(told) != batches:
            return f"FTS-1 says that it has {int(told)} batches, and {batches} are there"
    return "its end is missing, a BTS or FTS" if within and not ended else ""


def _told(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Each segment around messages with its first field, and MSH for each message."""
    for piece in pieces:
        begins = piece.find(b"MSH", 0, _MOST)
        if begins < 0:
            yield from _around(piece[:_MOST])
            continue
        yield from _around(piece[:begins])
        yield b"MSH", b""
        end = _END.search(piece[-_MOST:])
        if end:
            yield from _around(end[0])


def _around(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    return ((found[1], found[2] or b"") for found in _AROUND.finditer(data))
