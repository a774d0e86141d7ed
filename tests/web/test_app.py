"""The web server in the bot's own process and loop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Coroutine
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import metrics
from bot.web import app
from bot.web.app import Server, build
from tests.web.served import answers
from tests.written import writing

MARKER = "XYZZY"


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def broken(_: Request) -> Response:
    raise RuntimeError(MARKER)


ROUTES = [Route("/hello", hello), Route("/broken", broken)]


def serving(*paths: str) -> list[tuple[int, str]]:
    """What a server of our routes answers to each path."""
    return answers(ROUTES, *paths)


def test_it_serves_the_routes_it_was_given() -> None:
    assert serving("/hello") == [(200, "hello")]


def test_what_is_not_there_is_answered_in_two_words() -> None:
    assert serving("/nothing", "/hello/more") == [(404, "Not Found\n")] * 2


def test_a_route_that_breaks_answers_without_its_error_and_the_log_has_only_the_type() -> None:
    with writing() as log:
        assert serving("/broken") == [(500, "Internal Server Error\n")]
    assert any(line.get("error") == "RuntimeError" for line in log.lines)
    assert MARKER not in log.getvalue()


def test_it_leaves_the_processs_signals_alone() -> None:
    async def run() -> None:
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        server = Server(build(ROUTES), "127.0.0.1", 0)
        await server.start()
        during = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        await server.stop()
        assert during == before

    asyncio.run(run())


def test_a_port_that_is_taken_is_an_error_to_the_caller_and_no_exit() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = Server(build(ROUTES), "127.0.0.1", taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            asyncio.run(server.start())


def test_it_stops_although_a_client_holds_its_connection() -> None:
    async def run() -> None:
        server = Server(build(ROUTES), "127.0.0.1", 0)
        await server.start()
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        async with asyncio.timeout(10):
            await server.stop()
        writer.close()

    asyncio.run(run())


async def heard_by_who_asked_before_the_stop(*, is_answered: bool) -> str:
    """Whose request was under way when the server was told to stop."""
    asked, answering = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> Response:
        asked.set()
        await answering.wait()
        return PlainTextResponse("at last")

    server = Server(build([Route("/slow", slow)]), "127.0.0.1", 0)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /slow HTTP/1.1\r\nHost: here\r\n\r\n")
    await asked.wait()
    stopping = asyncio.create_task(server.stop())
    await asyncio.sleep(0)
    if is_answered:
        answering.set()
    heard = await reader.read()
    await stopping
    writer.close()
    return heard.decode()


def test_where_all_connections_are_taken_the_one_that_has_waited_longest_makes_room() -> None:
    async def run() -> str:
        server = Server(build(ROUTES), "127.0.0.1", 0, most=2)
        await server.start()
        door = "127.0.0.1", server.port
        waiting = [await asyncio.open_connection(*door) for _ in range(2)]
        reader, writer = await asyncio.open_connection(*door)
        writer.write(b"GET /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        heard = await reader.read()
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                assert await waiting[0][0].read() == b""
        assert not waiting[1][0].at_eof()
        for _, one in (*waiting, (reader, writer)):
            one.close()
        await server.stop()
        return heard.decode()

    assert asyncio.run(run()).startswith("HTTP/1.1 200")


def test_whoever_hangs_up_in_the_middle_of_a_body_is_counted_and_no_error() -> None:
    begun, left = asyncio.Event(), asyncio.Event()

    async def reading(request: Request) -> Response:
        begun.set()
        try:
            return PlainTextResponse(str(await request.body()))
        finally:
            left.set()

    async def run() -> None:
        server = Server(build([Route("/", reading, methods=["POST"])]), "127.0.0.1", 0)
        await server.start()
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nMessageSid=")
        await begun.wait()
        writer.close()
        await left.wait()
        await server.stop()

    def counted() -> float:
        name, labels = "readback_webhooks_refused_total", {"reason": "hung-up"}
        return metrics.REGISTRY.get_sample_value(name, labels) or 0.0

    before = counted()
    with writing() as log:
        asyncio.run(run())
    assert not log.lines
    assert counted() == before + 1


HALF = b"POST /hello HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n"
WHOLE = b"GET /hello HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "said"), [(b"", b""), (b"", HALF), (b"", HALF + b"\r\nMessageSid="), (WHOLE, HALF)]
)
def test_whoever_does_not_end_their_request_is_hung_up_on(
    first: bytes, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "REQUEST_SECONDS", 0.2)

    async def taking(request: Request) -> Response:
        return PlainTextResponse(str(await request.body()))

    async def run() -> None:
        routes = [Route("/hello", taking, methods=["GET", "POST"])]
        server = Server(build(routes), "127.0.0.1", 0)
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        if first:
            writer.write(first)
            await reader.readuntil(b"b''")
        writer.write(said)
        async with asyncio.timeout(20):
            with contextlib.suppress(ConnectionError):
                await reader.read()
        writer.close()
        await server.stop()

    asyncio.run(run())


def test_a_request_that_is_whole_may_take_longer_to_be_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "REQUEST_SECONDS", 0.1)

    async def slow(_: Request) -> Response:
        await asyncio.sleep(0.5)
        return PlainTextResponse("at last")

    assert answers([Route("/", slow)], "/", "/") == [(200, "at last")] * 2


def test_a_request_under_way_is_answered_before_it_stops() -> None:
    assert "at last" in asyncio.run(heard_by_who_asked_before_the_stop(is_answered=True))


def test_one_that_is_never_answered_does_not_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "GRACE_SECONDS", 0.1)
    with writing() as log:
        heard = asyncio.run(heard_by_who_asked_before_the_stop(is_answered=False))
    assert "at last" not in heard
    assert any("shutdown" in str(line) for line in log.lines)


def test_one_that_was_never_started_can_be_stopped() -> None:
    server = Server(build(ROUTES), "127.0.0.1", 0)
    for work in (server.stop, server.wait):
        idle: Coroutine[Any, Any, None] = work()
        asyncio.run(idle)


def test_whoever_waits_for_it_returns_when_it_ends() -> None:
    async def run() -> None:
        server = Server(build(ROUTES), "127.0.0.1", 0)
        await server.start()
        waiting = asyncio.create_task(server.wait())
        await server.stop()
        async with asyncio.timeout(5):
            await waiting

    asyncio.run(run())
