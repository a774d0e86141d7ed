"""One connection: what its sender says, frame by frame, and what it is answered."""

import asyncio
import select
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf

from bot.log import log
from bot.sources.hl7 import acks
from bot.sources.mllp.frames import Ending, Frame, Framer, frame

CHUNK = 64 * 1024
_UNDECIDED = 0.05
"""Seconds for the CR behind an FS, or for the text that goes on: the rest of one write is there in
less. A sender that leaves the CR out waits so much longer for each answer."""
_HELLO = b"\x16\x03"
"""What TLS begins with: a handshake, of version 3. No frame does."""
LAST_SECONDS = 3.0
"""Given to a frame that is on its way when we stop: half of it would wait for a person, though its
sender is about to send the whole anew."""


class SpeaksTls(Exception):
    """The sender begins a handshake where none is expected. Bytes of it look like a frame's ends,
    and every one would wait for a person as a message that broke off."""


class Arriving(asyncio.StreamReader):
    """What had come before a connection broke is read before its end is told; ``lost`` says why.

    A sender that reads no answers resets its connection as it closes it, and asyncio would forget
    the messages that were not looked at yet.
    """

    lost = ""

    def set_exception(self, exc: BaseException) -> None:
        """The connection broke."""
        self.lost = type(exc).__name__
        self.feed_eof()


@dataclass(eq=False)
class Conversation:
    """``keep`` has what is in a frame stored and says how that went; ``acknowledge`` writes the
    answer to the message in these bytes. ``silence`` is in seconds, see Listening."""

    reader: Arriving
    writer: asyncio.StreamWriter
    peer: str
    framer: Framer
    silence: float
    keep: Callable[[Frame], Awaitable[acks.Answer]]
    acknowledge: Callable[[bytes, acks.Answer], bytes]
    # By the event loop's time; never, while something of a message is there or is to be answered.
    idle_since: float = field(default=inf, init=False)
    _stopping: bool = field(default=False, init=False)
    # Of a frame that comes in parts: the first one's bytes, and the gravest answer so far.
    _so_far: tuple[bytes, acks.Answer] | None = field(default=None, init=False)

    async def hold(self) -> None:
        """To its end. Raises SpeaksTls, ConnectionError, TimeoutError and, in TLS, ssl.SSLError."""
        framer, begins = self.framer, True
        while chunk := await self._next():
            if begins and chunk.startswith(_HELLO):
                raise SpeaksTls
            begins = False
            for whole in framer.feed(chunk):
                await self._answer(whole)
            self._log_stray()
        for cut in framer.close():
            if cut.ending is Ending.WHOLE:
                await self._answer(cut)
            else:
                await self.keep(cut)
        self._log_stray()

    def stop(self) -> None:
        """Begin no frame. One that has begun may end yet, but its sender must be quick."""
        self._stopping, self.idle_since = True, inf
        if self.framer.begun:
            asyncio.get_running_loop().call_later(LAST_SECONDS, self._read_no_more)
        else:
            self._read_no_more()

    async def _next(self) -> bytes:
        """The next bytes; nothing at the end, when stopping, and when a begun frame fell silent."""
        if self.framer.undecided:
            with suppress(TimeoutError):
                async with asyncio.timeout(_UNDECIDED):
                    return await self._come()
            for whole in self.framer.settle():
                await self._answer(whole)
        if not self.framer.begun:
            return b"" if self._stopping else await self._begin()
        try:
            async with asyncio.timeout(self.silence):
                return await self._come()
        except TimeoutError:
            log.warning("mllp_frame_silent", peer=self.peer, seconds=self.silence)
            return b""

    async def _begin(self) -> bytes:
        self.idle_since = asyncio.get_running_loop().time()
        try:
            return await self._come()
        finally:
            self.idle_since = inf

    async def _come(self) -> bytes:
        """What has come; nothing at the end, and where the connection broke: that of a sender that
        died is reset, and what it had sent of a frame is kept as when it had been closed."""
        chunk = await self.reader.read(CHUNK)
        if not chunk and self.reader.lost:
            log.warning("mllp_connection_lost", peer=self.peer, error=self.reader.lost)
        return chunk

    async def _answer(self, received: Frame) -> None:
        kept = await self.keep(received)
        first, before = self._so_far or (received.data, kept)
        answer = max(before, kept, key=acks.gravity)
        self._so_far = (first, answer) if received.more else None
        if received.more or received.ending is Ending.CUT_OFF:
            return  # a sender that began anew waits for the answer to what it sent then
        if _is_gone(self.writer):
            return
        self.writer.write(frame(self.acknowledge(first, answer)))
        if self.writer.transport.get_write_buffer_size():  # the peer is slow to read, or reads none
            async with asyncio.timeout(self.silence):
                await self.writer.drain()

    def _read_no_more(self) -> None:
        transport = self.writer.transport
        if transport.is_closing():
            return
        if isinstance(transport, asyncio.ReadTransport):
            transport.pause_reading()  # what still came after the end would break the connection
        self.reader.feed_eof()

    def _log_stray(self) -> None:
        if self.framer.stray:
            log.warning("mllp_stray_bytes", peer=self.peer, size=self.framer.stray)
            self.framer.stray = 0


def _is_gone(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer has reset the connection. What it had sent can still be read, but not once
    a write has failed: then asyncio closes the connection."""
    if writer.transport.is_closing():
        return True
    asked = select.poll()
    asked.register(writer.get_extra_info("socket"), 0)  # errors are told all the same
    return bool(asked.poll(0))
