"""The words of a PDF; run as a program, of one after the other, for pdf_process.

A request is its length in four bytes, the largest first, and the document; so is the answer.
"""

import io
import logging
import signal
import sys
from contextlib import suppress
from itertools import islice
from typing import BinaryIO

from pypdf import PdfReader

from bot.sources.pdf_process import HEAD

# Its warnings about broken files can quote them.
logging.getLogger("pypdf").propagate = False
logging.getLogger("pypdf").addHandler(logging.NullHandler())

_MOST_PAGES = 200
_MOST_MEMORY = 2 * 1024**3
"""Bytes: some kilobytes can be told to unpack into more than any machine has."""


def words_of(data: bytes) -> str:
    """The text that the PDF holds; a scanned one holds none."""
    if not data:
        return ""
    try:
        pages = islice(PdfReader(io.BytesIO(data)).pages, _MOST_PAGES)
        return "\n".join(page.extract_text() for page in pages).strip()
    except Exception:  # besides its own errors pypdf raises KeyError, TypeError … on broken files
        return ""


def answer(requests: BinaryIO, answers: BinaryIO) -> None:
    """Each request, until there are no more."""
    while len(head := requests.read(HEAD.size)) == HEAD.size:
        (size,) = HEAD.unpack(head)
        words = words_of(requests.read(size)).encode("utf-8", "surrogatepass")
        answers.write(HEAD.pack(len(words)) + words)
        answers.flush()


def _bound_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # where the system knows no such limit
        import resource  # noqa: PLC0415 - not there on every system

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))


if __name__ == "__main__":
    # Ctrl-C reaches the terminal's whole group: our parent ends us when it is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound_memory()
    answer(sys.stdin.buffer, sys.stdout.buffer)
