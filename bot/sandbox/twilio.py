"""The Twilio stand-in: Messages over REST, the carrier behind it, and the phones' way back.

It answers what https://www.twilio.com/docs/messaging/api/message-resource describes, refuses what Twilio refuses, and
posts signed webhooks. Calls will be routes beside Messages.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox.faults import PROCESSED_BUT_SILENT, Fault, Faults
from bot.sandbox.journal import Entry, Journal, Json
from bot.sandbox.realtime import real_now
from bot.sandbox.serving import Cut, Hang
from bot.sandbox.twilio_hooks import Hooks, texts_in_twiml
from bot.sandbox.twilio_rules import (
    HELP_WORDS,
    START_WORDS,
    STOP_WORDS,
    UNDELIVERED,
    Handset,
    TwilioError,
    check_handset,
    check_message,
    error_json,
)
from bot.sandbox.twilio_sms import Direction, Sms, sms_json

CARRIER_ANSWERS = {
    "stop": "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.",
    "start": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe.",
    "help": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


@dataclass
class Twilio:
    """`sent_after` and `delivered_after` are seconds. `inbound_urls` maps one of our numbers to the bot's webhook."""

    journal: Journal
    account: str = "ACde300000000000000000000000000000"
    auth_token: str = "standin-auth-token-not-real"
    from_number: str = "+15005550006"
    faults: Faults = field(default_factory=Faults)
    messages: list[Sms] = field(default_factory=list)
    handsets: dict[str, Handset] = field(default_factory=dict)
    inbound_urls: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    sent_after: float = 0.01
    delivered_after: float = 0.01
    duplicate_callbacks: bool = False
    shuffle_callbacks: bool = False
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.hooks = Hooks(self.journal, self.auth_token)

    def routes(self) -> list[BaseRoute]:
        account = "/twilio/2010-04-01/Accounts/{account}"
        return [
            Route(account + "/Messages.json", self.api("messages.create"), methods=["POST"]),
            Route(account + "/Messages.json", self.api("messages.list"), methods=["GET"]),
            Route(account + "/Messages/{sid}.json", self.api("messages.fetch"), methods=["GET"]),
        ]

    def handset(self, number: str) -> Handset:
        return self.handsets.setdefault(number, Handset(number))

    def api(self, name: str) -> Any:
        async def answer(request: Request) -> Response:
            return await self._call(name, request)

        return answer

    async def _call(self, name: str, request: Request) -> Response:
        params = {
            **request.query_params,
            **dict(parse_qsl((await request.body()).decode(), keep_blank_values=True)),
        }
        entry = self.journal.add("twilio", name, params, f"{request.url.path}?{request.url.query}")
        fault = self.faults.take(name, {params.get("To", "")})
        await asyncio.sleep(self.faults.latency)
        if fault and fault.how not in PROCESSED_BUT_SILENT:
            return _failed(fault, entry)
        with self.journal.changed:
            status, entry.answer = self._answer(name, request, params)
        return _failed(fault, entry) if fault else JSONResponse(entry.answer, status)

    def _answer(self, name: str, request: Request, params: Mapping[str, str]) -> tuple[int, Json]:
        try:
            self._admit(request)
            match name:
                case "messages.create":
                    return 201, sms_json(self._create(params), self.account)
                case "messages.list":
                    return 200, self._list(params)
                case _:
                    return 200, sms_json(self._find(request.path_params["sid"]), self.account)
        except TwilioError as refused:
            return error_json(refused.code, refused.about)

    def _admit(self, request: Request) -> None:
        sent = request.headers.get("authorization", "")
        right = "Basic " + base64.b64encode(f"{self.account}:{self.auth_token}".encode()).decode()
        if not secrets.compare_digest(sent, right):
            raise TwilioError(20003)
        if request.path_params["account"] != self.account:
            raise TwilioError(20404, request.url.path)

    def _create(self, params: Mapping[str, str]) -> Sms:
        check_message(params, {self.from_number, *self.inbound_urls})
        check_handset(self.handset(params["To"]))
        sms = self._new(
            "outbound-api",
            params["To"],
            params.get("From") or self.from_number,
            params.get("Body", ""),
        )
        sms.callback_url = params.get("StatusCallback", "")
        sms.validity_period = int(params["ValidityPeriod"]) if "ValidityPeriod" in params else None
        self._start(self._carry(sms))
        return sms

    def _new(self, direction: Direction, to: str, from_: str, body: str) -> Sms:
        sms = Sms("SM" + secrets.token_hex(16), direction, to, from_, body, real_now())
        self.messages.append(sms)
        self.journal.tell("sms.created", sid=sms.sid, to=to, direction=direction)
        return sms

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (broken := task.exception()):
            self.errors.append(repr(broken))
        self.journal.tell("twilio.idle", under_way=len(self._under_way))

    async def close(self) -> None:
        for task in list(self._under_way):
            task.cancel()
        await self.hooks.close()

    @property
    def under_way(self) -> int:
        """Messages and callbacks that are still on their way; those held by a phone included."""
        return len(self._under_way)

    def _find(self, sid: str) -> Sms:
        for sms in self.messages:
            if sms.sid == sid:
                return sms
        raise TwilioError(20404, f"/Messages/{sid}.json")

    def _list(self, params: Mapping[str, str]) -> Json:
        size, page = min(int(params.get("PageSize", 50)), 1000), int(params.get("Page", 0))
        found = [m for m in reversed(self.messages) if _fits(m, params)]
        shown, start = found[page * size : (page + 1) * size], page * size
        path = f"/2010-04-01/Accounts/{self.account}/Messages.json"
        filters = {k: v for k, v in params.items() if k not in ("Page", "PageToken", "PageSize")}

        def link(n: int) -> str:
            return f"{path}?{urlencode({**filters, 'PageSize': size, 'Page': n})}"

        return {
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

    async def _carry(self, sms: Sms) -> None:
        """The carrier's part: sent, then delivered or not, each with its callback."""
        handset, late = self.handset(sms.to), []
        await asyncio.sleep(self.sent_after)
        late += await self._moved(sms, "sent")
        await asyncio.sleep(
            self.delivered_after if handset.delivery_seconds is None else handset.delivery_seconds
        )
        while handset.delivery == "held":
            await asyncio.sleep(0.02)
        if code := UNDELIVERED.get(handset.delivery):
            late += await self._moved(sms, "undelivered", code)
        else:
            sms.shown = True
            self.journal.tell("sms", sid=sms.sid, number=sms.to)
            if handset.delivery != "no receipt":
                late += await self._moved(sms, "delivered")
        for params in reversed(late):
            await self.hooks.post(sms.callback_url, params)

    async def _moved(
        self, sms: Sms, status: str, error_code: int | None = None
    ) -> list[dict[str, str]]:
        """Move the message and post its callback, or return the callbacks that wait to be shuffled."""
        sms.move(status, real_now(), error_code)
        self.journal.tell("sms.status", sid=sms.sid, status=status)
        if not sms.callback_url:
            return []
        posts = [self._callback(sms)] * (2 if self.duplicate_callbacks else 1)
        if self.shuffle_callbacks:
            return posts
        for params in posts:
            await self.hooks.post(sms.callback_url, params)
        return []

    def _callback(self, sms: Sms) -> dict[str, str]:
        params = {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "From": sms.from_,
            "To": sms.to,
            "MessageSid": sms.sid,
            "SmsSid": sms.sid,
            "MessageStatus": sms.status,
            "SmsStatus": sms.status,
        }
        return {**params, "ErrorCode": str(sms.error_code)} if sms.error_code else params

    async def receive(self, number: str, body: str, to: str = "") -> Sms:
        """A phone sends an SMS to one of our numbers: kept, posted to the number's webhook, its TwiML answer sent back."""
        sms = self._new("inbound", to or self.from_number, number, body)
        sms.move("received", real_now())
        sms.sent, sms.shown, sms.expected = sms.created, True, True
        self._keywords(sms)
        if url := self.inbound_urls.get(sms.to):
            await self._forward(sms, url)
        self.journal.tell("sms.inbound", sid=sms.sid, number=number)
        return sms

    def _keywords(self, sms: Sms) -> None:
        word, handset = sms.body.strip().upper(), self.handset(sms.from_)
        lists = (("stop", STOP_WORDS), ("start", START_WORDS), ("help", HELP_WORDS))
        kind = next((k for k, words in lists if word in words), "")
        if not kind or (kind == "start" and not handset.opted_out):
            return
        handset.opted_out = kind == "stop" or (handset.opted_out and kind != "start")
        answer = self._new("outbound-reply", sms.from_, sms.to, CARRIER_ANSWERS[kind])
        answer.expected = True  # the carrier's words, not the bot's
        self._start(self._carry(answer))

    async def _forward(self, sms: Sms, url: str) -> None:
        params = {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "Body": sms.body,
            "From": sms.from_,
            "To": sms.to,
            "MessageSid": sms.sid,
            "SmsMessageSid": sms.sid,
            "SmsSid": sms.sid,
            "SmsStatus": "received",
            "NumMedia": "0",
            "NumSegments": str(sms.segments),
        }
        posted = await self.hooks.post(url, params)
        sms.webhook_status = posted.status
        if posted.status is None or not 200 <= posted.status < 300:
            self.errors.append(
                f"11200: the inbound webhook answered {posted.status or posted.error}"
            )
            return
        self._answer_inbound(sms, posted.body)

    def _answer_inbound(self, sms: Sms, twiml: str) -> None:
        try:
            texts = texts_in_twiml(twiml)
        except ValueError as wrong:
            self.errors.append(str(wrong))
            return
        for text in texts:
            reply = self._new("outbound-reply", sms.from_, sms.to, text)
            if self.handset(sms.from_).opted_out:
                reply.move("failed", real_now(), 21610)
            else:
                self._start(self._carry(reply))


def _fits(sms: Sms, params: Mapping[str, str]) -> bool:
    moment = sms.sent or sms.created
    return (
        params.get("To", sms.to) == sms.to
        and params.get("From", sms.from_) == sms.from_
        and moment.date().isoformat() == params.get("DateSent", moment.date().isoformat())[:10]
        and moment >= _moment(params.get("DateSent>"), moment)
        and moment <= _moment(params.get("DateSent<"), moment)
    )


def _moment(text: str | None, default: datetime) -> datetime:
    if not text:
        return default
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=default.tzinfo)


def _failed(fault: Fault, entry: Entry) -> Response:
    entry.answer = {**(entry.answer or {}), "fault": fault.how}
    match fault.how:
        case "error":
            status, body = error_json(int(fault.error or 0))
            return JSONResponse(body, status)
        case "status" if fault.status == 429:
            return JSONResponse(error_json(20429)[1], 429, {"Retry-After": str(fault.retry_after)})
        case "status":
            return PlainTextResponse("stand-in: failed as told", fault.status)
        case "refuse" | "lost_reply":
            return Cut()
        case _:
            return Hang()
