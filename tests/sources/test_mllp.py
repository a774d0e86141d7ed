"""The listener, by senders that behave and senders that do not."""

import asyncio
import base64
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import structlog

from bot.domain.message import RawMessage, Receipt, Reports, Unusable
from bot.sources import documents, mllp
from bot.sources.mllp import Listener, Listening, serve
from bot.sources.mllp_frames import frame
from tests.sources.oru import CHICAGO, NOW, OBX, sample
from tests.sources.pdf_samples import endless_pdf

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


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


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


def test_a_message_is_answered_after_it_was_stored() -> None:
    async def conversation(inbox: Inbox, _: Listener, sender: Sender) -> None:
        inbox.gate = asyncio.Event()
        await sender.send(frame(sample()))
        waiting = asyncio.ensure_future(sender.answer())
        await until(lambda: inbox.waiting == 1)
        assert not waiting.done()
        inbox.gate.set()
        assert b"MSA|AA|MSG1" in await waiting
        assert inbox.messages[0].data == sample()

    told(conversation)


def test_what_could_not_be_stored_is_refused_and_no_content_is_logged() -> None:
    async def conversation(inbox: Inbox, _: Listener, sender: Sender) -> None:
        inbox.fails = True
        await sender.send(frame(sample()))
        assert b"MSA|AE|MSG1|not stored, send again" in await sender.answer()
        inbox.fails = False
        await sender.send(frame(sample()))
        assert b"MSA|AA|MSG1" in await sender.answer()

    with structlog.testing.capture_logs() as logs:
        told(conversation)
    assert [entry["event"] for entry in logs] == ["message_not_stored"]
    assert "xample" not in repr(logs)


def test_pipelined_messages_are_answered_in_order() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(b"".join(frame(numbered(n)) for n in range(50)))
        for n in range(50):
            assert f"MSA|AA|MSG{n}\r".encode() in await sender.answer()

    told(conversation)


def test_a_message_that_dribbles_in_is_read() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        data = frame(sample())
        for start in range(0, len(data), 7):
            await sender.send(data[start : start + 7])
            await asyncio.sleep(0)
        assert b"MSA|AA|MSG1" in await sender.answer()

    told(conversation)


def test_stray_bytes_and_a_missing_cr_disturb_nobody() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(b"\r\njunk\r\n" + frame(numbered(1))[:-1])
        assert b"MSA|AA|MSG1" in await sender.answer()
        await sender.send(frame(numbered(2)))
        assert b"MSA|AA|MSG2" in await sender.answer()

    with structlog.testing.capture_logs() as logs:
        told(conversation)
    assert [(entry["event"], entry["size"]) for entry in logs] == [("mllp_stray_bytes", 4)]


def test_a_flag_behind_an_fs_in_the_text_is_read() -> None:
    flagged = sample("OBX|1|TX|&IMP||Air\x1c, much of it||||||F", "OBX|2|TX|&IMP||.|||HH|||F")

    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(flagged))
        assert b"MSA|AA|MSG1" in await sender.answer()

    (raw,) = told(conversation).messages
    assert isinstance(raw.reading, Reports)
    assert [flag.value for flag in raw.reading.reports[0].flags] == ["HH"]


@pytest.mark.parametrize("how", [HOW, replace(HOW, on_unusable="reject")])
def test_a_document_that_takes_too_long_leaves_the_rest_of_the_report(
    monkeypatch: pytest.MonkeyPatch, how: Listening
) -> None:
    """The answer says so, and is no rejection: what else there is was used."""
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 0.5)
    printed = base64.b64encode(endless_pdf("mllp")).decode()

    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(sample(f"OBX|1|ED|X||^application^pdf^Base64^{printed}|||HH|||F")))
        assert b"MSA|AA|MSG1|kept in quarantine: too-slow-to-read" in await sender.answer()

    (raw,) = told(conversation, how).messages
    assert isinstance(raw.reading, Reports)
    assert [flag.value for flag in raw.reading.reports[0].flags] == ["HH"]


