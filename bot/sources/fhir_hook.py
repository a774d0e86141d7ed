"""Where a FHIR server's Subscription delivers (R4, 2.46.9): PUT by id, POST, and an empty POST.

Whoever can write here can cause pages: every request carries a secret of the site's.
"""

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import metrics
from bot.log import log
from bot.sources import fhir
from bot.sources.fhir_http import Refused, TryLater
from bot.sources.fhir_json import Node, Resource, bundled, node_of, parse, text
from bot.sources.fhir_poll import Poller
from bot.sources.hl7_wire import BadReport

MOST_BYTES = 20_000_000
_ID = re.compile(r"[A-Za-z0-9.-]{1,128}")


class BadRequest(Exception):
    """The request is turned away; ``reason`` is a slug."""

    def __init__(self, reason: str, status: int, explain: str) -> None:
        super().__init__(reason)
        self.reason, self.status, self.explain = reason, status, explain


@dataclass(frozen=True)
class Hook:
    """The routes of one server. A positive answer leaves when the report is durably kept."""

    path: str
    poller: Poller
    secret: str = field(repr=False)

    def routes(self) -> list[Route]:
        """For bot.web.app.build."""
        return [
            Route(self.path, self._guarded(self._posted), methods=["POST"]),
            Route(
                f"{self.path}/DiagnosticReport/{{id}}", self._guarded(self._put), methods=["PUT"]
            ),
        ]

    def _guarded(
        self, handler: Callable[[Request, bytes], Awaitable[None]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                self._check(request)
                await handler(request, await _body(request))
            except BadRequest as bad:
                metrics.webhook_refused(bad.reason)
                log.warning("webhook_refused", reason=bad.reason, kind="fhir")
                return PlainTextResponse(f"{bad.explain}\n", bad.status)
            except (TryLater, Refused) as failure:
                log.warning("webhook_postponed", reason=failure.reason, kind="fhir")
                return PlainTextResponse("The report cannot be read from the server now.\n", 503)
            return PlainTextResponse("ok\n")

        return endpoint

    def _check(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.secret}".encode()):
            explain = "Send the Authorization header that the Subscription's channel.header names."
            raise BadRequest("secret", 401, explain)

    async def _put(self, request: Request, body: bytes) -> None:
        number = request.path_params["id"]
        if not _ID.fullmatch(number):
            raise BadRequest("id", 400, "This is no id of a resource.")
        if body:
            await self._received(body)
        elif not await self.poller.take_by_name(f"{fhir.REPORT}/{number}"):
            self.poller.look_now()

    async def _posted(self, _: Request, body: bytes) -> None:
        if body:
            await self._received(body)
        else:
            self.poller.look_now()

    async def _received(self, body: bytes) -> None:
        """Each report of the body; what is none, and no notification either, is kept as it is."""
        try:
            resource = parse(body)
        except BadReport:
            await self.poller.receive(body)
            return
        reports = _reports(resource)
        for report in reports:
            if not await self.poller.take(report.body, [], named=report.known):
                self.poller.look_now()
        if reports:
            return
        if text(resource.get("resourceType")) == "Bundle":
            self.poller.look_now()  # a notification that only says that something has changed
        else:
            await self.poller.receive(body)


def _reports(resource: Resource) -> list[Node]:
    if text(resource.get("resourceType")) == fhir.REPORT:
        return [node_of(resource)]
    return bundled(resource, fhir.REPORT)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadRequest("too-large", 413, f"A notification has {MOST_BYTES} bytes at most.")
    return bytes(body).strip()
