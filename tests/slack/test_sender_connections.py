"""A kept-alive connection that Slack has closed, or that breaks in the middle."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bot.domain.page import Page, SendUncertain, Sent
from bot.slack import SlackSettings
from bot.slack.sender import BELIEVED_ACTIVE, SlackSender
from tests.slack.given import page
from tests.slack.sending import opened


@asynccontextmanager
async def serving(
    answers: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[str]:
    """A server of the test's own, for what the stand-in's HTTP server cannot do."""
    app = web.Application()
    app.router.add_post("/api/{method}", answers)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        await runner.cleanup()


def test_a_connection_found_closed_before_the_first_byte_is_replaced_at_once() -> None:
    """The peer closes just between our taking the connection from the pool and our writing."""
    served: list[str] = []
    transports: list[asyncio.Transport] = []

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        served.append(body["metadata"]["event_payload"]["delivery_id"])
        assert request.transport is not None
        transports.append(request.transport)
        return web.json_response({"ok": True, "ts": "1.0", "channel": "D1"})

    async def run() -> list[Sent]:
        async with serving(answer) as url, opened(_at(url)) as sender:
            believe_active(sender, page())  # one request a page, on one connection
            first = await sender.send(page())
            closed = close_when_taken(sender, transports[0])
            second = await sender.send(page(delivery_id="d2"))
            assert closed.is_set()
            return [first, second]

    assert asyncio.run(run()) == [Sent("1.0", "D1"), Sent("1.0", "D1")]
    assert served == ["d1", "d2"]
    assert len(set(map(id, transports))) == 2


def believe_active(sender: SlackSender, page: Page) -> None:
    assert page.person.slack
    sender._active_until[page.person.slack[1]] = page.now + BELIEVED_ACTIVE


def close_when_taken(sender: SlackSender, peer: asyncio.Transport) -> asyncio.Event:
    """Have the peer close once our pool has handed the idle connection out."""
    connector, done = sender._session.connector, asyncio.Event()
    assert connector is not None
    [[(protocol, _)]] = connector._conns.values()
    closed = protocol.closed
    assert closed is not None

    async def close(*_: object) -> None:
        peer.abort()
        async with asyncio.timeout(5):
            await closed
        done.set()

    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(close)
    trace.freeze()
    sender._session._trace_configs.append(trace)
    return done


def test_however_many_pages_leave_at_once_none_waits_for_a_connection_of_ours() -> None:
    """Slack is slow: none is answered before all are there."""
    pages, arrived = 120, 0

    async def run() -> list[Sent]:
        all_there = asyncio.Event()

        async def answer(_: web.Request) -> web.Response:
            nonlocal arrived
            arrived += 1
            if arrived == pages:
                all_there.set()
            await all_there.wait()
            return web.json_response({"ok": True, "ts": "1.0", "channel": "D1"})

        async with serving(answer) as url, opened(_at(url)) as sender:
            believe_active(sender, page())
            return await asyncio.gather(
                *(sender.send(page(delivery_id=f"d{n}")) for n in range(pages))
            )

    assert asyncio.run(run()) == [Sent("1.0", "D1")] * pages


def test_a_connection_that_breaks_after_the_request_was_read_is_uncertain() -> None:
    served: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        served.append(body["metadata"]["event_payload"]["delivery_id"])
        if len(served) > 1:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"ok": True, "ts": "1.0", "channel": "D1"})

    async def run() -> None:
        async with serving(answer) as url, opened(_at(url)) as sender:
            await sender.send(page())
            with pytest.raises(SendUncertain):
                await sender.send(page(delivery_id="d2"))

    asyncio.run(run())
    assert served == ["d1", "d2"]


@pytest.mark.parametrize("half", [{}, {"ts": "1.0"}, {"channel": "D1"}, {"ts": 1, "channel": ""}])
def test_half_of_a_success_leaves_open_what_became_of_it(half: dict[str, object]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, **half})

    async def run() -> None:
        async with serving(answer) as url, opened(_at(url)) as sender:
            believe_active(sender, page())
            with pytest.raises(SendUncertain, match="slack-no-identifier"):
                await sender.send(page())

    asyncio.run(run())


def _at(url: str) -> SlackSettings:
    return SlackSettings("xoxb-x", "xapp-x", "1", "none", url)