def test_a_message_that_takes_too_long_waits_in_quarantine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mllp, "READ_SECONDS", -1.0)

    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(sample("OBX|1|ED|X||^text^plain^Base64^QUJD|||HH|||F")))
        assert b"too-slow-to-read" in await sender.answer()

    inbox = told(conversation)
    assert inbox.reasons == ["too-slow-to-read"]
    (raw,) = inbox.messages
    assert isinstance(raw.reading, Unusable)
    assert [flag.value for flag in raw.reading.flags] == ["HH"]


def test_half_a_frame_and_silence_is_kept_and_the_connection_closed() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(sample())[:200])
        assert await sender.closed()

    inbox = told(conversation, replace(HOW, silence=0.1))
    assert inbox.reasons == ["cut-off"]
    assert inbox.messages[0].data == sample()[:199]


def test_silence_between_frames_is_fine() -> None:
    async def conversation(_: Inbox, listener: Listener, sender: Sender) -> None:
        another = await connected(listener)
        await another.send(frame(sample())[:200])
        assert await another.closed(), "the silence has been longer than a frame may be silent"
        await sender.send(frame(sample()))
        assert b"MSA|AA|MSG1" in await sender.answer()

    told(conversation, replace(HOW, silence=0.1))


def test_a_sender_that_goes_away_in_mid_frame_leaves_what_came_in_quarantine() -> None:
    async def conversation(inbox: Inbox, _: Listener, sender: Sender) -> None:
        await sender.send(frame(sample())[:-5])
        sender.writer.close()
        await until(lambda: len(inbox.messages) == 1)

    inbox = told(conversation)
    reading = inbox.messages[0].reading
    assert isinstance(reading, Unusable)
    assert (reading.reason, [flag.value for flag in reading.flags]) == ("cut-off", ["HH"])


def test_a_sender_that_begins_anew_is_answered_for_what_it_sent_then() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(numbered(1))[:-20] + frame(numbered(2)))
        assert b"MSA|AA|MSG2" in await sender.answer()

    assert told(conversation).reasons == ["cut-off"]


def test_a_sender_that_reads_no_answers_is_let_go() -> None:
    async def conversation(_: Inbox, listener: Listener, sender: Sender) -> None:
        long_answers = frame(b"MSH|^~\\&|A|B|C|D|2026||ORU|" + b"x" * 150_000)
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(20):
                while listener.connections:
                    await sender.send(long_answers)
        await until(lambda: listener.connections == 0)

    with structlog.testing.capture_logs() as logs:
        told(conversation, replace(HOW, silence=0.1))
    assert "mllp_connection_lost" in {entry["event"] for entry in logs}


def test_a_report_of_five_megabytes_is_read() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        document = "OBX|2|ED|PDF||^application^pdf^Base64^" + "A" * (5 * 1024 * 1024 - 1500)
        await sender.send(frame(sample(OBX, document)))
        assert b"MSA|AA|MSG1\r" in await sender.answer()

    assert told(conversation).reasons == []


def test_a_frame_over_the_limit_is_kept_in_part_and_the_next_one_is_read() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(sample("OBX|2|ED|P||" + "A" * 300_000)))
        assert b"MSA|AA|MSG1|kept in quarantine: too-large" in await sender.answer()
        await sender.send(frame(numbered(2)))
        assert b"MSA|AA|MSG2\r" in await sender.answer()

    inbox = told(conversation, replace(HOW, limit=200_000))
    first = inbox.messages[0]
    assert (len(first.data), first.size > 300_000, first.control_id) == (65536, True, "MSG1")


def test_two_hundred_senders_at_once() -> None:
    async def run() -> Inbox:
        inbox = Inbox()
        async with listening(inbox) as listener:
            senders = [await connected(listener) for _ in range(200)]
            await until(lambda: listener.connections == 200)
            for number, sender in enumerate(senders):
                await sender.send(frame(numbered(number)))
            for number, sender in enumerate(senders):
                assert f"MSA|AA|MSG{number}\r".encode() in await sender.answer()
                sender.writer.close()
            await until(lambda: listener.connections == 0)
        return inbox

    assert len(asyncio.run(run()).messages) == 200


def test_whoever_comes_beyond_the_limit_is_turned_away_and_those_within_are_served() -> None:
    async def run() -> None:
        async with listening(Inbox(), replace(HOW, most=3)) as listener:
            senders = [await connected(listener) for _ in range(3)]
            await until(lambda: listener.connections == 3)
            one_more = await connected(listener)
            with suppress(ConnectionResetError):
                assert await one_more.closed()
            await senders[0].send(frame(sample()))
            assert b"MSA|AA|MSG1" in await senders[0].answer()
            senders[0].writer.close()
            await until(lambda: listener.connections == 2)
            another = await connected(listener)
            await another.send(frame(sample()))
            assert b"MSA|AA|MSG1" in await another.answer()
            for sender in (*senders, one_more, another):
                sender.writer.close()

    asyncio.run(run())


def test_on_stop_what_is_in_work_is_answered_and_the_port_is_closed() -> None:
    async def run() -> Inbox:
        inbox = Inbox(gate=asyncio.Event())
        assert inbox.gate
        listener = await serve("127.0.0.1", 0, inbox.receive, now=lambda: NOW, listening=HOW)
        busy, idle = await connected(listener), await connected(listener)
        await busy.send(frame(numbered(1)))
        await until(lambda: listener.connections == 2 and inbox.waiting == 1)
        stopping = asyncio.ensure_future(listener.stop())
        assert await idle.closed()
        assert not stopping.done()
        inbox.gate.set()
        assert b"MSA|AA|MSG1" in await busy.answer()
        assert await busy.closed()
        await stopping
        return inbox

    assert len(asyncio.run(run()).messages) == 1


def test_a_listener_that_cannot_finish_stops_all_the_same() -> None:
    async def run() -> None:
        inbox = Inbox(gate=asyncio.Event())
        listener = await serve("127.0.0.1", 0, inbox.receive, now=lambda: NOW, listening=HOW)
        sender = await connected(listener)
        await sender.send(frame(sample()))
        await until(lambda: inbox.waiting == 1)
        await asyncio.wait_for(listener.stop(grace=0.05), 10)
        assert await sender.closed()

    asyncio.run(run())


def test_one_unusable_message_between_two_sound_ones_does_not_stop_the_feed() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        for data in (numbered(1), b"nonsense", numbered(2)):
            await sender.send(frame(data))
            assert b"MSA|AA" in await sender.answer()

    inbox = told(conversation)
    assert (len(inbox.messages), inbox.reasons) == (3, ["no-msh"])


def test_a_feed_that_handles_it_gets_a_negative_answer() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(sample(fields={25: "?"})))
        answer = await sender.answer()
        assert b"MSA|AE|MSG1" in answer
        assert b"|E|" in answer

    assert told(conversation, replace(HOW, on_unusable="reject")).reasons == ["unknown-status"]


def test_python_hl7s_mllp_send_is_answered(tmp_path: Path) -> None:
    file = tmp_path / "report.hl7"
    file.write_bytes(sample())

    async def run() -> bytes:
        async with listening(Inbox()) as listener:
            program = Path(sys.executable).with_name("mllp_send")
            options = ["--loose", "-f", str(file), "-p", str(listener.port), "127.0.0.1"]
            sending = await asyncio.create_subprocess_exec(
                program, *options, stdout=subprocess.PIPE
            )
            return (await asyncio.wait_for(sending.communicate(), 30))[0]

    assert b"MSA|AA|MSG1" in asyncio.run(run())
