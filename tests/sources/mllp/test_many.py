"""The listener, by many senders at once, by too many, and as it stops."""

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pytest

from bot.domain.message import RawMessage
from bot.sources.hl7.reader import read_all
from bot.sources.mllp import conversation
from bot.sources.mllp import server as mllp
from bot.sources.mllp.frames import frame
from bot.sources.mllp.server import serve
from tests.sources.mllp_senders import HOW, Inbox, Sender, connected, listening, numbered
from tests.sources.oru import NOW, sample
from tests.waiting import soon


def test_two_hundred_senders_at_once() -> None:
    async def run() -> Inbox:
        inbox = Inbox()
        async with listening(inbox) as listener:
            senders = [await connected(listener) for _ in range(200)]
            await soon(lambda: listener.connections == 200)
            for number, sender in enumerate(senders):
                await sender.send(frame(numbered(number)))
            for number, sender in enumerate(senders):
                assert f"MSA|AA|MSG{number}\r".encode() in await sender.answer()
                sender.writer.close()
            await soon(lambda: listener.connections == 0)
        return inbox

    assert len(asyncio.run(run()).messages) == 200


def test_whoever_comes_beyond_the_limit_is_turned_away_and_those_within_are_served() -> None:
    async def run() -> None:
        async with listening(Inbox(), replace(HOW, most=3)) as listener:
            senders = [await connected(listener) for _ in range(3)]
            await soon(lambda: listener.connections == 3)
            one_more = await connected(listener)
            with suppress(ConnectionResetError):
                assert await one_more.closed()
            await senders[0].send(frame(sample()))
            assert b"MSA|AA|MSG1" in await senders[0].answer()
            senders[0].writer.close()
            await soon(lambda: listener.connections == 2)
            another = await connected(listener)
            await another.send(frame(sample()))
            assert b"MSA|AA|MSG1" in await another.answer()
            for sender in (*senders, one_more, another):
                sender.writer.close()

    asyncio.run(run())


def test_who_has_said_nothing_for_long_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the connections of a sender that opens one for each message and forgets the last."""
    monkeypatch.setattr(mllp, "IDLE_SECONDS", 0.0)

    async def run() -> None:
        async with listening(Inbox(), replace(HOW, most=3)) as listener:
            begun = await connected(listener)
            await begun.send(frame(numbered(1))[:-5])
            await soon(lambda: listener.connections == 1)
            forgotten = []
            for number in range(5):
                forgotten.append(await connected(listener))
                await forgotten[-1].send(frame(numbered(number)))
                assert f"MSA|AA|MSG{number}".encode() in await forgotten[-1].answer()
            assert [await one.closed() for one in forgotten[:3]] == [True] * 3
            assert listener.connections == 3
            await begun.send(frame(numbered(1))[-5:])
            assert b"MSA|AA|MSG1" in await begun.answer()
            for sender in (begun, *forgotten):
                sender.writer.close()

    asyncio.run(run())


def test_who_makes_no_way_in_makes_nobody_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mllp, "IDLE_SECONDS", 0.0)
    allow = (IPv4Network("127.0.0.2/32"),)

    async def run() -> None:
        async with listening(Inbox(), replace(HOW, most=1, allow=allow)) as listener:
            of = ("127.0.0.2", 0)
            inside = Sender(
                *await asyncio.open_connection("127.0.0.1", listener.port, local_addr=of)
            )
            await soon(lambda: listener.connections == 1)
            stranger = await connected(listener)
            with suppress(ConnectionResetError):
                assert await stranger.closed()
            await inside.send(frame(sample()))
            assert b"MSA|AA|MSG1" in await inside.answer()
            inside.writer.close()
            stranger.writer.close()

    asyncio.run(run())


def test_many_documents_at_once_wait_for_one_another_and_none_is_too_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slowly(data: bytes, **how: Any) -> tuple[RawMessage, ...]:
        time.sleep(0.1)
        return read_all(data, **how)

    monkeypatch.setattr(mllp, "read_all", slowly)
    monkeypatch.setattr(mllp, "READ_SECONDS", 0.5)
    document = b"OBX|2|ED|X||^text^plain^Base64^QUJD||||||F\r"

    async def run() -> Inbox:
        inbox = Inbox()
        async with listening(inbox) as listener:
            senders = [await connected(listener) for _ in range(40)]
            for number, sender in enumerate(senders):
                await sender.send(frame(numbered(number) + document))
            for sender in senders:
                assert b"MSA|AA|" in await sender.answer()
                sender.writer.close()
        return inbox

    assert asyncio.run(run()).reasons == []


def test_on_stop_what_is_in_work_is_answered_and_the_port_is_closed() -> None:
    async def run() -> Inbox:
        inbox = Inbox(gate=asyncio.Event())
        assert inbox.gate
        listener = await serve("127.0.0.1", 0, inbox.receive, now=lambda: NOW, listening=HOW)
        busy, idle = await connected(listener), await connected(listener)
        await busy.send(frame(numbered(1)))
        await soon(lambda: listener.connections == 2 and inbox.waiting == 1)
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
        await soon(lambda: inbox.waiting == 1)
        await asyncio.wait_for(listener.stop(grace=0.05), 10)
        assert await sender.closed()

    asyncio.run(run())


def test_a_frame_that_is_on_its_way_when_we_stop_is_taken_and_answered() -> None:
    async def run() -> Inbox:
        inbox = Inbox()
        listener = await serve("127.0.0.1", 0, inbox.receive, now=lambda: NOW, listening=HOW)
        sender = await connected(listener)
        await sender.send(frame(numbered(1)) + frame(numbered(2))[:-9])
        assert b"MSA|AA|MSG1" in await sender.answer()
        stopping = asyncio.ensure_future(listener.stop())
        await sender.send(frame(numbered(2))[-9:])
        assert b"MSA|AA|MSG2" in await sender.answer()
        assert await sender.closed()
        await stopping
        return inbox

    inbox = asyncio.run(run())
    assert inbox.reasons == [], "its sender sends the whole again, and half of it asks a person"


def test_one_whose_rest_does_not_come_when_we_stop_is_kept_and_holds_up_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conversation, "LAST_SECONDS", 0.05)

    async def run() -> Inbox:
        inbox = Inbox()
        listener = await serve("127.0.0.1", 0, inbox.receive, now=lambda: NOW, listening=HOW)
        sender = await connected(listener)
        await sender.send(frame(numbered(1)) + frame(numbered(2))[:-9])
        assert b"MSA|AA|MSG1" in await sender.answer()
        await asyncio.wait_for(listener.stop(), 3)
        assert await sender.closed()
        return inbox

    assert asyncio.run(run()).reasons == ["cut-off"]
