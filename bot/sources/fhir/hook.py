"""Where a FHIR server's Subscription delivers (R4, 2.46.9): PUT by id, POST, and an empty POST.

Whoever can write here can cause pages: every request carries a secret of the site's.
"""

import asyncio
import hmac
import re
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.domain.message import Receipt
from bot.engine.refusals import Refusals
from bot.log import log
from bot.sources.fhir import reader as fhir
from bot.sources.fhir.client import JSON
from bot.sources.fhir.exchange import Refused, TryLater
from bot.sources.fhir.polling import OUTAGES, Poller
from bot.sources.fhir.shapes import BUNDLE, Node, Resource, parse, references_in, text
from bot.sources.refused import BadReport

MOST_BYTES = 20_000_000
_PACKED, _EITHER = frozenset({"gzip", "x-gzip", "deflate"}), 32
"""The content codings that are unpacked, and zlib's sign for any of them."""
_SHORT = 20
"""Bytes."""
_NOTHING = frozenset((b"{}", b"[]", b"null", b'""'))
"""How clients send a body that has to be JSON and says nothing."""
_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_REPORT = re.compile(rf"(?:^|/){fhir.REPORT}/({_ID.pattern})(?:/_history/[^/]*)?$")
_BUNDLE = re.compile(rb'"resourceType"\s*:\s*"Bundle"')
_NO_SEARCH = "search-4"
"""How the poller's state begins where the server refuses its search, as 403 does."""
_MOST_NAMED = 20
"""Reports that one notification has read by their names; whoever sends it waits meanwhile."""


class BadRequest(Exception):
    """The request is turned away; ``reason`` is a slug."""

    def __init__(self, reason: str, status: int, explain: str) -> None:
        super().__init__(reason)
        self.reason, self.status, self.explain = reason, status, explain


def _too_large() -> BadRequest:
    return BadRequest("too-large", 413, f"A notification has {MOST_BYTES} bytes at most.")


