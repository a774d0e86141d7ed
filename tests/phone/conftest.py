"""Servers that fail in one way each, and the account that points at them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.phone.client import TwilioAccount
from tests.phone.desk import Desk
from tests.phone.opening import open_desk

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SID, TOKEN, SENDER = "AC" + "0" * 32, "token-for-tests", "+15005550006"


def account_at(port: int, **limits: float) -> TwilioAccount:
    return TwilioAccount(SID, TOKEN, SENDER, f"http://127.0.0.1:{port}/twilio", None, **limits)


@asynccontextmanager
async def served(answer: Answer) -> AsyncIterator[int]:
    """A server on a free port that treats every connection so."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def request_of(reader: asyncio.StreamReader) -> bytes:
    """One whole HTTP request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (
            int(line[15:])
            for line in head.lower().splitlines()
            if line.startswith(b"content-length:")
        ),
        0,
    )
    return head + await reader.readexactly(length)


def answering(status: str, body: bytes, *headers: str) -> Answer:
    """Every request gets this answer."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        lines = [
            f"HTTP/1.1 {status}",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *headers,
        ]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return answer


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the request and never answers; ends when the caller gives up."""
    await request_of(reader)
    await reader.read()


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the request and resets the connection."""
    await request_of(reader)
    writer.transport.abort()


async def cut_midway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Breaks off in the middle of the answer."""
    await request_of(reader)
    writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{")
    await writer.drain()
    writer.transport.abort()


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """The bot with Twilio alone, on each database."""
    with open_desk(database_url, tmp_path) as opened:
        yield opened
        opened.world.settle()


@pytest.fixture
def small_desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """The same on SQLite, where the database makes no difference."""
    with open_desk(sqlite_url, tmp_path) as opened:
        yield opened
        opened.world.settle()
