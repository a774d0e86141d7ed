"""The Twilio stand-in's door: Messages over REST, with the failure switches in front.

It answers what https://www.twilio.com/docs/messaging/api/message-resource describes, refuses what
Twilio refuses, and the carrier behind it posts signed webhooks. Calls would be routes beside these.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox.faults import PROCESSED, Faults
from bot.sandbox.journal import Journal, Json
from bot.sandbox.serving import failure
from bot.sandbox.twilio_carrier import Carrier
from bot.sandbox.twilio_hooks import Hooks
from bot.sandbox.twilio_rules import TwilioError, check_handset, check_message, error_json
from bot.sandbox.twilio_sms import Sms, sms_json

Answer = tuple[int, Json]


@dataclass
class Twilio:
    journal: Journal
    account: str = "ACde300000000000000000000000000000"
    auth_token: str = "standin-auth-token-not-real"
    from_number: str = "+15005550006"
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.carrier = Carrier(self.journal, self.account, Hooks(self.journal, self.auth_token))

    @property
    def under_way(self) -> int:
        """How many messages and callbacks are on their way; those that a phone holds are not."""
        return self.carrier.under_way

    def routes(self) -> list[BaseRoute]:
        account = "/twilio/2010-04-01/Accounts/{account}"
        many, one = f"{account}/Messages.json", f"{account}/Messages/{{sid}}.json"
        return [
            Route(many, self._method("messages.create", self._create), methods=["POST"]),
            Route(many, self._method("messages.list", self._list), methods=["GET"]),
            Route(one, self._method("messages.fetch", self._fetch), methods=["GET"]),
        ]

    def _method(
        self, name: str, work: Callable[[Request, Mapping[str, str]], Answer]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def call(request: Request) -> Response:
            body = parse_qsl((await request.body()).decode(), keep_blank_values=True)
            params = {**request.query_params, **dict(body)}
            query = f"{request.url.path}?{request.url.query}"
            entry = self.journal.add("twilio", name, params, query)
            fault = self.faults.take(name, {params.get("To", "")})
            await asyncio.sleep(self.faults.latency)
            if fault is None or fault.how in PROCESSED:
                with self.journal.changed:
                    status, entry.answer = self._answer(work, request, params)
                if fault is None:
                    return JSONResponse(entry.answer, status)
            code = int(fault.error or 20429)
            return failure(fault, entry, JSONResponse(error_json(code)[1], error_json(code)[0]))

        return call

    def _answer(
        self,
        work: Callable[[Request, Mapping[str, str]], Answer],
        request: Request,
        params: Mapping[str, str],
    ) -> Answer:
        try:
            self._admit(request)
            return work(request, params)
        except TwilioError as refused:
            return error_json(refused.code, refused.about)

    def _admit(self, request: Request) -> None:
        sent = request.headers.get("authorization", "")
        right = base64.b64encode(f"{self.account}:{self.auth_token}".encode()).decode()
        if not secrets.compare_digest(sent.encode(), f"Basic {right}".encode()):
            raise TwilioError(20003)
        if request.path_params["account"] != self.account:
            raise TwilioError(20404, request.url.path)

    def _create(self, _request: Request, params: Mapping[str, str]) -> Answer:
        check_message(params, {self.from_number, *self.carrier.inbound_urls})
        check_handset(self.carrier.handset(params["To"]))
        sender = params.get("From") or self.from_number
        sms = self.carrier.accept("outbound-api", params["To"], sender, params.get("Body", ""))
        sms.callback_url = params.get("StatusCallback", "")
        sms.validity_period = int(params["ValidityPeriod"]) if "ValidityPeriod" in params else None
        self.carrier.carry(sms)
        return 201, sms_json(sms, self.account)

    def _fetch(self, request: Request, _params: Mapping[str, str]) -> Answer:
        sms = self.carrier.messages.get(request.path_params["sid"])
        if sms is None:
            raise TwilioError(20404, request.url.path.removeprefix("/twilio"))
        return 200, sms_json(sms, self.account)

    def _list(self, _request: Request, params: Mapping[str, str]) -> Answer:
        """The newest first, in pages: https://www.twilio.com/docs/usage/twilios-response#pagination."""
        fits = _filter(params)
        size, page = min(_count(params, "PageSize", 50), 1000), _count(params, "Page", 0)
        found = [m for m in reversed(self.carrier.messages.values()) if fits(m)]
        shown, start = found[page * size : (page + 1) * size], page * size
        path = f"/2010-04-01/Accounts/{self.account}/Messages.json"
        filters = {k: v for k, v in params.items() if k not in ("Page", "PageToken", "PageSize")}

        def link(n: int) -> str:
            return f"{path}?{urlencode({**filters, 'PageSize': size, 'Page': n})}"

        return 200, {
            "messages": [sms_json(m, self.account) for m in shown],
            "first_page_uri": link(0),
            "next_page_uri": link(page + 1) if len(found) > start + size else None,
            "previous_page_uri": link(page - 1) if page else None,
            "uri": link(page),
            "page": page,
            "page_size": size,
            "start": start,
            "end": max(start, start + len(shown) - 1),
        }


def _count(params: Mapping[str, str], name: str, default: int) -> int:
    value = params.get(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise TwilioError(20006, name)
    return int(value)


def _filter(params: Mapping[str, str]) -> Callable[[Sms], bool]:
    """Which messages a list shows: by both numbers, and by the day or the time they were sent."""
    day, after, before = (_moment(params, f"DateSent{sign}") for sign in ("", ">", "<"))

    def fits(sms: Sms) -> bool:
        moment = sms.sent or sms.created
        return (
            params.get("To", sms.to) == sms.to
            and params.get("From", sms.from_) == sms.from_
            and (day is None or moment.date() == day.date())
            and (after is None or moment >= after)
            and (before is None or moment <= before)
        )

    return fits


def _moment(params: Mapping[str, str], name: str) -> datetime | None:
    """A date or a time of a filter; without a zone it is UTC, as Twilio's are."""
    if not (text := params.get(name)):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise TwilioError(20006, name) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
