"""Senders of reports: as fast as they are answered, or at a rate."""

import asyncio
import time
from collections.abc import Sequence

VT, END = b"\x0b", b"\x1c\r"


async def as_fast_as_answered(port: int, batches: Sequence[Sequence[bytes]]) -> float:
    """A sender for each batch, each waiting for its ACK; positive answers a second of all."""
    senders = [await asyncio.open_connection("127.0.0.1", port) for _ in batches]
    began = time.perf_counter()
    await asyncio.gather(
        *(_play(*sender, batch) for sender, batch in zip(senders, batches, strict=True))
    )
    seconds = time.perf_counter() - began
    for _, writer in senders:
        writer.close()
    return sum(map(len, batches)) / seconds


async def _play(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, messages: Sequence[bytes]
) -> None:
    for message in messages:
        writer.write(VT + message + END)
        answer = await reader.readuntil(END)
        assert b"MSA|AA" in answer, answer


async def at_rate(port: int, messages: Sequence[bytes], rate: float) -> list[float]:
    """One sender that sends on schedule; when each was sent, on the monotonic clock."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = asyncio.create_task(_read_answers(reader, len(messages)))
    began, sent = time.monotonic(), []
    for number, message in enumerate(messages):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        sent.append(time.monotonic())
        writer.write(VT + message + END)
    await answers
    writer.close()
    return sent


async def _read_answers(reader: asyncio.StreamReader, number: int) -> None:
    for _ in range(number):
        await reader.readuntil(END)
