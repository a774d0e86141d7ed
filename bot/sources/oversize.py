"""What is over the limit, while it passes by: its beginning, its size and hash, and what stands
behind the beginning without the giant in it. No I/O; memory stays bounded.

A report with a document in it (an OBX of type ED) may have its flag behind the document.
"""

import hashlib
import re

from bot.domain.message import TOO_LARGE
from bot.sources.refused import BadReport

KEPT = 64 * 1024
"""Bytes kept of the beginning, and of the tail: room for some hundred segments, and as many senders
as connect cost no more than twice that each."""
LONGEST_SEGMENT = 4 * 1024
"""Bytes kept of one segment of the tail: flags and order numbers take some hundred, a paragraph of
an impression a thousand or two. What is longer carries a document."""

_NAME = re.compile(rb"[A-Z][A-Z0-9]{2}")
_NAME_LENGTH = 3
_SEGMENT = re.compile(rb"(?:^|[\r\n])([A-Z][A-Z0-9]{2})[^\w\s]")


def too_large_for(limit: int) -> BadReport:
    """What is said of it. ``limit`` is in bytes."""
    detail = (
        f"It is larger than {limit} bytes, and only the first 64 KB were kept: send it again, "
        "smaller (documents by reference), or raise the limit (max_message_bytes, max_file_bytes)"
    )
    return BadReport(TOO_LARGE, detail, "207")


class Passing:
    """Everything is added to it, in any chunks. ``kept`` is in bytes."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept, self._head = kept, bytearray()
        self._hash = hashlib.sha256()
        self._tail: _Tail | None = None
        self.size = 0

    def add(self, data: bytes | bytearray) -> None:
        """What came next."""
        self._hash.update(data)
        self.size += len(data)
        room = self._kept - len(self._head)
        self._head += data[:room]
        if len(data) > room:
            if self._tail is None:
                self._tail = _Tail(self.head)
            self._tail.add(memoryview(data)[room:])

    @property
    def head(self) -> bytes:
        """The beginning."""
        return bytes(self._head)

    @property
    def digest(self) -> str:
        """SHA-256 of everything."""
        return self._hash.hexdigest()

    @property
    def tail(self) -> bytes:
        """The segments from the beginning's last on, each without the fields that do not fit."""
        return self._tail.so_far() if self._tail else b""


def together(head: bytes, tail: bytes) -> bytes:
    """The text in which to look for flags and numbers: each segment whole where that is known.

    Half a number at the end of the head would be another order's.
    """
    if not tail:
        return head
    last = _last_segment(head)
    if len(head) - last > LONGEST_SEGMENT:
        return head + b"\r" + tail  # what a giant begins with may have a macro in it
    return head[:last] + tail


def _last_segment(head: bytes) -> int:
    """Where it begins; the end where there is none but the header, which stays in the head."""
    found = [one.start(1) for one in _SEGMENT.finditer(head) if one[1] != b"MSH"]
    return found[-1] if found else len(head)


class _Tail:
    """A segment begins at a name with a separator behind it; a line that does not begin so, as of a
    document broken into lines, goes on with the field before it."""

    def __init__(self, head: bytes) -> None:
        found = re.search(rb"MSH([^\w\s])", head)
        mark = found[1] if found else b"|"
        self._ends = re.compile(b"[\r\n" + re.escape(mark) + b"]")
        self._kept, self._segment = bytearray(), bytearray()
        # Of the field only so much is held as may be kept, and the name that may follow it.
        self._field, self._size = bytearray(), 0
        last = _last_segment(head)
        # The line up to its first separator, as far as it may be the name of a segment.
        self._line: bytearray | None = bytearray() if last < len(head) else None
        self.add(memoryview(head)[last:])

    def add(self, data: memoryview) -> None:
        start = 0
        for end in self._ends.finditer(data):
            # None fits any more, and short fields take a minute for each 100 MB.
            if self._is_full():
                return
            self._grow(data[start : end.start()])
            if end[0] in b"\r\n":
                self._end_line(end[0])
            else:
                self._end_field(end[0])
            start = end.end()
        self._grow(data[start:])

    def so_far(self) -> bytes:
        """What is kept, with the segment that has not ended."""
        return bytes(self._kept) + self._fitting(self._finished())

    def _grow(self, part: memoryview | bytes) -> None:
        self._size += len(part)
        self._field += part[: LONGEST_SEGMENT + _NAME_LENGTH - len(self._field)]
        if self._line is not None:
            self._line += part[: _NAME_LENGTH + 1 - len(self._line)]

    def _end_line(self, end: bytes) -> None:
        self._line = None
        self._grow(end)
        self._line = bytearray()

    def _end_field(self, mark: bytes) -> None:
        if self._line is not None and _NAME.fullmatch(self._line):
            self._size -= _NAME_LENGTH
            self._kept += self._fitting(self._finished())
            self._segment = self._line + mark
        else:
            self._segment = self._with_field()
            self._segment += mark[: LONGEST_SEGMENT - len(self._segment)]
        self._field, self._size, self._line = bytearray(), 0, None

    def _with_field(self) -> bytearray:
        """A field that does not fit leaves its place empty: those behind it keep theirs."""
        fits = len(self._segment) + self._size <= LONGEST_SEGMENT
        return self._segment + self._field[: self._size] if fits else self._segment

    def _finished(self) -> bytes:
        return bytes(self._with_field()).strip(b"\r\n")

    def _fitting(self, segment: bytes) -> bytes:
        return segment + b"\r" if segment and not self._is_full() else b""

    def _is_full(self) -> bool:
        """Whether a segment of any length need not fit any more."""
        return len(self._kept) >= KEPT - LONGEST_SEGMENT
