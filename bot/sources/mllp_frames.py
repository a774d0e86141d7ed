"""MLLP framing (HL7 Minimal Lower Layer Protocol, release 1): chunks in, frames out. No I/O.

VT begins a frame and FS CR ends it. Real senders leave out the CR, or the VT before MSH; and some
put a VT, as a word processor's line break, into the text. Only one before MSH begins a frame anew.
"""

import hashlib
from dataclasses import dataclass
from enum import Enum

from bot.sources.oversize import KEPT, Passing

VT, FS, CR = b"\x0b", b"\x1c", b"\r"


class Ending(Enum):
    """How a frame ended: with FS, not at all, or beyond the limit."""

    WHOLE = "whole"
    CUT_OFF = "cut-off"
    TOO_LARGE = "too-large"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood between VT and FS. ``size`` and ``digest`` (SHA-256) are of all of it; ``tail`` is
    what is known of what stood behind ``data``, see oversize."""

    data: bytes
    ending: Ending
    size: int
    digest: str
    tail: bytes = b""


def frame(data: bytes) -> bytes:
    """The message in its frame, ready to be written."""
    return VT + data + FS + CR


class Framer:
    """Feed it whatever arrived; it returns the frames that are complete.

    ``stray`` counts bytes outside of frames (line ends do not count). ``limit`` is in bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._kept = limit, min(limit, KEPT)
        self._buffer = bytearray()
        self._searched = 0
        self._begun = False
        self._over: Passing | None = None
        self.stray = 0

    @property
    def begun(self) -> bool:
        """A frame has begun whose end has not come: the sender owes us bytes."""
        return self._begun

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that this chunk completes, in order."""
        self._buffer += chunk
        frames: list[Frame] = []
        while self._step(frames):
            pass
        return frames

    def close(self) -> list[Frame]:
        """No more will come: what was begun is cut off. A new frame may follow."""
        if not self._begun:
            self._skip(len(self._buffer))
            return []
        return self._finish(bytes(self._buffer), Ending.CUT_OFF)

    def _step(self, frames: list[Frame]) -> bool:
        if not self._begun:
            return self._begin()
        end = self._buffer.find(FS, self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            self._hold_limit()
            return False
        data = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        frames += self._finish(data, Ending.WHOLE)
        return True

    def _begin(self) -> bool:
        """Drop what is stray up to the next VT, or MSH where a sender left the VT out."""
        begins = self._buffer.find(VT)
        bare = self._buffer.find(b"MSH")
        if bare >= 0 and (begins < 0 or bare < begins):
            self._skip(bare)
        elif begins >= 0:
            self._skip(begins)
            del self._buffer[:1]
        else:
            self._skip(len(self._buffer) - _unfinished(self._buffer))
            return False
        self._begun, self._searched = True, 0
        return True

    def _skip(self, count: int) -> None:
        dropped = self._buffer[:count]
        self.stray += len(dropped) - dropped.count(CR) - dropped.count(b"\n")
        del self._buffer[:count]

    def _hold_limit(self) -> None:
        if self._over is None and len(self._buffer) > self._limit:
            self._over = Passing(self._kept)
        if self._over is not None:
            self._over.add(self._buffer)
            self._buffer.clear()
            self._searched = 0

    def _finish(self, data: bytes, ending: Ending) -> list[Frame]:
        over, self._over = self._over, None
        self._begun, self._searched = False, 0
        if ending is Ending.CUT_OFF:
            self._buffer.clear()
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


def _frame(data: bytes, ending: Ending) -> Frame:
    return Frame(data, ending, len(data), hashlib.sha256(data).hexdigest())


def _unfinished(buffer: bytearray) -> int:
    """How many bytes at the end may be the beginning of MSH."""
    return next((n for n in (2, 1) if buffer.endswith(b"MSH"[:n])), 0)
