"""Reads PDFs in a process of its own, because only a process can be ended: a PDF of some kilobytes
can be made so that its text takes hours, and a thread would run on with it for ever.
"""

import atexit
import hashlib
import os
import selectors
import struct
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from contextlib import suppress

# Here and not with the reader: that imports pypdf, and the bot would start later for it.
HEAD = struct.Struct("!I")
_MOST_REMEMBERED = 1_000
_START_SECONDS = 60.0
"""For a machine that is busy with a thousand other things; a start takes a fifth of one."""


class TooSlow(Exception):
    """The time was over first."""


class PdfProcess:
    """The process, started with the first PDF and anew after one that had to be ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        # A sender that has waited too long for its answer sends the same once more.
        self._slow: OrderedDict[bytes, None] = OrderedDict()

    def words_of(self, data: bytes, seconds: float) -> tuple[str, float]:
        """The text of it, empty where it has none, or breaks its reader, and the seconds that it
        took, without those in which others were read. Raises TooSlow, also for one that was so
        before."""
        digest = hashlib.sha256(data).digest()
        with self._lock:
            if digest in self._slow:
                raise TooSlow
            began = None
            try:
                running = self._running or self._start()
                began = time.monotonic()
                words = _asked(running, data, began + seconds)
                return words, time.monotonic() - began
            except TooSlow:
                if began:  # else it was the process that was slow, and not this document
                    self._remember(digest)
                self.stop()
                raise
            except OSError:  # it has died of the document, or was killed
                self.stop()
                return "", 0.0

    def _start(self) -> subprocess.Popen[bytes]:
        """Ready to be asked: it answers nothing with nothing as soon as it is."""
        running = self._running = subprocess.Popen(
            [sys.executable, "-P", "-m", "bot.sources.pdf_words"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what it would say of a broken file can quote it
        )
        _asked(running, b"", time.monotonic() + _START_SECONDS)
        return running

    def stop(self) -> None:
        """End the process. The next PDF starts another one."""
        running, self._running = self._running, None
        if running:
            running.kill()
            with suppress(OSError), running:  # half a request may still stand in its pipe
                pass

    def _remember(self, digest: bytes) -> None:
        self._slow[digest] = None
        if len(self._slow) > _MOST_REMEMBERED:
            self._slow.popitem(last=False)


def _asked(running: subprocess.Popen[bytes], data: bytes, until: float) -> str:
    if running.stdin is None or running.stdout is None:
        raise RuntimeError("the process was started without pipes")
    _write(running.stdin.fileno(), HEAD.pack(len(data)) + data, until)
    answers = running.stdout.fileno()
    (size,) = HEAD.unpack(_read(answers, HEAD.size, until))
    return _read(answers, size, until).decode("utf-8", "surrogatepass")


def _write(pipe: int, data: bytes, until: float) -> None:
    """All of it, though a pipe takes little at a time. Raises TooSlow, and OSError."""
    os.set_blocking(pipe, False)
    left = memoryview(data)
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_WRITE)
        while left:
            if not ready.select(max(until - time.monotonic(), 0)):
                raise TooSlow
            left = left[os.write(pipe, left) :]


def _read(pipe: int, size: int, until: float) -> bytes:
    """So many bytes. Raises TooSlow, and OSError where no more will come."""
    found = bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while len(found) < size:
            if not ready.select(max(until - time.monotonic(), 0)):
                raise TooSlow
            part = os.read(pipe, size - len(found))
            if not part:
                raise BrokenPipeError
            found += part
    return bytes(found)


PDFS = PdfProcess()
atexit.register(PDFS.stop)
