"""What Twilio posts to the bot, signed and once: status callbacks, inbound messages."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from bot.sandbox.journal import Journal

TIMEOUT_SECONDS = 15.0  # Twilio gives a webhook as long


def signature_of(auth_token: str, url: str, params: dict[str, str]) -> str:
    """X-Twilio-Signature, by the SDK's own validator."""
    validator = RequestValidator(auth_token)  # type: ignore[no-untyped-call]  # twilio leaves it untyped
    return str(validator.compute_signature(url, params))  # type: ignore[no-untyped-call]  # as above


@dataclass(frozen=True)
class Posted:
    """One request to the bot and how it answered: `status` is None when no answer came."""

    url: str
    params: dict[str, str]
    status: int | None
    body: str = ""
    error: str = ""

    @property
    def fine(self) -> bool:
        return (
            self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES
        )


@dataclass
class Hooks:
    """While the bot is ``unreachable`` from outside, nothing that is posted arrives."""

    journal: Journal
    auth_token: str
    unreachable: bool = False
    posted: list[Posted] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None

    async def post(self, url: str, params: dict[str, str]) -> Posted:
        signature = signature_of(self.auth_token, url, params)
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
        posted = await self._send(url, params, headers)
        self.posted.append(posted)
        entry = self.journal.add("twilio", "webhook.answer", {"body": posted.body})
        entry.answer = {"status": posted.status, "error": posted.error}
        self.journal.tell("twilio.webhook", url=url, status=posted.status)
        return posted

    async def _send(self, url: str, params: dict[str, str], headers: dict[str, str]) -> Posted:
        if self.unreachable:
            return Posted(url, params, None, error="unreachable")
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT_SECONDS))
        try:
            # Encoded already: the signature is over the URL as it was given, letter by letter.
            async with self._session.post(
                URL(url, encoded=True), data=params, headers=headers, allow_redirects=False
            ) as answer:
                return Posted(url, params, answer.status, await answer.text())
        except (aiohttp.ClientError, TimeoutError, ValueError) as lost:
            return Posted(url, params, None, error=type(lost).__name__)

    async def close(self) -> None:
        if self._session:
            await self._session.close()


def texts_in_twiml(body: str) -> list[str]:
    """The text of each <Message> of a <Response>; ValueError for what is not TwiML (12100)."""
    if not body.strip():
        return []
    try:
        root = ET.fromstring(body)
    except ET.ParseError as wrong:
        raise ValueError(f"12100: the answer is not XML: {wrong}") from None
    if root.tag != "Response":
        raise ValueError(f"12200: the answer's root is <{root.tag}>, not <Response>")
    messages = [m for m in root if m.tag in ("Message", "Sms")]
    return [
        "".join(t.itertext()).strip()
        for m in messages
        for t in [m.find("Body") if m.find("Body") is not None else m]
        if t is not None
    ]
