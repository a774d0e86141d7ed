"""The web server, in the process and on the loop of everything else."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from math import inf

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot import metrics

GRACE_SECONDS = 3.0
_SENDING = frozenset({"IDLE", "SEND_BODY"})
"""h11's names for whoever has not ended their request."""
MOST_CONNECTIONS = 1_000
_BACKLOG = 100
"""As many are taken in before anybody counts them. Where files run out meanwhile, asyncio tells so
for each one that could be waiting: uvicorn's 2048 filled a log with ten thousand lines a second."""
REQUEST_SECONDS = 60.0
"""For a whole request: a notification of 20 MB comes in a third of that at 10 Mbit/s."""


def build(routes: Sequence[BaseRoute]) -> Starlette:
    """The app of these routes. What is not there, or goes wrong, is answered in a few words."""
    handlers = {HTTPException: _refused, ClientDisconnect: _hung_up, Exception: _broke}
    return Starlette(routes=list(routes), exception_handlers=handlers)


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return PlainTextResponse(f"{HTTPStatus(status).phrase}\n", status, headers)


async def _hung_up(_: Request, __: Exception) -> Response:
    """Whoever asks has left in the middle of their request: nobody reads the answer."""
    metrics.webhook_refused("hung-up")
    return PlainTextResponse("Bad Request\n", 400)


async def _broke(_: Request, __: Exception) -> Response:
    """The error itself goes on to uvicorn's logger, and from there to ours without its text."""
    return PlainTextResponse("Internal Server Error\n", 500)


class _Protocol(H11Protocol):
    """Whoever does not end their request is hung up on: uvicorn waits for ever, and each of them
    holds a file that a page may need. Where there are ``most``, the one that has waited longest
    makes room."""

    most = MOST_CONNECTIONS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._await_the_rest()
        there = [one for one in self.connections if not one.transport.is_closing()]
        if len(there) > self.most:
            min(there, key=_ends_at).transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await_the_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        self._set(None)
        super().connection_lost(exc)

    def _await_the_rest(self) -> None:
        if self.conn.their_state.__name__ not in _SENDING:
            self._set(None)
        elif self._deadline is None:
            self._set(self.loop.call_later(REQUEST_SECONDS, self.transport.abort))

    def _set(self, deadline: asyncio.TimerHandle | None) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = deadline


def _ends_at(connection: object) -> float:
    """Whoever is being answered last of all."""
    deadline = connection._deadline if isinstance(connection, _Protocol) else None
    return deadline.when() if deadline else inf


class _Uvicorn(uvicorn.Server):
    """Ends as soon as it is told to and nothing is under way; uvicorn itself looks for either only
    every tenth of a second, and everything else that stops would wait for it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening, self.ended = asyncio.Event(), asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        ticking = asyncio.create_task(super().main_loop())
        await self.ended.wait()
        ticking.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - uvicorn tells nobody
                    await asyncio.sleep(0.005)
                return
        await super().shutdown(sockets)  # cancels what is left

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process: it stops everything in order, this server included."""
        yield


class Server:
    """Serves ``app`` on ``host`` and ``port``; port 0 takes a free one. It holds ``most``
    connections at a time."""

    def __init__(self, app: Starlette, host: str, port: int, most: int = MOST_CONNECTIONS) -> None:
        self._app = app
        self._protocol = type("_Bounded", (_Protocol,), {"most": most})
        self._host = host
        self._port = port
        self._uvicorn: _Uvicorn | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port it listens on, once it was started."""
        return self._port

    async def start(self) -> None:
        """Listen. Raises OSError where the address cannot be had."""
        listener = _listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            http=self._protocol,
            backlog=_BACKLOG,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=0,
        )
        self._uvicorn = _Uvicorn(config)
        self._serving = asyncio.create_task(self._uvicorn.serve([listener]), name="web")
        await self._uvicorn.listening.wait()

    async def wait(self) -> None:
        """Return, or raise, when it serves no more."""
        if self._serving:
            await asyncio.shield(self._serving)

    async def stop(self) -> None:
        """Finish the requests under way, for three seconds at most."""
        if self._uvicorn and self._serving:
            self._uvicorn.ended.set()
            await self._serving


def _listen(host: str, port: int) -> socket.socket:
    """Bound here and not by uvicorn, which answers a taken port with sys.exit."""
    family, kind, proto, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener
