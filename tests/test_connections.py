"""Connections to the providers: reused while they are fresh, and never when they may be closing."""

import asyncio
import time

import aiohttp
import pytest
from aiohttp import web

from bot.connections import LONGEST_IDLE_SECONDS, answered_at, connector, retry_after


class Skipping:
    """The library's monotonic clock, which can be moved forward."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.skipped


@pytest.mark.parametrize(
    ("idle", "connections"), [(LONGEST_IDLE_SECONDS - 1, 1), (LONGEST_IDLE_SECONDS + 0.5, 2)]
)
def test_a_connection_is_reused_only_before_any_server_would_close_it(
    monkeypatch: pytest.MonkeyPatch, idle: float, connections: int
) -> None:
    clock = Skipping()
    monkeypatch.setattr("aiohttp.connector.monotonic", clock)
    assert asyncio.run(peers_of_two_requests(clock, idle)) == connections


async def peers_of_two_requests(clock: Skipping, idle: float) -> int:
    """How many connections a server saw that got two requests, so many seconds apart."""
    peers: set[object] = set()

    async def answer(request: web.Request) -> web.Response:
        assert request.transport
        peers.add(request.transport.get_extra_info("peername"))
        return web.Response()

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with aiohttp.ClientSession(connector=connector(0)) as session:
        await read(session, runner)
        clock.skipped += idle
        await read(session, runner)
    await runner.cleanup()
    return len(peers)


async def read(session: aiohttp.ClientSession, runner: web.AppRunner) -> None:
    host, port = runner.addresses[0][:2]
    async with session.get(f"http://{host}:{port}/") as answer:
        await answer.read()


DAY = "Mon, 02 Mar 2026"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7.0),
        ("30.0", 30.0),
        (" 1.5 ", 1.5),
        ("-5", 0.0),
        ("9" * 400, 600.0),
        (f"{DAY} 15:00:30 GMT", 30.0),
        (f"{DAY} 14:00:00 GMT", 0.0),
        (f"{DAY} 23:00:00 GMT", 600.0),
        (f"{DAY} 15:00:30", None),
        ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", None),
        ("soon", None),
        ("nan", None),
        ("٣", None),
        ("", None),
    ],
)
def test_an_answer_says_how_long_to_wait_in_seconds_or_by_its_own_clock(
    asked: str, seconds: float | None
) -> None:
    headers = {"Retry-After": asked, "Date": f"{DAY} 15:00:00 GMT"}
    assert retry_after(headers, at_most=600.0) == seconds


@pytest.mark.parametrize("headers", [{}, {"Retry-After": f"{DAY} 15:00:30 GMT"}])
def test_without_a_time_that_can_be_told_nothing_is_asked_for(headers: dict[str, str]) -> None:
    assert retry_after(headers, at_most=600.0) is None


@pytest.mark.parametrize("said", [f"{DAY} 15:00:00 GMT", f"{DAY} 15:00:00 -0000"])
def test_an_answer_says_what_time_it_has_there(said: str) -> None:
    at = answered_at({"Date": said})
    assert at is not None
    assert at.isoformat().endswith("T15:00:00+00:00")


@pytest.mark.parametrize("said", ["", "soon", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT"])
def test_or_it_does_not(said: str) -> None:
    assert answered_at({"Date": said}) is None
