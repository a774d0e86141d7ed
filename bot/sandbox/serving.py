"""One uvicorn on a thread of its own; its connections can be cut or held as a bad network does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import weakref
from collections.abc import AsyncIterator, Coroutine
from http import HTTPStatus
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.sandbox.faults import UNREADABLE, Fault, How
from bot.sandbox.journal import Entry
from bot.sandbox.realtime import http_date, real_now

T = TypeVar("T")
Address = tuple[str, int]
GRACE_SECONDS = 1.0

_transports: weakref.WeakValueDictionary[Address, asyncio.Transport] = weakref.WeakValueDictionary()


class TraceableProtocol(H11Protocol):
    """Leaves its transport where the connection can be found by the peer's address, to be cut."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        if self.client:
            _transports[self.client] = transport


def cut(scope: Scope) -> None:
    """Drop the connection at once: the peer sees a reset or an end of file, and no answer."""
    if transport := _transports.get(scope["client"]):
        transport.abort()


def deafen(scope: Scope) -> None:
    """Keep the connection open and read nothing more from it: pings stay unanswered."""
    if transport := _transports.get(scope["client"]):
        transport.pause_reading()


class Cut(Response):
    """No answer: the connection ends."""

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        cut(scope)
        await _until_gone(receive)


class Hang(Response):
    """No answer: the connection stays open until the caller gives up."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        await _until_gone(receive)


def failure(fault: Fault, entry: Entry, error: Response) -> Response:
    """The answer, or the silence, of a fault. `error` is the provider's own error or rate limit."""
    said = json.dumps(entry.answer)
    entry.answer = {**(entry.answer or {}), "fault": fault.how}
    if fault.how in UNREADABLE:
        return _unreadable(fault.how, said)
    match fault.how:
        case "error" | "server_error":
            return error
        case "status" if fault.status == HTTPStatus.TOO_MANY_REQUESTS:
            error.status_code = fault.status
            error.headers["Retry-After"] = str(fault.retry_after)
            return error
        case "status":
            return PlainTextResponse("the stand-in fails as it was told", fault.status)
        case "refuse" | "lost_reply":
            return Cut()
        case _:
            return Hang()


def _unreadable(how: How, said: str) -> Response:
    match how:
        case "bad_gateway":
            return HTMLResponse("<html>Bad Gateway</html>", HTTPStatus.BAD_GATEWAY)
        case "unavailable":
            return HTMLResponse("<html>upstream reset</html>", HTTPStatus.SERVICE_UNAVAILABLE)
        case "page":
            return HTMLResponse("<html>Please sign in</html>")
        case "cut_json":
            return Response(said[: len(said) // 2], media_type="application/json")
        case "hollow":
            answer = json.loads(said) or {}
            return JSONResponse({key: answer[key] for key in answer if key == "ok"})
        case _:
            return Response(media_type="application/json")


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Dated:
    """Puts the time on every answer that has none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("date", http_date(real_now()))
            await send(message)

        await self._app(scope, receive, dated)


class _StandIns(uvicorn.Server):
    """Ends when it is told to. Its own way takes a fifth of a second, of sleeps, in each test."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ended = asyncio.Event()

    async def main_loop(self) -> None:
        ticking = asyncio.create_task(super().main_loop())
        await self.ended.wait()
        ticking.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What is under way ends by itself: its connections are gone."""
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE_SECONDS)
        await self.lifespan.shutdown()


class Server:
    """Serves `routes` on 127.0.0.1 from a background thread. Port 0 takes a free one."""

    def __init__(self, routes: list[BaseRoute], port: int = 0, ping_interval: float = 0.5) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._socket.listen(1024)
        self.port: int = self._socket.getsockname()[1]
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._uvicorn = _StandIns(
            self._config(Starlette(routes=routes, lifespan=self._lifespan), ping_interval)
        )
        self._thread = threading.Thread(target=self._serve, name="stand-ins", daemon=True)

    @staticmethod
    def _config(app: Starlette, ping_interval: float) -> uvicorn.Config:
        return uvicorn.Config(
            _Dated(app),
            http=TraceableProtocol,
            ws="websockets-sansio",
            loop="asyncio",
            log_config=None,
            log_level="warning",
            date_header=False,  # a stand-in may have a clock of its own
            access_log=False,
            ws_ping_interval=ping_interval,
            # A socket deafened on purpose must stay open: it is the bot's part to notice.
            ws_ping_timeout=None,
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        yield

    def _serve(self) -> None:
        self._uvicorn.run(sockets=[self._socket])

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the stand-ins are not running: call start() first")
        return self._loop

    def start(self) -> None:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError(f"the stand-ins did not start on port {self.port} within 10 s")

    def stop(self) -> None:
        if not self._thread.is_alive():
            return
        self.loop.call_soon_threadsafe(self._end)
        self._thread.join(10)

    def _end(self) -> None:
        for protocol in list(self._uvicorn.server_state.connections):
            if transport := getattr(protocol, "transport", None):
                transport.abort()
        self._uvicorn.ended.set()

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 30.0) -> T:
        """Run `work` on the server's loop from another thread and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)
