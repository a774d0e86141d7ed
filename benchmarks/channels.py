"""Slack and Twilio as plain servers that say yes at once and note when each recipient was asked.

A child process of its own, so that its work does not count as Readback's. Unlike the stand-ins of
the sandbox it checks nothing.
"""

import asyncio
import json
import sys
import time
from itertools import count

from aiohttp import web

Seen = dict[str, float]


class Server:
    """First request by recipient, on the monotonic clock that all processes share."""

    def __init__(self) -> None:
        self.first: Seen = {}
        self.requests = 0
        self._numbers = count(1)

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application()
        app.router.add_post("/slack/api/{method}", self.slack)
        app.router.add_post("/twilio/{rest:.*}", self.twilio)
        app.router.add_get("/twilio/{rest:.*}", self.asked)
        app.router.add_post("/bare", self.bare)
        app.router.add_get("/socket", self.socket)
        app.router.add_get("/seen", self.seen)
        return app

    def _note(self, recipient: object) -> None:
        self.requests += 1
        self.first.setdefault(str(recipient), time.monotonic())

    async def slack(self, request: web.Request) -> web.Response:
        """chat.* and what the sockets need."""
        if request.match_info["method"] == "apps.connections.open":
            url = f"ws://{request.host}/socket"
            return web.json_response({"ok": True, "url": url})
        body = await _fields(request)
        self._note(body.get("channel"))
        ts = f"{1700000000 + next(self._numbers)}.000100"
        return web.json_response({"ok": True, "ts": ts, "channel": body.get("channel")})

    async def twilio(self, request: web.Request) -> web.Response:
        """Messages.create."""
        body = await request.post()
        self._note(body.get("To"))
        sid = f"SM{next(self._numbers):032x}"
        return web.json_response({"sid": sid, "status": "queued", "to": body.get("To")}, status=201)

    async def asked(self, request: web.Request) -> web.Response:
        """Readback has no public URL here: each message has arrived, and nobody has answered."""
        resource = request.match_info["rest"].removesuffix(".json").rpartition("/")[2]
        if resource == "Messages":
            return web.json_response({"messages": [], "page": 0, "page_size": 50})
        return web.json_response({"sid": resource, "status": "delivered"})

    async def bare(self, request: web.Request) -> web.Response:
        """The reference's one request."""
        self._note((await request.post()).get("channel"))
        return web.json_response({"ok": True})

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        """A Socket Mode connection on which nobody ever clicks."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        async for _ in socket:
            pass
        return socket

    async def seen(self, _: web.Request) -> web.Response:
        """The first requests so far, and how many there were; forgets them."""
        first, self.first = self.first, {}
        requests, self.requests = self.requests, 0
        return web.json_response({"first": first, "requests": requests})


async def _fields(request: web.Request) -> dict[str, object]:
    if request.content_type == "application/json":
        return dict(json.loads(await request.read()))
    return dict(await request.post())


async def serve() -> None:
    """Listen on a free port and print it."""
    runner = web.AppRunner(Server().app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(serve()))
