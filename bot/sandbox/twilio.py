"""The Twilio stand-in's door: Messages and Calls over REST, with the failure switches in front.

It answers what https://www.twilio.com/docs/messaging/api/message-resource and
https://www.twilio.com/docs/voice/api/call-resource describe, refuses what Twilio refuses, and the
carrier and the exchange behind it post signed webhooks.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox.faults import PROCESSED, Faults
from bot.sandbox.journal import Journal, Json
from bot.sandbox.realtime import http_date
from bot.sandbox.serving import failure
from bot.sandbox.twilio_call_rules import check_call, check_callee
from bot.sandbox.twilio_calls import call_json
from bot.sandbox.twilio_carrier import Carrier
from bot.sandbox.twilio_exchange import Exchange
from bot.sandbox.twilio_hooks import Hooks
from bot.sandbox.twilio_lists import page_of, within
from bot.sandbox.twilio_rules import TwilioError, check_handset, check_message, error_json
from bot.sandbox.twilio_sms import sms_json

Answer = tuple[int, Json]


@dataclass
class Twilio:
    """`callers` are our numbers beside `from_number` that may call."""

    journal: Journal
    account: str = "ACde300000000000000000000000000000"
    auth_token: str = "standin-auth-token-not-real"
    from_number: str = "+15005550006"
    faults: Faults = field(default_factory=Faults)
    callers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.carrier = Carrier(self.journal, self.account, Hooks(self.journal, self.auth_token))
        self.exchange = Exchange(self.carrier)

    @property
    def under_way(self) -> int:
        """How many messages, calls and callbacks are on their way; a message that a phone holds and
        a call that waits for a key are not."""
        return self.carrier.under_way

    def routes(self) -> list[BaseRoute]:
        account = "/twilio/2010-04-01/Accounts/{account}"
        many, one = f"{account}/Messages.json", f"{account}/Messages/{{sid}}.json"
        calls, call = f"{account}/Calls.json", f"{account}/Calls/{{sid}}.json"
        return [
            Route(many, self._method("messages.create", self._create), methods=["POST"]),
            Route(many, self._method("messages.list", self._list), methods=["GET"]),
            Route(one, self._method("messages.fetch", self._fetch), methods=["GET"]),
            Route(calls, self._method("calls.create", self._call), methods=["POST"]),
            Route(calls, self._method("calls.list", self._list_calls), methods=["GET"]),
            Route(call, self._method("calls.fetch", self._fetch_call), methods=["GET"]),
        ]

    def _method(
        self, name: str, work: Callable[[Request, Mapping[str, str]], Answer]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def call(request: Request) -> Response:
            params = {**request.query_params, **_fields(await request.body())}
            query = f"{request.url.path}?{request.url.query}"
            entry = self.journal.add("twilio", name, params, query)
            fault = self.faults.take(name, {params.get("To", "")})
            await asyncio.sleep(self.faults.latency)
            if fault is None or fault.how in PROCESSED:
                with self.journal.changed:
                    status, entry.answer = self._answer(work, request, params)
                if fault is None:
                    there = {"Date": http_date(self.carrier.now())}
                    return JSONResponse(entry.answer, status, there)
            code = int(fault.error or (20500 if fault.how == "server_error" else 20429))
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
        """The newest first."""
        sent = within(params, "DateSent")
        found = [
            sms
            for sms in reversed(self.carrier.messages.values())
            if params.get("To", sms.to) == sms.to
            and params.get("From", sms.from_) == sms.from_
            and sent(sms.sent or sms.created)
        ]
        path = f"/2010-04-01/Accounts/{self.account}/Messages.json"
        return 200, page_of(found, params, path, "messages", lambda m: sms_json(m, self.account))

    # ---- calls ----

    def _call(self, _request: Request, params: Mapping[str, str]) -> Answer:
        check_call(params, {self.from_number, *self.carrier.inbound_urls, *self.callers})
        check_callee(self.carrier.handset(params["To"]))
        call = self.exchange.place(params)
        return 201, call_json(call, self.account)

    def _fetch_call(self, request: Request, _params: Mapping[str, str]) -> Answer:
        call = self.exchange.calls.get(request.path_params["sid"])
        if call is None:
            raise TwilioError(20404, request.url.path.removeprefix("/twilio"))
        return 200, call_json(call, self.account)

    def _list_calls(self, _request: Request, params: Mapping[str, str]) -> Answer:
        """The newest first. One that has not begun yet has no start to be filtered by."""
        began = within(params, "StartTime")
        found = [
            call
            for call in reversed(self.exchange.calls.values())
            if params.get("To", call.to) == call.to
            and params.get("From", call.from_) == call.from_
            and params.get("Status", call.status) == call.status
            and began(call.started or call.created)
        ]
        path = f"/2010-04-01/Accounts/{self.account}/Calls.json"
        return 200, page_of(found, params, path, "calls", lambda c: call_json(c, self.account))


def _fields(body: bytes) -> dict[str, str]:
    """A form's fields; what comes several times (StatusCallbackEvent) with spaces between."""
    fields: dict[str, str] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        fields[name] = f"{fields[name]} {value}" if name in fields else value
    return fields
