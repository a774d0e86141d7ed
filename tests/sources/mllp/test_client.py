import asyncio
from pathlib import Path

import pytest

from bot.domain.message import RawMessage, Receipt, Unusable
from bot.sources.mllp.client import Played, ask, messages_in, play
from bot.sources.mllp.frames import frame
from bot.sources.mllp.server import Listening, serve
from tests.sources.oru import CHICAGO, NOW, sample


async def receive(raw: RawMessage) -> Receipt:
    reason = raw.reading.reason if isinstance(raw.reading, Unusable) else ""
    return Receipt("1", quarantined=reason)


def played(files: list[Path], port: int = 0) -> list[Played]:
    async def run() -> list[Played]:
        how = Listening(CHICAGO)
        listener = await serve("127.0.0.1", 0, receive, now=lambda: NOW, listening=how)
        try:
            return [one async for one in play(files, "127.0.0.1", listener.port)]
        finally:
            await listener.stop()

    return asyncio.run(run())


def test_each_message_of_each_file_is_sent_and_answered(tmp_path: Path) -> None:
    single, several, wrong = (tmp_path / name for name in ("a.hl7", "b.hl7", "c.txt"))
    single.write_bytes(sample().replace(b"\r", b"\n"))
    several.write_bytes(b"FHS|^~\\&\r\n" + sample() + b"\r\n" + sample() + b"FTS|2\r")
    wrong.write_bytes(b"nonsense")
    assert [(p.file, p.index, p.code, p.text) for p in played([single, several, wrong])] == [
        (single, 1, "AA", ""),
        (several, 1, "AA", ""),
        (several, 2, "AA", ""),
        (wrong, 1, "AA", "kept in quarantine: no-msh"),
    ]


def test_one_question_gets_the_whole_answer() -> None:
    async def run() -> str:
        how = Listening(CHICAGO)
        listener = await serve("127.0.0.1", 0, receive, now=lambda: NOW, listening=how)
        try:
            return await ask("127.0.0.1", listener.port, sample(fields={25: "?"}))
        finally:
            await listener.stop()

    segments = asyncio.run(run()).split("\r")
    assert [segment[:3] for segment in segments] == ["MSH", "MSA", "ERR", ""]


def test_frames_in_a_file_are_unwrapped() -> None:
    assert messages_in(frame(sample()) + frame(sample())) == [sample(), sample()]
    assert messages_in(b"") == [b""]


def against(answer: bytes | None, file: Path) -> list[Played]:
    """Play the file twice to a peer that answers this, or goes away."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\x1c\r")
        if answer is not None:
            writer.write(answer)
            await reader.read()
        writer.close()

    async def run() -> list[Played]:
        server = await asyncio.start_server(peer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            return [one async for one in play([file, file], "127.0.0.1", port, patience=0.2)]

    return asyncio.run(run())


def test_a_peer_that_goes_away_is_reported_and_the_next_message_tried(tmp_path: Path) -> None:
    file = tmp_path / "a.hl7"
    file.write_bytes(sample())
    texts = [(one.code, one.text) for one in against(None, file)]
    assert texts == [("", "the connection was closed before an answer")] * 2


def test_a_peer_that_says_nothing_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "a.hl7"
    file.write_bytes(sample())
    assert against(b"", file)[0].text == "no answer within 0.2 s"


def test_an_answer_without_msa_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "a.hl7"
    file.write_bytes(sample())
    assert against(frame(b"MSH|^~\\&|x\r"), file)[0].text == "the answer has no MSA"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_keeps_letters_whose_half_looks_like_an_end(codec: str) -> None:
    said = "上下东 “quoted”"  # U+4E0A, U+4E0B, U+4E1C: an LF, a VT and an FS
    text = sample().decode().replace("Tension", said)
    found = messages_in((text + text).replace("\r", "\r\n").encode(codec))
    assert found == [text.encode()] * 2
