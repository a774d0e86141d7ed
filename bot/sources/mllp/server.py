"""The MLLP server: any number of senders, each answered in order, none before the commit."""

import asyncio
import re
import secrets
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from typing import Literal
from zoneinfo import ZoneInfo

from bot.domain.message import RawMessage, Receipt
from bot.domain.profile import NO_PROFILES, Feeds
from bot.log import log
from bot.sources.documents import READ_SECONDS, too_slow
from bot.sources.hl7 import acks
from bot.sources.hl7.batch_counts import lacking
from bot.sources.hl7.reader import read_all, unusable
from bot.sources.mllp.conversation import CHUNK, Arriving, Conversation, SpeaksTls
from bot.sources.mllp.frames import Ending, Frame, Framer
from bot.sources.mllp.gate import Gate, Network, address, notice_death
from bot.sources.mllp.tls import Renewed, TlsFiles
from bot.sources.oversize import too_large_for
from bot.sources.refused import BadReport, cut_off
from bot.sources.stumbled import stumbled_over

Receive = Callable[[RawMessage], Awaitable[Receipt]]
"""Stores a message durably; raises what kept it from being stored."""

IDLE_SECONDS = 60.0
"""Without a word between two messages, until a connection may be closed for another one."""
_LARGE = 32 * 1024
"""Bytes; above this reading moves to a thread: the loop that also pages must not wait for it. Most
reports have a tenth of that and take less than the way to a thread and back."""
_AT_ONCE = 3
"""Messages read on threads at a time: of a hundred with documents none is slow because it waits."""
_DOCUMENT = re.compile(rb"[^\w\s]ED[^\w\s]", re.IGNORECASE)
"""A report with a PDF in it takes long at any size. Whatever the separator is."""


@dataclass(frozen=True, slots=True)
class Listening:
    """How one listener behaves. ``limit`` is in bytes, ``silence`` in seconds.

    ``silence`` is how long a frame that has begun may bring nothing; between frames a sender may
    be silent for ever. ``timezone`` is for times without a zone, ``feeds`` what is known of the
    senders, ``allow`` where they may come from (empty: anywhere). With ``tls`` nothing goes plain.
    ``most`` connections are held at a time: whoever comes beyond them is turned away, unless one
    of them has been idle for a minute.
    """

    timezone: ZoneInfo
    source: str = "hl7"
    on_unusable: Literal["accept", "reject"] = "accept"
    limit: int = 10_000_000
    silence: float = 30.0
    feeds: Feeds = NO_PROFILES
    allow: tuple[Network, ...] = ()
    tls: TlsFiles | None = None
    most: int = 1_000


async def serve(
    host: str,
    port: int,
    receive: Receive,
    *,
    now: Callable[[], datetime],
    listening: Listening,
) -> "Listener":
    """Open the port (0: any free one) and answer until ``stop``. Raises OSError if it is taken, and
    BadTls."""
    listener = Listener(receive, now, listening)
    await listener.open(host, port)
    return listener


