"""Socket Mode: the app's WebSocket connections, and envelopes that wait for their ack."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.journal import Journal, Json
from bot.sandbox.serving import cut, deafen
from bot.sandbox.slack_state import APP

ACK_SECONDS = 3.0


@dataclass(frozen=True)
class Ack:
    """The app's acknowledgment and the payload in it, or the reason that there was none."""

    payload: Json | None = None
    error: str | None = None


@dataclass(eq=False)
class Link:
    socket: WebSocket
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)
    deaf: bool = False


@dataclass
class SocketMode:
    """`delay` is seconds before an envelope leaves; `most_links` is Slack's limit for one app.

    `mute`: new connections are accepted, and from then on nothing is said or read. `cut_at_next`:
    the connection that the next envelope leaves by ends before its acknowledgment was read.
    `last` is the envelope that was delivered last.
    """

    journal: Journal
    tickets: set[str]
    links: list[Link] = field(default_factory=list)
    delay: float = 0.0
    most_links: int = 10
    mute: bool = False
    cut_at_next: bool = False
    last: Json | None = None

    async def serve(self, socket: WebSocket) -> None:
        if socket.query_params.get("ticket") not in self.tickets:
            await socket.close(4001)
            return
        self.tickets.discard(socket.query_params["ticket"])
        await socket.accept()
        if len(self.links) >= self.most_links:
            await _dismiss(socket, "too_many_websockets")
            return
        link = Link(socket)
        self.links.append(link)
        try:
            await self._greet(link)
            self.journal.tell("slack.connected", connections=len(self.links))
            while True:
                self._receive(link, await socket.receive_json())
        except (WebSocketDisconnect, RuntimeError):
            pass  # the app went away: its envelopes find no acknowledgment, as at Slack
        finally:
            self._drop(link)

    async def _greet(self, link: Link) -> None:
        if self.mute:
            link.deaf = True
            deafen(link.socket.scope)
        else:
            await link.socket.send_json(self._hello())

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.links),
            "debug_info": {
                "host": "standin",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": APP},
        }

    def _receive(self, link: Link, message: Json) -> None:
        self.journal.add("slack", "socket.ack", message)
        answer = link.waiting.pop(str(message.get("envelope_id")), None)
        if answer and not answer.done():
            answer.set_result(message.get("payload") or None)

    def _drop(self, link: Link) -> None:
        if link in self.links:
            self.links.remove(link)
        for answer in link.waiting.values():
            answer.cancel()
        self.journal.tell("slack.disconnected", connections=len(self.links))

    async def deliver(
        self, kind: str, payload: Json, *, answerable: bool = True, **more: object
    ) -> Ack:
        """Send an envelope over a connection chosen at random and wait three seconds for the ack.

        It is never sent again: Slack shows the person an error instead.
        """
        envelope = {
            "envelope_id": secrets.token_hex(16),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": answerable,
        }
        return await self._sent({**envelope, **more})

    async def deliver_again(self) -> Ack:
        """The last envelope once more, as if its acknowledgment had been lost."""
        assert self.last
        return await self._sent(self.last)

    async def _sent(self, envelope: Json) -> Ack:
        await asyncio.sleep(self.delay)
        if not self.links:
            return Ack(error="the app is not connected")
        self.last = envelope
        link = random.choice(self.links)
        answer: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        link.waiting[envelope["envelope_id"]] = answer
        return await self._acknowledged(link, answer, envelope)

    async def _acknowledged(
        self, link: Link, answer: asyncio.Future[Json | None], envelope: Json
    ) -> Ack:
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await link.socket.send_json(envelope)
                if self.cut_at_next:
                    self.cut_at_next = False
                    cut(link.socket.scope)
                return Ack(await answer)
        except TimeoutError:
            return Ack(error="the app did not answer within 3 seconds")
        except (asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            return Ack(error="the app's connection was lost")
        finally:
            link.waiting.pop(str(envelope["envelope_id"]), None)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to reconnect, as Slack does every few hours, and close it."""
        for link in list(self.links):
            await _dismiss(link.socket, reason)

    async def cut(self, how_many: int | None = None) -> None:
        """Drop connections without a word."""
        for link in self.links[:how_many]:
            cut(link.socket.scope)

    async def deafen(self, how_many: int | None = None) -> None:
        """Keep connections open but read nothing: no pong for the app, no ack for Slack."""
        for link in [link for link in self.links if not link.deaf][:how_many]:
            link.deaf = True
            deafen(link.socket.scope)


async def _dismiss(socket: WebSocket, reason: str) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_json(
            {"type": "disconnect", "reason": reason, "debug_info": {"host": "standin"}}
        )
        await socket.close()
