"""The Slack stand-in's door: Web API, response_urls and sockets, failure switches in front.

It answers what https://docs.slack.dev/reference/methods describes and refuses what Slack refuses.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.sandbox.faults import PROCESSED, Fault, Faults
from bot.sandbox.journal import Entry, Journal, Json
from bot.sandbox.realtime import epoch
from bot.sandbox.serving import failure
from bot.sandbox.slack_actions import Hands
from bot.sandbox.slack_args import Args
from bot.sandbox.slack_checks import problems_of_message
from bot.sandbox.slack_messages import show_only_to
from bot.sandbox.slack_methods import ALL_SCOPES, METHODS, Method
from bot.sandbox.slack_requests import RequestUrl
from bot.sandbox.slack_socket import Ack, SocketMode
from bot.sandbox.slack_state import (
    RESPONSE_URL_LIFE_SECONDS,
    RESPONSE_URL_USES,
    SlackError,
    Workspace,
)


@dataclass(frozen=True)
class SlackTokens:
    """They look like Slack's and say that they are not."""

    bot: str = "xoxb-standin-not-a-real-token"
    app: str = "xapp-standin-not-a-real-token"
    signing_secret: str = "standin-signing-secret-not-real"


@dataclass
class Slack:
    journal: Journal
    tokens: SlackTokens = SlackTokens()
    scopes: frozenset[str] = ALL_SCOPES
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.journal)
        self.socket = SocketMode(self.journal, self.workspace.tickets)
        self.request_url = RequestUrl(self.journal, self.tokens.signing_secret)
        self.hands = Hands(self.workspace, self._deliver)

    async def _deliver(
        self, kind: str, payload: Json, *, answerable: bool = True, **more: object
    ) -> Ack:
        """By HTTP where the app has a Request URL, else over one of its sockets."""
        if self.request_url.url:
            return await self.request_url.deliver(kind, payload)
        return await self.socket.deliver(kind, payload, answerable=answerable, **more)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/slack/api/{method}", self.api, methods=["GET", "POST"]),
            Route("/slack/respond/{key}", self.respond, methods=["POST"]),
            WebSocketRoute("/slack/link", self.link),
        ]

    async def link(self, socket: WebSocket) -> None:
        if self.faults.down:
            await socket.close(1013)
            return
        await self.socket.serve(socket)

    async def api(self, request: Request) -> Response:
        name = request.path_params["method"]
        values = await _values(request)
        # The token is the one secret in a call; it is checked and never kept.
        token = (
            values.pop("token", "")
            or request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        )
        entry = self.journal.add("slack", name, values, request.url.query)
        fault = self.faults.take(name, self._recipients(values))
        await asyncio.sleep(self.faults.latency)
        if fault and fault.how not in PROCESSED:
            return _failed(fault, entry)
        with self.journal.changed:
            entry.answer = self._answer(name, values, token)
        return JSONResponse(entry.answer) if fault is None else _failed(fault, entry)

    def _recipients(self, values: Json) -> set[str]:
        given = {
            str(values.get(k)) for k in ("channel", "user", "user_id", "users") if values.get(k)
        }
        return given | {user.id for g in given if (user := self.workspace.user_of_dm(g))}

    def _answer(self, name: str, values: Json, token: str) -> Json:
        try:
            method = METHODS.get(name)
            if method is None:
                raise SlackError("unknown_method", req_method=name)
            self._admit(method, token)
            answer = method.run(self.workspace, Args(values))
            return {"ok": True, **answer}
        except SlackError as refused:
            return refused.answer

    def _admit(self, method: Method, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token not in (self.tokens.bot, self.tokens.app):
            raise SlackError("invalid_auth")
        if (token == self.tokens.app) != method.by_app:
            raise SlackError("not_allowed_token_type")
        if method.scope and method.scope not in self.scopes:
            raise SlackError(
                "missing_scope", needed=method.scope, provided=",".join(sorted(self.scopes))
            )

    async def respond(self, request: Request) -> Response:
        values = await _values(request)
        entry = self.journal.add("slack", "response_url", values)
        fault = self.faults.take("response_url")
        if fault:
            return _failed(fault, entry)
        with self.journal.changed:
            return self._respond(request.path_params["key"], values)

    def _respond(self, key: str, values: Json) -> Response:
        place = self.workspace.response_urls.get(key)
        if place is None or epoch() - place.born > RESPONSE_URL_LIFE_SECONDS:
            return PlainTextResponse("expired_url", 404)
        if place.uses >= RESPONSE_URL_USES:
            return PlainTextResponse("used_url", 404)
        if problems := problems_of_message(values.get("blocks") or []):
            return JSONResponse({"ok": False, "error": "invalid_blocks", "errors": problems}, 400)
        place.uses += 1
        text, blocks = str(values.get("text") or ""), values.get("blocks") or []
        if values.get("replace_original") and place.message:
            place.message.show(text, blocks)
            self.journal.tell("slack.message_changed", channel=place.channel, ts=place.message.ts)
        elif values.get("delete_original") and place.message:
            place.message.deleted = True
            self.journal.tell("slack.message_changed", channel=place.channel, ts=place.message.ts)
        else:
            show_only_to(self.workspace, place.user, place.channel, text, blocks, expected=True)
        return PlainTextResponse("ok")


async def _values(request: Request) -> dict[str, Any]:
    body = (await request.body()).decode()
    if request.headers.get("content-type", "").startswith("application/json"):
        sent = json.loads(body or "{}")
    else:
        sent = dict(parse_qsl(body, keep_blank_values=True))
    return {**request.query_params, **sent}


def _failed(fault: Fault, entry: Entry) -> Response:
    error = fault.error or ("internal_error" if fault.how == "server_error" else "ratelimited")
    return failure(fault, entry, JSONResponse({"ok": False, "error": error}))
