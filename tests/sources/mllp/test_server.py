"""The listener, by senders that behave."""

import asyncio
import base64
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from bot.domain.message import Reports, Unusable
from bot.sources import documents
from bot.sources.mllp import server as mllp
from bot.sources.mllp.frames import frame
from bot.sources.mllp.server import Listener, Listening
from tests.sources.mllp_senders import HOW, Inbox, Sender, listening, numbered, told
from tests.sources.on_threads import on_threads
from tests.sources.oru import OBX, sample
from tests.sources.pdf_samples import endless_pdf
from tests.waiting import soon


def test_a_message_is_answered_after_it_was_stored() -> None:
    async def conversation(inbox: Inbox, _: Listener, sender: Sender) -> None:
        inbox.gate = asyncio.Event()
        await sender.send(frame(sample()))
        waiting = asyncio.ensure_future(sender.answer())
        await soon(lambda: inbox.waiting == 1)
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


def test_a_batch_in_a_frame_that_was_cut_is_told_in_the_log_and_used() -> None:
    async def conversation(inbox: Inbox, _: Listener, sender: Sender) -> None:
        for end in (b"BTS|2\r", b""):
            await sender.send(frame(b"BHS|^~\\&\r" + numbered(1) + numbered(2) + end))
            assert b"MSA|AA|MSG1" in await sender.answer()
        assert len(inbox.messages) == 4

    with structlog.testing.capture_logs() as logs:
        told(conversation)
    assert [entry["reason"] for entry in logs if entry["event"] == "batch_incomplete"] == [
        "its end is missing, a BTS or FTS"
    ]


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
    """Its flags are looked for on a thread as well: pages must not wait for that."""
    monkeypatch.setattr(mllp, "READ_SECONDS", -1.0)
    threaded = on_threads(monkeypatch)

    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(sample("OBX|1|ED|X||^text^plain^Base64^QUJD|||HH|||F")))
        assert b"too-slow-to-read" in await sender.answer()

    inbox = told(conversation)
    assert inbox.reasons == ["too-slow-to-read"]
    assert "_unusable" in threaded
    (raw,) = inbox.messages
    assert isinstance(raw.reading, Unusable)
    assert [flag.value for flag in raw.reading.flags] == ["HH"]


def test_a_report_of_five_megabytes_is_read() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        document = "OBX|2|ED|PDF||^application^pdf^Base64^" + "A" * (5 * 1024 * 1024 * 4 // 3)
        await sender.send(frame(sample(OBX, document)))
        assert b"MSA|AA|MSG1\r" in await sender.answer()

    assert told(conversation).reasons == []


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
