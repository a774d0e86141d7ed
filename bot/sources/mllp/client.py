"""The sending side of MLLP: plays HL7 files to a listener, one message after the other."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.sources.hl7.batch import ENVELOPE, is_utf_16, split
from bot.sources.hl7.charsets import unmarked
from bot.sources.mllp.frames import Framer, frame

_CHUNK = 64 * 1024
_USER_MESSAGE = 8
_LONGEST_ANSWER = 64 * 1024
CLOSED = "the connection was closed before an answer"


@dataclass(frozen=True, slots=True)
class Played:
    """The answer to one message. ``index`` counts from 1 in its file; ``code`` is MSA-1 and
    ``detail`` ERR-8, which says more than the MSA-3 in ``text``.

    ``code`` is empty where no answer came; then ``text`` says why. ``size`` is the message's, in
    bytes.
    """

    file: Path
    index: int
    size: int
    code: str
    text: str
    detail: str = ""


def messages_in(data: bytes) -> list[bytes]:
    """The messages of a file: one, several, in a batch envelope, in MLLP frames or not.

    A file without any MSH is one message: the receiver will say what is wrong with it. What is
    UTF-16 is sent in UTF-8: half of its letters may look like a frame's or a line's end.
    """
    data = unmarked(data) if is_utf_16(data) else data
    whole = [_bare(piece) for piece in split(data)]
    return [message + b"\r" for message in whole if message] or [data]


def _bare(piece: bytes) -> bytes:
    """Without frame and envelope, and with CR at the end of each segment."""
    text = piece.replace(b"\x0b", b"").replace(b"\x1c", b"\r")
    lines = text.replace(b"\r\n", b"\r").replace(b"\n", b"\r").split(b"\r")
    kept = [line for line in lines if line[:3].decode("latin-1") not in ENVELOPE]
    return b"\r".join(kept).strip()


async def play(
    files: Iterable[Path],
    host: str,
    port: int,
    *,
    patience: float = 30.0,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Played]:
    """Send each message of each file and wait for its answer, ``patience`` seconds at most.

    A connection that is lost is opened anew for the next message. Raises OSError where a file
    cannot be read or nobody listens, of which ssl.SSLError is one.
    """
    connection: _Connection | None = None
    try:
        for file, index, message in _messages(files):
            connection = connection or await _Connection.to(host, port, tls)
            code, text, detail = await connection.send(message, patience)
            if not code:
                await connection.close()
                connection = None
            yield Played(file, index, len(message), code, text, detail)
    finally:
        if connection:
            await connection.close()


async def ask(host: str, port: int, message: bytes, *, patience: float = 30.0) -> str:
    """The whole answer to one message. Raises OSError or TimeoutError where none came."""
    connection = await _Connection.to(host, port)
    try:
        async with asyncio.timeout(patience):
            return (await connection.exchange(message)).decode("latin-1")
    finally:
        await connection.close()


def _messages(files: Iterable[Path]) -> Iterator[tuple[Path, int, bytes]]:
    for file in files:
        for index, message in enumerate(messages_in(file.read_bytes()), 1):
            yield file, index, message


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._framer = Framer(_LONGEST_ANSWER)

    @classmethod
    async def to(cls, host: str, port: int, tls: ssl.SSLContext | None = None) -> "_Connection":
        return cls(*await asyncio.open_connection(host, port, ssl=tls))

    async def send(self, message: bytes, patience: float) -> tuple[str, str, str]:
        """MSA-1, MSA-3 and ERR-8 of the answer; an empty code and the reason where none came."""
        try:
            async with asyncio.timeout(patience):
                return _answer(await self.exchange(message))
        except TimeoutError:
            return "", f"no answer within {patience:g} s", ""
        except ConnectionError:
            return "", CLOSED, ""

    async def exchange(self, message: bytes) -> bytes:
        self._writer.write(frame(message))
        await self._writer.drain()
        return await self._frame()

    async def _frame(self) -> bytes:
        while chunk := await self._reader.read(_CHUNK):
            frames = self._framer.feed(chunk) or self._framer.settle()
            if frames:
                return frames[0].data
        raise ConnectionResetError

    async def close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError, ssl.SSLError):  # closed it is, which was the aim
            await self._writer.wait_closed()


def _answer(ack: bytes) -> tuple[str, str, str]:
    """In the charset that our own listener answers in; in another one a letter is shown wrong."""
    lines = ack.decode("utf-8", "replace").split("\r")
    fields = {line[:3]: line.split(line[3:4] or "|") for line in reversed(lines) if line[:3]}
    if "MSA" not in fields:
        return "", "the answer has no MSA", ""
    _, code, _, text = (*fields["MSA"], "", "", "")[:4]
    told = fields.get("ERR", [])
    return code, text, _unescaped(told[_USER_MESSAGE]) if len(told) > _USER_MESSAGE else ""


def _unescaped(text: str) -> str:
    """The delimiters as they are (HL7 v2.5.1, 2.7.1), where they are the usual ones."""
    for escape, mark in (("F", "|"), ("S", "^"), ("T", "&"), ("R", "~"), ("E", "\\")):
        text = text.replace(f"\\{escape}\\", mark)
    return text
