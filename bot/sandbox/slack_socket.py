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
    """`delay` is seconds before an envelope leaves; `most_links` is Slack's limit for one app."""

    journal: Journal
    tickets: set[str]
    links: list[Link] = field(default_factory=list)
    delay: float = 0.0
    most_links: int = 10

    async def serve(self, socket: WebSocket) -> None:
        if (
            socket.query_params.get("ticket") not in self.tickets
            or len(self.links) >= self.most_links
        ):
            await socket.close(4001)
            return
        self.tickets.discard(socket.query_params["ticket"])
        await socket.accept()
        link = Link(socket)
        self.links.append(link)
        try:
            await socket.send_json(self._hello())
            self.journal.tell("slack.connected", connections=len(self.links))
            while True:
                self._receive(link, await socket.receive_json())
        except (WebSocketDisconnect, RuntimeError):
            pass  # the app went away: its envelopes find no acknowledgment, as at Slack
        finally:
            self._drop(link)

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
        await asyncio.sleep(self.delay)
        if not self.links:
            return Ack(error="the app is not connected")
        link = random.choice(self.links)
        envelope_id = secrets.token_hex(16)
        answer: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        link.waiting[envelope_id] = answer
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": answerable,
        }
        return await self._acknowledged(link, answer, {**envelope, **more})

    async def _acknowledged(
        self, link: Link, answer: asyncio.Future[Json | None], envelope: Json
    ) -> Ack:
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await link.socket.send_json(envelope)
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
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await link.socket.send_json(
                    {"type": "disconnect", "reason": reason, "debug_info": {"host": "standin"}}
                )
                await link.socket.close()

    async def cut(self) -> None:
        """Drop every connection without a word."""
        for link in list(self.links):
            cut(link.socket.scope)

    async def deafen(self, how_many: int | None = None) -> None:
        """Keep connections open but read nothing: no pong for the app, no ack for Slack."""
        for link in [link for link in self.links if not link.deaf][:how_many]:
            link.deaf = True
            deafen(link.socket.scope)
