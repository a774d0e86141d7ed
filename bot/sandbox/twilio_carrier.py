"""The carrier behind Twilio: moves messages to phones, reports, brings back what phones send."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.journal import Journal
from bot.sandbox.realtime import real_now
from bot.sandbox.twilio_hooks import Hooks, texts_in_twiml
from bot.sandbox.twilio_rules import (
    CARRIER_ANSWERS,
    KEYWORDS,
    UNDELIVERED,
    Delivery,
    Handset,
)
from bot.sandbox.twilio_sms import Direction, Sms, callback_params, inbound_params


@dataclass
class Carrier:
    """`sent_after` and `delivered_after` are seconds. `inbound_urls`: one of our numbers → webhook.

    With `shuffle_callbacks` a message's callbacks leave at its end, the last one first; with
    `lose_callbacks` those of messages and calls never come. `behind` is how far Twilio's clock is
    behind this machine's.
    """

    journal: Journal
    account: str
    hooks: Hooks
    messages: dict[str, Sms] = field(default_factory=dict)
    handsets: dict[str, Handset] = field(default_factory=dict)
    inbound_urls: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    sent_after: float = 0.01
    delivered_after: float = 0.01
    duplicate_callbacks: bool = False
    shuffle_callbacks: bool = False
    lose_callbacks: bool = False
    behind: timedelta = timedelta(0)
    _threads: dict[str, list[Sms]] = field(default_factory=lambda: defaultdict(list))
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def now(self) -> datetime:
        """By Twilio's clock, UTC."""
        return real_now() - self.behind

    def handset(self, number: str) -> Handset:
        return self.handsets.setdefault(number, Handset(number))

    def of_number(self, number: str) -> list[Sms]:
        """The messages to and from a phone, the oldest first."""
        return list(self._threads.get(number, ()))

    @property
    def under_way(self) -> int:
        """How many messages and callbacks are on their way; those that a phone holds are not."""
        return len(self._under_way)

    def accept(self, direction: Direction, to: str, from_: str, body: str) -> Sms:
        sms = Sms("SM" + secrets.token_hex(16), direction, to, from_, body, self.now())
        self.messages[sms.sid] = sms
        self._threads[sms.phone].append(sms)
        self.journal.tell("sms.created", sid=sms.sid, number=sms.phone, direction=direction)
        return sms

    def carry(self, sms: Sms) -> None:
        """Start it on its way: sent, then delivered or not, each with its callback."""
        self.start(self._carry(sms))

    async def _carry(self, sms: Sms) -> None:
        await asyncio.sleep(self.sent_after)
        self._moved(sms, "sent")
        handset = self.handset(sms.to)
        seconds = handset.delivery_seconds
        await asyncio.sleep(self.delivered_after if seconds is None else seconds)
        if handset.delivery == "held":
            handset.held.append(sms)
        else:
            await self._arrive(sms, handset)

    async def _arrive(self, sms: Sms, handset: Handset) -> None:
        if code := UNDELIVERED.get(handset.delivery):
            self._moved(sms, "undelivered", code)
        else:
            sms.shown = True
            self.journal.tell("sms", sid=sms.sid, number=sms.to)
            if handset.delivery != "no receipt":
                self._moved(sms, "delivered")
        while sms.callbacks_kept:
            await self._post(sms, sms.callbacks_kept.pop())

    async def set_delivery(self, number: str, delivery: Delivery) -> None:
        handset = self.handset(number)
        handset.delivery = delivery
        self.journal.tell("phone", number=number, state=delivery)
        while delivery != "held" and handset.held:
            self.start(self._arrive(handset.held.pop(0), handset))

    def _moved(self, sms: Sms, status: str, error_code: int | None = None) -> None:
        sms.move(status, self.now(), error_code)
        self.journal.tell("sms.status", sid=sms.sid, number=sms.phone, status=status)
        if not sms.callback_url or self.lose_callbacks:
            return
        for params in [callback_params(sms, self.account)] * (2 if self.duplicate_callbacks else 1):
            if self.shuffle_callbacks:
                sms.callbacks_kept.append(params)
            else:
                # A slow webhook holds up this message's next callback, never its delivery.
                self.start(self._post(sms, params))

    async def _post(self, sms: Sms, params: dict[str, str]) -> None:
        async with sms.callback_order:
            await self.hooks.post(sms.callback_url, params)

    async def receive(self, number: str, body: str, to: str) -> Sms:
        """A phone sends an SMS to one of our numbers.

        It is kept for polling and posted to the number's webhook, if it has one; the TwiML answer
        goes back to the phone.
        """
        sms = self.accept("inbound", to, number, body)
        sms.move("received", self.now())
        sms.sent, sms.shown, sms.expected = sms.created, True, True
        self._heed_keyword(sms)
        if url := self.inbound_urls.get(to):
            await self._forward(sms, url)
        self.journal.tell("sms.inbound", sid=sms.sid, number=number)
        return sms

    def _heed_keyword(self, sms: Sms) -> None:
        handset = self.handset(sms.from_)
        kind = KEYWORDS.get(sms.body.strip().upper())
        if kind is None or (kind == "start" and not handset.opted_out):
            return
        if kind != "help":
            handset.opted_out = kind == "stop"
        answer = self.accept("outbound-reply", sms.from_, sms.to, CARRIER_ANSWERS[kind])
        answer.expected = True  # the carrier's words, not the bot's
        self.carry(answer)

    async def _forward(self, sms: Sms, url: str) -> None:
        posted = await self.hooks.post(url, inbound_params(sms, self.account))
        sms.webhook_status = posted.status
        if not posted.fine:
            self.errors.append(f"11200: the webhook answered {posted.status or posted.error}")
            return
        try:
            texts = texts_in_twiml(posted.body)
        except ValueError as wrong:
            self.errors.append(str(wrong))
            return
        for text in texts:
            self._reply(sms, text)

    def _reply(self, sms: Sms, text: str) -> None:
        reply = self.accept("outbound-reply", sms.from_, sms.to, text)
        if self.handset(sms.from_).opted_out:
            reply.move("failed", self.now(), 21610)
        else:
            self.carry(reply)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else; until then something is under way."""
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (broken := task.exception()):
            self.errors.append(f"the stand-in broke: {broken!r}")
        self.journal.tell("twilio.progress", under_way=len(self._under_way))

    async def close(self) -> None:
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.hooks.close()
