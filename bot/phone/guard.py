"""The door for what Twilio posts: signed, of a bounded size, answered before Twilio gives up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from bot import metrics
from bot.domain.effects import Record
from bot.engine.context import Engine
from bot.engine.refusals import Refusals
from bot.log import log
from storage import audit
from storage.database import OUTAGES

MOST_BYTES = 64 * 1024


class BadRequest(Exception):
    """The request cannot be what Twilio sends. ``reason`` is a slug; ``explain`` says more."""

    def __init__(self, reason: str, status: int, explain: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.explain = explain


class NotKept(Exception):
    """The database could not take what the request brought. Nothing of it is remembered, so that
    its repetition counts."""


Handler = Callable[[Mapping[str, str], Mapping[str, str]], Awaitable[Response]]
"""From the form and the query to the answer."""


@dataclass(frozen=True)
class Guard:
    """``public_url`` is the address under which Twilio knows us: it signs that one, whatever a
    proxy in between makes of it. ``patience`` in seconds: Twilio itself waits for 15."""

    engine: Engine
    auth_token: str
    public_url: str
    patience: float = 10.0
    refusals: Refusals = field(default_factory=Refusals)

    def route(self, path: str, door: str, handler: Handler) -> Route:
        """One webhook; ``door`` is its name in logs and metrics."""

        async def endpoint(request: Request) -> Response:
            try:
                form = form_of(await _body(request))
                self._check_signature(request, form)
                return await handler(form, request.query_params)
            except BadRequest as refused:
                await self._refused(door, refused)
                return PlainTextResponse(f"{refused.explain}\n", refused.status)

        return Route(path, endpoint, methods=["POST"])

    def _check_signature(self, request: Request, form: Mapping[str, str]) -> None:
        query = f"?{request.url.query}" if request.url.query else ""
        url = f"{self.public_url.rstrip('/')}{request.url.path}{query}"
        validator = RequestValidator(self.auth_token)  # type: ignore[no-untyped-call]  # untyped in the SDK
        given = request.headers.get("x-twilio-signature", "")
        if not validator.validate(url, dict(form), given):  # type: ignore[no-untyped-call]  # as above
            raise BadRequest(
                "signature",
                403,
                "The signature does not fit. It is computed with the account's auth token over "
                "[web] public_url and this path: check that both are the same here and at Twilio.",
            )

    async def _refused(self, door: str, refused: BadRequest) -> None:
        """Counted, logged and recorded; of the request nothing but which door it came to."""
        now = self.engine.clock.now()
        count = self.refusals.note(refused.reason, door, now)
        if not count:
            return
        about = {"reason": refused.reason, "door": door}
        entry = Record("webhook_refused", "twilio", {**about, "count": count})
        with suppress(NotKept):
            async with self.keeping(door):
                await self.engine.database.write(lambda c: audit.append(c, "admin", [entry], now))

    @asynccontextmanager
    async def keeping(self, door: str) -> AsyncIterator[None]:
        """Raises NotKept where the database is away, or takes longer than Twilio would wait."""
        try:
            async with asyncio.timeout(self.patience):
                yield
        except (*OUTAGES, TimeoutError) as error:
            metrics.webhook_not_kept(door)
            log.error("webhook_not_kept", kind=door, error=type(error).__name__)
            raise NotKept from None


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadRequest("too-large", 413, f"A webhook has {MOST_BYTES} bytes at most.")
    return body


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a form (application/x-www-form-urlencoded in UTF-8, as Twilio sends it)."""
    try:
        text = body.decode("ascii")
        fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise BadRequest("encoding", 400, "The body is no form encoded in UTF-8.") from None
    if "\0" in text or "%00" in text:
        raise BadRequest("encoding", 400, "The body holds a NUL character.")
    return dict(fields)


def needed(form: Mapping[str, str], name: str) -> str:
    """The field's value. Raises BadRequest where it is missing or empty."""
    if not form.get(name):
        raise BadRequest("missing-field", 400, f"The field {name} is missing.")
    return form[name]
