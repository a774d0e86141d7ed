"""The other way to reach an app: signed HTTP requests to its Request URL, where it has no socket.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import io
import json
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.journal import Journal, Json
from bot.sandbox.realtime import epoch
from bot.sandbox.slack_socket import ACK_SECONDS, Ack

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass
class RequestUrl:
    """Delivers to `url` when it is set; nothing is sent again unless somebody says so. `last` is
    the body that was delivered last with its headers."""

    journal: Journal
    signing_secret: str
    url: str = ""
    last: tuple[str, dict[str, str]] = ("", {})
    _session: aiohttp.ClientSession | None = None

    async def deliver(self, kind: str, payload: Json) -> Ack:
        """Post an interaction, a command or an event, and wait three seconds for the answer."""
        body, content_type = _body(kind, payload)
        self.last = body, {"Content-Type": content_type, **self._signed(body)}
        return await self.post(*self.last)

    async def deliver_again(self, *, seconds_ago: int = 0) -> Ack:
        """The last request as Slack repeats it, newly signed, or as it was signed so long ago."""
        body, headers = self.last
        retry = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
        return await self.post(body, {**headers, **retry, **self._signed(body, seconds_ago)})

    async def verify(self) -> bool:
        """Whether the app answers the challenge, which Slack sends when the URL is entered."""
        challenge = secrets.token_urlsafe(32)
        answer = await self.deliver(
            "url_verification", {"challenge": challenge, "type": "url_verification"}
        )
        return (answer.payload or {}).get("challenge") == challenge

    async def post(self, body: str, headers: dict[str, str]) -> Ack:
        """Anybody's request: what it carries is what counts."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ACK_SECONDS))
        try:
            async with self._session.post(
                self.url, data=io.BytesIO(body.encode()), headers=headers
            ) as answer:
                return self._ack(answer.status, await answer.text())
        except (aiohttp.ClientError, TimeoutError):
            return Ack(error="the app did not answer within 3 seconds")

    def _signed(self, body: str, seconds_ago: int = 0) -> dict[str, str]:
        at = str(int(epoch()) - seconds_ago)
        verifier = SignatureVerifier(self.signing_secret)
        signature = verifier.generate_signature(timestamp=at, body=body)
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": str(signature)}

    def _ack(self, status: int, text: str) -> Ack:
        self.journal.add("slack", "request.answer", {"status": status, "body": text})
        if status != 200:
            return Ack(error=f"the app answered {status}")
        try:
            return Ack(json.loads(text)) if text else Ack()
        except ValueError:
            return Ack({"text": text})

    async def close(self) -> None:
        if self._session:
            await self._session.close()


def _body(kind: str, payload: Json) -> tuple[str, str]:
    match kind:
        case "interactive":
            return urlencode({"payload": json.dumps(payload)}), FORM
        case "slash_commands":
            return urlencode(payload), FORM
        case _:
            return json.dumps(payload), JSON
