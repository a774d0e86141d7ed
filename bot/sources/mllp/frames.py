"""MLLP framing (HL7 Minimal Lower Layer Protocol, release 1): chunks in, frames out. No I/O.

VT begins a frame and FS CR ends it. Real senders leave out the CR, or the VT before MSH; and some
have either byte in the text. Only a VT before MSH begins a frame anew, and an FS without CR ends
one where the next frame follows, or nothing (see ``undecided``).
"""

import hashlib
import re
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

from bot.sources.hl7.batch import split
from bot.sources.oversize import KEPT, Passing

VT, FS, CR = b"\x0b", b"\x1c", b"\r"
_LINE_ENDS = frozenset(CR + b"\n")
_BLANKS = b" \t\n"
_NEXT = re.compile(rb"\x0b|MSH[^\w\s]")
_SEGMENT = re.compile(rb"[A-Z][A-Z0-9]{2}[^\w\s]")
_NAME = 4
"""Bytes of a segment's name and the separator behind it."""
_HEADER = 1024
"""Bytes in which the header of the next message stands, and a batch's before it."""


class Ending(Enum):
    """How a frame ended: with FS, not at all, or beyond the limit."""

    WHOLE = "whole"
    CUT_OFF = "cut-off"
    TOO_LARGE = "too-large"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood between VT and FS. ``size`` and ``digest`` (SHA-256) are of all of it; ``tail`` is
    what is known of what stood behind ``data``, see oversize. ``more`` of the same frame follows:
    it has one answer, to all of it."""

    data: bytes
    ending: Ending
    size: int
    digest: str
    tail: bytes = b""
    more: bool = False


def frame(data: bytes) -> bytes:
    """The message in its frame, ready to be written."""
    return VT + data + FS + CR


class Framer:
    """Feed it whatever arrived; it returns the frames that are complete.

    ``stray`` counts bytes outside of frames (line ends do not count). ``limit`` is in bytes, of a
    message: a frame that is longer because there are several in it comes out message by message.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._kept = limit, min(limit, KEPT)
        self._buffer = bytearray()
        self._searched = 0
        self._begun = False
        self._over: Passing | None = None
        self._several = False
        self.stray = 0

    @property
    def begun(self) -> bool:
        """A frame has begun whose end has not come: the sender owes us bytes."""
        return self._begun

    @property
    def undecided(self) -> bool:
        """All that came last is an FS: the end of a frame whose sender leaves out the CR, or a byte
        of the text whose rest is on its way. If nothing follows, call ``settle``."""
        at = self._searched
        return self._begun and self._buffer[at : at + 1] == FS

    def settle(self) -> list[Frame]:
        """Nothing followed: the FS that came last ended the frame."""
        return self._end_at(self._searched) if self.undecided else []

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that this chunk completes, in order."""
        self._buffer += chunk
        frames: list[Frame] = []
        while self._step(frames):
            pass
        return frames

    def close(self) -> list[Frame]:
        """No more will come: what was begun is cut off. A new frame may follow."""
        settled = self.settle()
        if not self._begun:
            self._skip(len(self._buffer))
            return settled
        self._searched = len(self._buffer)
        return [*self._complete(at_end=True), *self._finish(bytes(self._buffer), Ending.CUT_OFF)]

    def _step(self, frames: list[Frame]) -> bool:
        if not self._begun:
            return self._begin(frames)
        end = self._end()
        if end < 0:
            frames += self._hold_limit()
            return False
        frames += self._end_at(end)
        return True

    def _end(self) -> int:
        """Where the frame ends; -1 where that has not come, or cannot be told yet."""
        at = self._buffer.find(FS, self._searched)
        while at >= 0:
            ends = _ends(self._buffer, at)
            if ends is None:
                break
            if ends:
                return at
            at = self._buffer.find(FS, at + 1)
        self._searched = at if at >= 0 else len(self._buffer)
        return -1

    def _end_at(self, end: int) -> list[Frame]:
        self._searched = end
        before = self._complete(at_end=True)
        data = bytes(self._buffer[: self._searched])
        del self._buffer[: self._searched + 1]
        return [*before, *self._finish(data, Ending.WHOLE)]

    def _begin(self, frames: list[Frame]) -> bool:
        """Drop what is stray up to the next VT, or MSH where a sender left the VT out.

        What ends as a frame does is the rest of one that had its end in its text: that is kept.
        """
        end = self._buffer.find(FS)
        # Behind an FS nobody looks: a sender of nothing else would hold up everybody.
        before = end if end >= 0 else len(self._buffer)
        places = {mark: self._buffer.find(mark, 0, before) for mark in (VT, b"MSH")} | {FS: end}
        found = [mark for mark, place in places.items() if place >= 0]
        if not found:
            self._skip(len(self._buffer) - KEPT)
            return False
        mark = min(found, key=places.__getitem__)
        if mark == FS:
            frames += self._rest(places[FS])
            return True
        self._skip(places[mark])
        del self._buffer[: mark == VT]
        self._begun, self._searched = True, 0
        return True

    def _rest(self, end: int) -> list[Frame]:
        self._skip(end - KEPT)
        data = bytes(self._buffer[: min(end, KEPT)])
        del self._buffer[: len(data) + 1]
        return [_frame(data, Ending.CUT_OFF)] if data.strip() else []

    def _skip(self, count: int) -> None:
        if count <= 0:
            return
        dropped = self._buffer[:count]
        self.stray += len(dropped) - dropped.count(CR) - dropped.count(b"\n")
        del self._buffer[:count]

    def _hold_limit(self) -> list[Frame]:
        if self._over is None and self._searched <= self._limit:
            return []
        frames = self._complete()
        # In the last line the header of another message may have begun.
        if self._over is None and self._searched > self._limit + _HEADER:
            self._over = Passing(self._kept)
        if self._over is not None:
            passed = max(self._searched - _HEADER, 0)
            self._over.add(self._buffer[:passed])
            del self._buffer[:passed]
            self._searched -= passed
        return frames

    def _complete(self, *, at_end: bool = False) -> list[Frame]:
        """Over the limit: the messages behind which another one has begun. What is left is the
        last one; a header tells itself by a whole line."""
        if not (self._several or self._over or self._searched > self._limit):
            return []
        held = bytes(self._buffer[: self._searched])
        lines = len(held) if at_end else max(held.rfind(CR), held.rfind(b"\n")) + 1
        parts = split(held[:lines], begun=self._over is not None)
        self._several |= len(parts) > 1
        passed = sum(map(len, parts[:-1]))
        del self._buffer[:passed]
        self._searched -= passed
        found = (one for data, then in pairwise(parts) for one in self._frames(data, _ending(then)))
        return [replace(one, more=one.ending is not Ending.CUT_OFF) for one in found]

    def _finish(self, data: bytes, ending: Ending) -> list[Frame]:
        self._begun, self._searched, self._several = False, 0, False
        if ending is Ending.CUT_OFF:
            self._buffer.clear()
        return self._frames(data, ending)

    def _frames(self, data: bytes, ending: Ending) -> list[Frame]:
        over, self._over = self._over, None
        if over is None and len(data) > self._limit:
            over = Passing(self._kept)
        if over is not None:
            over.add(data)
            return [Frame(over.head, Ending.TOO_LARGE, over.size, over.digest, over.tail)]
        *broken_off, last = data.split(VT + b"MSH")
        if not broken_off:
            return [_frame(last, ending)]
        first, *others = broken_off
        begun = [first, *(b"MSH" + other for other in others)]
        cut = [_frame(part, Ending.CUT_OFF) for part in begun if part.strip()]
        return [*cut, _frame(b"MSH" + last, ending)]


def _ending(then: bytes) -> Ending:
    """Of what stands before it in the same frame: a VT says that the sender began anew there."""
    return Ending.CUT_OFF if then.lstrip(_BLANKS)[:1] == VT else Ending.WHOLE


def _frame(data: bytes, ending: Ending) -> Frame:
    return Frame(data, ending, len(data), hashlib.sha256(data).hexdigest())


def _ends(buffer: bytearray, at: int) -> bool | None:
    """Whether the FS there ends the frame; None where what follows has not come yet."""
    after = bytes(buffer[at + 1 : at + 1 + KEPT])
    if after[:1] == CR:
        return True
    following = after.lstrip(_BLANKS)
    if _NEXT.match(following):
        return True
    if len(following) < _NAME:
        return None
    at_line_start = at > 0 and buffer[at - 1] in _LINE_ENDS
    return at_line_start and not _SEGMENT.match(following)