class Listener:
    """An open port. Raises BadTls."""

    def __init__(self, receive: Receive, now: Callable[[], datetime], how: Listening) -> None:
        self._receive, self._now, self._how = receive, now, how
        self._gate = Gate(how.allow, Renewed(how.tls) if how.tls else None, now)
        self._open: dict[asyncio.Task[None], Conversation] = {}
        self._arriving: set[Conversation] = set()
        self._reading = asyncio.Semaphore(_AT_ONCE)
        self._token = secrets.token_hex(4)
        self._answers = count(1)
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> None:
        """Start to listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, host, port)

    @property
    def port(self) -> int:
        """The port that is open."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("the listener is not open")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """How many senders are connected."""
        return len(self._open)

    async def stop(self, grace: float = 10.0) -> None:
        """Take no new frame, answer those in work, close. After ``grace`` seconds close anyway."""
        if self._server is not None:
            self._server.close()
        for task, conversation in self._open.items():
            if conversation in self._arriving:
                task.cancel()  # it has said nothing yet that could be lost
            else:
                conversation.stop()
        tasks = list(self._open)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        reader = Arriving(CHUNK)
        return asyncio.StreamReaderProtocol(
            reader, lambda _, writer: self._accepted(reader, writer)
        )

    def _accepted(self, reader: Arriving, writer: asyncio.StreamWriter) -> None:
        """No coroutine: asyncio calls it before it reads, which a gate with TLS depends on."""
        if not self._gate.admits(writer, self._has_room):
            writer.transport.abort()
            return
        notice_death(writer)
        peer = address(writer)
        conversation = Conversation(
            reader,
            writer,
            peer,
            Framer(self._how.limit),
            self._how.silence,
            keep=partial(self._keep, peer=peer),
            acknowledge=self._acknowledge,
        )
        task = asyncio.get_running_loop().create_task(self._connected(conversation))
        self._open[task] = conversation
        self._arriving.add(conversation)
        task.add_done_callback(self._open.pop)

    def _has_room(self) -> bool:
        """Where all are taken, whoever has said nothing for longest makes room: some senders open a
        connection for each message and forget the one before, and in the end none would get in."""
        if len(self._open) < self._how.most:
            return True
        longest = min(self._open.values(), key=lambda one: one.idle_since)
        silent = asyncio.get_running_loop().time() - longest.idle_since
        if silent < IDLE_SECONDS:
            return False
        log.warning("mllp_idle_closed", peer=longest.peer, seconds=round(silent))
        longest.stop()
        return True

    async def _connected(self, conversation: Conversation) -> None:
        writer, peer = conversation.writer, conversation.peer
        try:
            welcome = await self._gate.wrap(writer)
            self._arriving.discard(conversation)
            if welcome:
                await conversation.hold()
        except (ConnectionError, TimeoutError, ssl.SSLError) as error:
            # What was stored stays stored: the sender repeats it and is told "received before".
            log.warning("mllp_connection_lost", peer=peer, error=type(error).__name__)
            writer.transport.abort()  # to close would wait for a peer that reads nothing
        except SpeaksTls:
            self._gate.surprised_by_tls(writer)
            writer.transport.abort()
        except asyncio.CancelledError:
            if conversation not in self._arriving:  # by stop, out of patience
                log.warning("mllp_stopped_unanswered", peer=peer)
            writer.transport.abort()
        finally:
            self._arriving.discard(conversation)
            writer.close()

    def _acknowledge(self, data: bytes, answer: acks.Answer) -> bytes:
        control_id = f"{self._token}{next(self._answers)}"
        return acks.write(data, answer, control_id=control_id, now=self._now())

    async def _keep(self, received: Frame, peer: str) -> acks.Answer:
        """Have what is in the frame stored, and say how that went: the worst of it."""
        answers = [await self._store(raw, peer) for raw in await self._read(received)]
        return max(answers, key=acks.gravity)

    async def _store(self, raw: RawMessage, peer: str) -> acks.Answer:
        try:
            receipt = await self._receive(raw)
        except Exception:  # whatever it was, the sender must send the message again
            log.exception("message_not_stored", peer=peer, size=raw.size, digest=raw.digest[:12])
            return acks.NOT_STORED
        if receipt.quarantined:
            log.warning(
                "message_quarantined",
                peer=peer,
                size=raw.size,
                digest=raw.digest[:12],
                reason=receipt.quarantined,
            )
        return acks.accepted(raw, receipt, reject=self._how.on_unusable == "reject")

    async def _read(self, received: Frame) -> tuple[RawMessage, ...]:
        try:
            return await self._in_time(received)
        except Exception:  # whatever it was, this message waits and the next one is read
            refused = partial(_unusable, received, how=self._how, zone=None)
            return (stumbled_over(received.data, self._how.source, refused),)

    async def _in_time(self, received: Frame) -> tuple[RawMessage, ...]:
        if received.size <= _LARGE and not _DOCUMENT.search(received.data):
            return self._messages(received)
        async with self._reading:
            with suppress(TimeoutError):
                async with asyncio.timeout(READ_SECONDS):
                    return await asyncio.to_thread(self._messages, received)
            how = self._how
            return (await asyncio.to_thread(_unusable, received, too_slow(), how, how.timezone),)

    def _messages(self, received: Frame) -> tuple[RawMessage, ...]:
        how = self._how
        if received.ending is not Ending.WHOLE:
            return (_refused(received, how),)
        found = read_all(
            received.data,
            source=how.source,
            timezone=how.timezone,
            now=self._now(),
            feeds=how.feeds,
        )
        if len(found) > 1 and (lacks := lacking(raw.data for raw in found)):
            log.warning("batch_incomplete", source=how.source, reason=lacks)
        return found


def _refused(received: Frame, how: Listening) -> RawMessage:
    bad = too_large_for(how.limit) if received.ending is Ending.TOO_LARGE else cut_off()
    return _unusable(received, bad, how, how.timezone)


def _unusable(received: Frame, bad: BadReport, how: Listening, zone: ZoneInfo | None) -> RawMessage:
    return unusable(
        received.data,
        bad,
        timezone=zone,
        source=how.source,
        size=received.size,
        digest=received.digest,
        tail=received.tail,
        feeds=how.feeds,
    )
