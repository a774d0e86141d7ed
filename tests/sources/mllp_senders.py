"""A listener that stores into an inbox, and the senders that talk to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.domain.message import RawMessage, Receipt, Reports, Unusable
from bot.sources.mllp.server import Listener, Listening, serve
from tests.sources.oru import CHICAGO, NOW, sample

HOW = Listening(CHICAGO, silence=5.0)


@dataclass
class Inbox:
    """Stores as the engine does; ``fails`` keeps it from storing, ``gate`` makes it wait, so many
    are ``waiting``."""

    messages: list[RawMessage] = field(default_factory=list)
    fails: bool = False
    gate: asyncio.Event | None = None
    waiting: int = 0

    async def receive(self, raw: RawMessage) -> Receipt:
        if self.gate:
            self.waiting += 1
            await self.gate.wait()
        if self.fails:
            raise OSError("disk full, Ann Example")
        self.messages.append(raw)
        return Receipt(str(len(self.messages)), quarantined=why(raw))

    @property
    def reasons(self) -> list[str]:
        return [m.reading.reason for m in self.messages if isinstance(m.reading, Unusable)]


def why(raw: RawMessage) -> str:
    """For what reason it waits, or a part of it."""
    match raw.reading:
        case Unusable(reason=reason) | Reports(left=(Unusable(reason=reason), *_)):
            return reason
        case _:
            return ""


@dataclass
class Sender:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(b"\x1c\r"), 20)

    async def closed(self) -> bool:
        rest = await asyncio.wait_for(self.reader.read(), 20)
        self.writer.close()
        return rest == b""


@asynccontextmanager
async def listening(inbox: Inbox, how: Listening = HOW) -> AsyncIterator[Listener]:
    listener = await serve("127.0.0.1", 0, inbox.receive, now=lambda: NOW, listening=how)
    try:
        yield listener
    finally:
        await listener.stop()


async def connected(listener: Listener) -> Sender:
    return Sender(*await asyncio.open_connection("127.0.0.1", listener.port))


def told(
    conversation: Callable[[Inbox, Listener, Sender], Awaitable[None]], how: Listening = HOW
) -> Inbox:
    """Run a conversation of one sender; returns what was stored."""

    async def run() -> Inbox:
        inbox = Inbox()
        async with listening(inbox, how) as listener:
            sender = await connected(listener)
            await conversation(inbox, listener, sender)
            sender.writer.close()
        return inbox

    return asyncio.run(run())


def numbered(number: int) -> bytes:
    return sample().replace(b"MSG1", f"MSG{number}".encode())
