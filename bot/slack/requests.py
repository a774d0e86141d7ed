"""Slack's other way in: signed requests to our Request URL, for a site with a public address.

https://docs.slack.dev/authentication/verifying-requests-from-slack: the signature is computed over
the body with the signing secret, and is good for five minutes. Within them a request that comes
again gets the answer of the first (see once.py).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from slack_bolt import App, BoltResponse
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.engine.refusals import Refusals

PATH = "/slack/events"
# A submitted modal brings its view along, 250 kB at most, in which letters beyond ASCII are escaped
# twice.
MOST_BYTES = 3_000_000


class Requests:
    """The route behind the Request URL. Raises ValueError without a signing secret: with an empty
    one anybody could sign."""

    def __init__(
        self, app: App, signing_secret: str, workers: int, now: Callable[[], datetime]
    ) -> None:
        if not signing_secret:
            raise ValueError("requests from Slack cannot be verified without SLACK_SIGNING_SECRET")
        self._app, self._verifier = app, SignatureVerifier(signing_secret)
        self._now, self._refusals = now, Refusals()
        # Bolt's dispatch waits for the listener's ack, and the listener for this event loop.
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="slack-request")

    def routes(self) -> list[Route]:
        """For bot.web.app.build."""
        return [Route(PATH, self._take, methods=["POST"])]

    def stop(self) -> None:
        """Wait for what is under way; three seconds at most."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _take(self, request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return self._refused("too-large", 413, "Slack sends no body that is so large.")
        if not self._is_signed(request, body):
            return self._refused(
                "signature",
                401,
                "The signature does not fit, or is older than five minutes: check that "
                "SLACK_SIGNING_SECRET is that of the app, and this machine's clock.",
            )
        try:
            asked = to_bolt_request(request, body)
        except ValueError:
            return self._refused("unreadable", 400, "The body is not what Slack sends.")
        loop = asyncio.get_running_loop()
        answer: BoltResponse = await loop.run_in_executor(self._pool, self._app.dispatch, asked)
        return to_starlette_response(answer)

    def _is_signed(self, request: Request, body: bytes) -> bool:
        """Asked before anything reads the body; bolt asks the same once more."""
        at = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        if not (at.isascii() and at.isdecimal() and signature.isascii()):
            return False
        try:
            return self._verifier.is_valid(body, at, signature)
        except ValueError:  # no ASCII, as Slack's own forms are, or a number of thousands of digits
            return False

    def _refused(self, reason: str, status: int, explain: str) -> Response:
        self._refusals.note(reason, "slack", self._now())
        return PlainTextResponse(f"{explain}\n", status)


async def _body(request: Request) -> bytes | None:
    """None where it is too large; no more than that is ever held."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return body