@dataclass(frozen=True)
class Hook:
    """The routes of one server. A positive answer leaves when the report is durably kept."""

    path: str
    poller: Poller
    secret: str = field(repr=False)
    now: Callable[[], datetime]
    refusals: Refusals = field(default_factory=Refusals)

    def routes(self) -> list[Route]:
        """For bot.web.app.build."""
        reports = f"{self.path}/{fhir.REPORT}"
        posted, by_id = self._guarded(self._posted), self._guarded(self._put)
        taken = [
            (self.path, posted, ["POST"]),
            # As servers deliver that create there what was created here.
            (reports, posted, ["POST"]),
            (f"{reports}/{{id}}", by_id, ["PUT", "POST"]),
        ]
        # With a slash at its end Starlette would send them elsewhere, where not all of them go.
        return [Route(f"{p}{end}", to, methods=m) for p, to, m in taken for end in ("", "/")]

    def _guarded(
        self, handler: Callable[[Request, bytes], Awaitable["list[Answer]"]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                self._check(request)
                body = await _body(request)
                answers = await handler(request, body)
                return _refused(answers) or _taken(body)
            except BadRequest as bad:
                self.refusals.note(bad.reason, "fhir", self.now())
                return PlainTextResponse(f"{bad.explain}\n", bad.status)
            except (TryLater, Refused) as failure:
                log.warning("webhook_postponed", reason=failure.reason, kind="fhir")
                return PlainTextResponse("The report cannot be read from the server now.\n", 503)

        return endpoint

    def _check(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        fits = hmac.compare_digest(given.strip().encode(), self.secret.encode())
        if not fits or scheme.lower() != "bearer":  # in any case, as RFC 9110 (11.1) has it
            explain = "Send the Authorization header that the Subscription's channel.header names."
            raise BadRequest("secret", 401, explain)

    async def _put(self, request: Request, body: bytes) -> "list[Answer]":
        number = request.path_params["id"]
        if not _ID.fullmatch(number):
            raise BadRequest("id", 400, "This is no id of a resource.")
        if body:
            return await self._received(body)
        if not await self.poller.take_by_name(f"{fhir.REPORT}/{number}"):
            self.poller.look_now()
        return []

    async def _posted(self, _: Request, body: bytes) -> "list[Answer]":
        if body:
            return await self._received(body)
        self.poller.look_now()
        return []

    async def _received(self, body: bytes) -> "list[Answer]":
        """Each report of the body by itself. What is none is kept as it is, but for a notification
        which only says that something has changed."""
        try:
            resource = await asyncio.to_thread(parse, body)
        except BadReport:
            return [await self.poller.receive(body)]
        reports, broken = fhir.parts(resource)
        rest = fhir.rest(resource, reports)
        bundle = text(resource.get("resourceType")) == BUNDLE
        if not reports:
            self.poller.look_now()
            if bundle and not rest and self.poller.state.startswith(_NO_SEARCH):
                await self._take(_named(resource))
        if reports or broken:
            takings = [self._taking(report) for report in reports]
            takings += [partial(self.poller.receive, one) for one in (*broken, *rest)]
            return [await self._stored(take) for take in takings]
        return [] if bundle and not rest else [await self.poller.receive(body)]

    async def _take(self, names: list[str]) -> None:
        """Read what a notification only names, of a server that lets us not search for it."""
        for name in names:
            try:
                await self.poller.take_by_name(name)
            except (TryLater, Refused) as failure:
                log.warning("webhook_postponed", reason=failure.reason, kind="fhir")
                return

    def _taking(self, report: Node) -> "Taking":
        async def take() -> Receipt:
            receipt, whole = await self.poller.take(report.body, [], named=report.known)
            if not whole:
                self.poller.look_now()
            return receipt

        return take

    async def _stored(self, take: "Taking") -> "Answer":
        """One that breaks us must not keep its neighbours out. None where it is not stored."""
        try:
            return await take()
        except OUTAGES:
            raise
        except Exception:  # whatever it was, the server is told to send it again
            log.exception("message_not_stored", source=self.poller.name)
            return None


def _named(notification: Resource) -> list[str]:
    """The reports that it is about, each once (R5, SubscriptionStatus.notificationEvent.focus; the
    entries' requests)."""
    found = map(_REPORT.search, references_in(notification))
    return [*dict.fromkeys(f"{fhir.REPORT}/{one[1]}" for one in found if one)][:_MOST_NAMED]


Taking = Callable[[], Awaitable[Receipt]]
Answer = Receipt | None


def _refused(answers: list[Answer]) -> Response | None:
    """What became of each, in the order of the Bundle; what is stored need not be sent again. None
    where each was used."""
    issues = [
        _issue(f"{place} of {len(answers)}", answer)
        for place, answer in enumerate(answers, 1)
        if answer is None or answer.quarantined
    ]
    if not issues:
        return None
    outcome = {"resourceType": "OperationOutcome", "issue": issues}
    status = 500 if None in answers else 200
    return JSONResponse(outcome, status, media_type=JSON)


def _taken(body: bytes) -> Response:
    """HAPI delivers a Bundle as a transaction: to its client any answer but a Bundle is a failed
    delivery."""
    if _BUNDLE.search(body):
        taken = {"resourceType": BUNDLE, "type": "transaction-response"}
        return JSONResponse(taken, media_type=JSON)
    return PlainTextResponse("ok\n")


def _issue(which: str, answer: Answer) -> dict[str, str]:
    if answer is None:
        told = f"{which}: not stored, send it again"
        return {"severity": "error", "code": "exception", "diagnostics": told}
    told = f"{which}: kept in quarantine: {answer.quarantined}: {answer.detail}"
    return {"severity": "warning", "code": "invalid", "diagnostics": told}


async def _body(request: Request) -> bytes:
    """What is too long is read to its end, and not kept: who still sends while the connection is
    closed hears of a reset, and not why. The web server ends whoever sends for too long."""
    body = bytearray()
    async for chunk in request.stream():
        if len(body) <= MOST_BYTES:
            body += chunk
    if len(body) > MOST_BYTES:
        raise _too_large()
    said = bytes(body)
    if request.headers.get("content-encoding", "").lower() in _PACKED:
        said = await asyncio.to_thread(_unpacked, said)
    said = said.strip()
    return b"" if len(said) < _SHORT and b"".join(said.split()) in _NOTHING else said


def _unpacked(body: bytes) -> bytes:
    """What is not packed as its header says stays as it is: a gateway may have unpacked it. There
    may be several parts, one behind the other (RFC 1952, 2.2); what follows the last is none."""
    found, left = b"", body
    while left:
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | _EITHER)
        try:
            found += unpacking.decompress(left, MOST_BYTES + 1 - len(found))
        except zlib.error:
            return found or body
        if len(found) > MOST_BYTES:
            raise _too_large()
        if not unpacking.eof:
            return body
        left = unpacking.unused_data
    return found
