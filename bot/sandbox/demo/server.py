"""The page's web server: its files, the live stream, and what the buttons do. Loopback only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.resources import files
from typing import Any, Protocol

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.acts import CannotAct
from bot.sandbox.demo import reports
from bot.sandbox.demo.bot_process import BotDied, BotProcess
from bot.sandbox.demo.bot_time import BotTime
from bot.sandbox.demo.place import TIMEZONE
from bot.sandbox.demo.screens import screens
from bot.sandbox.journal import Json
from bot.sandbox.world import World

FILES = files("bot.sandbox.demo") / "page"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# The bot is another process: its database is looked at this often while somebody watches.
TICK_SECONDS = 0.25
# A burst of changes (a page on two channels) becomes one update.
TOGETHER_SECONDS = 0.03
QUIET_SECONDS = 15.0
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Shown(Protocol):
    """What the page shows and moves: the running demo."""

    world: World
    time: BotTime
    bot: BotProcess

    def board(self, chosen: str) -> Json:
        """The alerts, read from the bot's database."""

    def deliver(self, message: bytes) -> str:
        """Send HL7 to the bot; its ACK. Raises OSError."""

    def restart(self) -> None:
        """Start the bot again. Raises BotDied."""


class BadRequest(ValueError):
    """What the page sent makes no sense; the text says why."""


class Page:
    """The routes of one demo."""

    def __init__(self, demo: Shown) -> None:
        self.demo = demo
        self.reports = reports.Reports()

    def routes(self) -> list[BaseRoute]:
        """Behind a check of the Host header: no other site's script may reach the stand-ins."""
        inside = [
            Route("/", self.file),
            Route("/page/{name:path}", self.file),
            Route("/api/samples", self.samples),
            Route("/api/stream", self.stream),
            Route("/api/act", self.act, methods=["POST"]),
            Route("/api/send", self.send, methods=["POST"]),
            Route("/api/clock", self.clock, methods=["POST"]),
            Route("/api/bot", self.restart, methods=["POST"]),
        ]
        local = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
        return [Mount("/", routes=inside, middleware=[local, Middleware(Guarded)])]

    async def file(self, request: Request) -> Response:
        """The page's own files, and no others."""
        name = request.path_params.get("name", "index.html")
        suffix = name[name.rfind(".") :]
        known = {e.name for e in FILES.iterdir()}
        known |= {f"emoji/{e.name}" for e in (FILES / "emoji").iterdir()}
        if name not in known or suffix not in TYPES:
            return Response("there is no such file", 404)
        return Response((FILES / name).read_bytes(), media_type=TYPES[suffix])

    async def samples(self, _request: Request) -> Response:
        return JSONResponse(reports.offered(self.demo.time.now()))

    async def act(self, request: Request) -> Response:
        """One act of one person, as acts.act describes it."""
        what = await _asked(request)
        try:
            return JSONResponse(await asyncio.to_thread(self.demo.world.act, what))
        except CannotAct as cannot:
            raise BadRequest(str(cannot)) from None

    async def send(self, request: Request) -> Response:
        """{"sample": name} or {"hl7": text}: over MLLP to the bot."""
        what = await _asked(request)
        message = self._message(what)
        try:
            ack = await asyncio.to_thread(self.demo.deliver, message)
        except OSError as error:
            said = f"The bot did not take it: {error.strerror or type(error).__name__}"
            return JSONResponse({"code": "", "said": said, "ack": ""})
        return JSONResponse({**reports.answered(ack), "hl7": _readable(message)})

    def _message(self, what: Json) -> bytes:
        if "hl7" in what:
            text = str(what["hl7"])
            if not text.strip():
                raise BadRequest("there is nothing to send: paste an HL7 message")
            return reports.from_text(text)
        try:
            return self.reports.made(str(what.get("sample")), self.demo.time.now())
        except KeyError:
            raise BadRequest(f"there is no sample {what.get('sample')!r}") from None

    async def clock(self, request: Request) -> Response:
        """{"minutes": n} goes forward, {"rate": 1 or 60} changes the speed."""
        what, time = await _asked(request), self.demo.time
        try:
            if "rate" in what:
                time.run_at(float(what["rate"]))
            else:
                await asyncio.to_thread(time.leap, timedelta(minutes=float(what["minutes"])))
        except (KeyError, TypeError, ValueError, OverflowError) as wrong:
            raise BadRequest(str(wrong)) from None
        return JSONResponse(_clock(time))

    async def restart(self, request: Request) -> Response:
        """Start the bot again after it has stopped."""
        await _asked(request)
        if self.demo.bot.state == "stopped":
            try:
                await asyncio.to_thread(self.demo.restart)
            except BotDied as died:
                raise BadRequest("The bot stopped again at once: its log says why") from died
        return JSONResponse({"ok": True})

    async def stream(self, request: Request) -> Response:
        """Server-sent events: the parts of the state that have changed, all of them first."""
        chosen = request.query_params.get("alert", "")
        return StreamingResponse(self._changes(chosen), media_type="text/event-stream")

    async def _changes(self, chosen: str) -> AsyncIterator[str]:
        bell, loop, sent = asyncio.Event(), asyncio.get_running_loop(), dict[str, str]()

        def ring(_: Json) -> None:
            loop.call_soon_threadsafe(bell.set)

        stop = self.demo.world.listen(ring)
        spoke = loop.time()
        try:
            while True:
                bell.clear()
                state = await asyncio.to_thread(self.state, chosen)
                fresh = {k: text for k, text in state.items() if sent.get(k) != text}
                if fresh or loop.time() - spoke > QUIET_SECONDS:
                    spoke = loop.time()
                    sent |= fresh
                    yield _event(fresh)
                await asyncio.sleep(TOGETHER_SECONDS)
                await _rung(bell, TICK_SECONDS)
        finally:
            stop()

    def state(self, chosen: str) -> dict[str, str]:
        """Each part of the page as JSON text. The clock's part changes only when it is moved."""
        demo = self.demo
        bot_state = demo.bot.state
        parts: Json = {
            **screens(demo.world.snapshot(), demo.time),
            **demo.board(chosen),
            "site": {"zone": TIMEZONE},
            "bot": {
                "state": bot_state,
                "log": demo.bot.last_lines() if bot_state == "stopped" else [],
            },
        }
        texts = {name: json.dumps(part, ensure_ascii=False) for name, part in parts.items()}
        return {**texts, "clock": json.dumps(_clock_moved(demo.time))}


def _clock(time: BotTime) -> Json:
    return {"now": time.now().isoformat(), "rate": time.rate}


def _clock_moved(time: BotTime) -> Json:
    """What the clock shows at a given real time: it stands until somebody moves the clock."""
    segment = time.last()
    return {"moved": segment.moved, "real": segment.real, "rate": segment.rate}


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return


def _event(parts: dict[str, str]) -> str:
    inside = ",".join(f"{json.dumps(name)}:{text}" for name, text in parts.items())
    return f"data: {{{inside}}}\n\n"


async def _asked(request: Request) -> Json:
    """The JSON of the request. Its media type is one that another site's form cannot send."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise BadRequest("the page sends application/json")
    try:
        given: Any = json.loads(await request.body())
    except ValueError:
        raise BadRequest("this is no JSON") from None
    if not isinstance(given, dict):
        raise BadRequest("an object was expected")
    return given


def _readable(message: bytes) -> str:
    return message.decode(errors="replace").replace("\r", "\n").strip()


class Guarded:
    """The headers of every answer, and what was asked wrongly as an answer that says so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except BadRequest as bad:
            await JSONResponse({"error": str(bad)}, 400)(scope, receive, send_with_headers)
