"""The listener, by senders that fall silent, go away, begin anew, or send too much."""

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import replace

import structlog

from bot.domain.message import Unusable
from bot.sources.mllp.frames import frame
from bot.sources.mllp.server import Listener
from tests.sources.mllp_senders import HOW, Inbox, Sender, connected, numbered, told
from tests.sources.oru import sample
from tests.test_metrics import value
from tests.waiting import soon


def test_half_a_frame_and_silence_is_kept_and_the_connection_closed() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(sample())[:200])
        assert await sender.closed()

    inbox = told(conversation, replace(HOW, silence=0.1))
    assert inbox.reasons == ["cut-off"]
    assert inbox.messages[0].data == sample()[:199]


def test_a_sender_in_tls_where_we_speak_none_leaves_no_message_that_broke_off() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        await sender.send(hello + b"\x00\x0b\x00\x04\x03\x00\x01\x02")  # an extension has a VT
        with suppress(ConnectionResetError):
            assert await sender.closed()

    before = value("connections_refused_total", reason="tls-not-set-up")
    with structlog.testing.capture_logs() as logs:
        assert told(conversation).messages == []
    assert [(e["event"], e["reason"]) for e in logs] == [("mllp_refused", "tls-not-set-up")]
    assert value("connections_refused_total", reason="tls-not-set-up") == before + 1


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
        await soon(lambda: len(inbox.messages) == 1)

    inbox = told(conversation)
    reading = inbox.messages[0].reading
    assert isinstance(reading, Unusable)
    assert (reading.reason, [flag.value for flag in reading.flags]) == ("cut-off", ["HH"])


def test_what_had_come_before_a_sender_reset_its_connection_is_read_to_its_end() -> None:
    """As one does that reads no answer and closes."""
    sent = 500  # more than is read ahead

    async def conversation(inbox: Inbox, listener: Listener, _: Sender) -> None:
        inbox.gate = asyncio.Event()
        hasty = await connected(listener)
        await hasty.send(b"".join(frame(numbered(one)) for one in range(sent)))
        await soon(lambda: inbox.waiting == 1)
        for _turn in range(20):
            await asyncio.sleep(0)  # the rest is read from the socket
        its = hasty.writer.get_extra_info("socket")
        its.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        hasty.writer.transport.abort()
        await asyncio.sleep(0.05)
        inbox.gate.set()
        await soon(lambda: listener.connections == 1)

    inbox = told(conversation)
    assert (len(inbox.messages), inbox.reasons) == (sent, [])


def test_a_sender_whose_connection_is_reset_in_mid_frame_leaves_what_came_in_quarantine() -> None:
    async def conversation(inbox: Inbox, listener: Listener, _: Sender) -> None:
        dying = await connected(listener)
        await dying.send(frame(numbered(1)) + frame(numbered(2))[:-5])
        await dying.answer()  # so the other one has come as well
        reset_when_closed = struct.pack("ii", 1, 0)
        its = dying.writer.get_extra_info("socket")
        its.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_when_closed)
        dying.writer.transport.abort()
        await soon(lambda: len(inbox.messages) == 2)

    assert told(conversation).reasons == ["cut-off"]


def test_the_system_looks_whether_a_silent_sender_is_still_there() -> None:
    async def conversation(_: Inbox, listener: Listener, sender: Sender) -> None:
        await sender.send(frame(sample()))
        await sender.answer()
        [ours] = listener._open.values()
        its = ours.writer.get_extra_info("socket")
        assert its.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)

    told(conversation)


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
        await soon(lambda: listener.connections == 0)

    with structlog.testing.capture_logs() as logs:
        told(conversation, replace(HOW, silence=0.1))
    assert "mllp_connection_lost" in {entry["event"] for entry in logs}


def test_a_frame_over_the_limit_is_kept_in_part_and_the_next_one_is_read() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(sample("OBX|2|ED|P||" + "A" * 300_000)))
        assert b"MSA|AA|MSG1|kept in quarantine: too-large" in await sender.answer()
        await sender.send(frame(numbered(2)))
        assert b"MSA|AA|MSG2\r" in await sender.answer()

    inbox = told(conversation, replace(HOW, limit=200_000))
    first = inbox.messages[0]
    assert (len(first.data), first.size > 300_000, first.control_id) == (65536, True, "MSG1")


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


def test_of_a_batch_over_the_limit_every_message_is_stored_before_its_one_answer() -> None:
    messages = [numbered(1), numbered(2) + b"OBX|9|ED|P||" + b"A" * 9_000 + b"\r", numbered(3)]
    batch = b"BHS|^~\\&|R\r" + b"".join(messages) + b"BTS|3\r"

    async def conversation(inbox: Inbox, _: Listener, sender: Sender) -> None:
        await sender.send(frame(batch)[:-200])
        await soon(lambda: len(inbox.messages) == 2)
        await sender.send(frame(batch)[-200:] + frame(numbered(4)))
        assert b"MSA|AA|MSG1|kept in quarantine: too-large" in await sender.answer()
        assert b"MSA|AA|MSG4\r" in await sender.answer()

    inbox = told(conversation, replace(HOW, limit=5_000))
    assert [m.control_id for m in inbox.messages] == ["MSG1", "MSG2", "MSG3", "MSG4"]
    assert inbox.reasons == ["too-large"]


def test_of_a_batch_over_the_limit_nothing_that_is_not_stored_is_acknowledged() -> None:
    async def conversation(inbox: Inbox, _: Listener, sender: Sender) -> None:
        inbox.fails = True
        await sender.send(frame(numbered(1) + numbered(2)))
        assert b"MSA|AE|MSG1|not stored, send again" in await sender.answer()

    assert told(conversation, replace(HOW, limit=len(numbered(1)) + 50)).messages == []
