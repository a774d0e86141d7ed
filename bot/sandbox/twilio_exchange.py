"""The telephone exchange behind Twilio: rings phones, plays TwiML into them, hears their keys."""

from __future__ import annotations

import secrets
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from bot.sandbox.twilio_calls import EVENT_OF, Call, call_params, progress_params
from bot.sandbox.twilio_carrier import Carrier
from bot.sandbox.twilio_rules import Handset

SAID_WRONG = "We are sorry, an application error has occurred. Goodbye."
"""What Twilio says into the phone where our webhook gives it nothing to say."""
_SPOKEN = {"Say", "Play"}
_SILENT = {"Pause"}
_FINISHES = "#"


@dataclass
class Exchange:
    """`calls` by their SID. With `duplicate_requests` each webhook that asks what to say is asked
    twice, as Twilio does where the first answer did not come in time; the second answer counts."""

    carrier: Carrier
    calls: dict[str, Call] = field(default_factory=dict)
    duplicate_requests: bool = False

    def of_number(self, number: str) -> list[Call]:
        """The calls to a phone, the oldest first."""
        return [call for call in self.calls.values() if call.to == number]

    def place(self, params: Mapping[str, str]) -> Call:
        """Take a call and start it on its way."""
        events = frozenset(params.get("StatusCallbackEvent", "completed").split())
        call = Call(
            sid="CA" + secrets.token_hex(16),
            to=params["To"],
            from_=params["From"],
            created=self.carrier.now(),
            url=params.get("Url", ""),
            twiml=params.get("Twiml", ""),
            callback_url=params.get("StatusCallback", ""),
            events=events,
            detection=params.get("MachineDetection", ""),
            ring_seconds=int(params.get("Timeout", "60")),
        )
        self.calls[call.sid] = call
        self.carrier.start(self._ring(call))
        return call

    async def _ring(self, call: Call) -> None:
        handset = self.carrier.handset(call.to)
        for status in ("initiated", "ringing"):
            self._move(call, status)
        match "busy" if self._engaged(call, handset) else handset.call_meets:
            case "busy" | "failed" as ended:
                self._move(call, ended)
            case "no answer":
                self._move(call, "no-answer")
            case _:
                await self._answered(call, handset)
        await self._tell_what_was_kept(call)

    def _engaged(self, call: Call, handset: Handset) -> bool:
        """Somebody is on the phone already."""
        others = (other for other in self.of_number(call.to) if other is not call)
        return not handset.call_waiting and any(o.status == "in-progress" for o in others)

    async def _answered(self, call: Call, handset: Handset) -> None:
        machine = handset.answering == "voicemail"
        beep = "machine_end_beep" if call.detection == "DetectMessageEnd" else "machine_start"
        if call.detection:
            call.answered_by = beep if machine else "human"
        self._move(call, "in-progress")
        if call.twiml:
            await self._play(call, call.twiml)
        else:
            await self._ask_what_to_say(call, call.url, {})
        while machine and not call.over:  # it presses no key
            await self._no_key(call)

    # ---- what the phone's holder does ----

    async def press(self, call: Call, keys: str) -> None:
        """Press these keys: as many as the question takes, or until #."""
        asks, limit = (
            call.asks,
            int(call.asks.get("numDigits", "0")) if call.asks is not None else 0,
        )
        if asks is None:
            raise ValueError(f"nobody waits for a key in the call {call.status}: {call.text}")
        call.pressed.append(keys)
        digits = keys.partition(asks.get("finishOnKey", _FINISHES))[0][: limit or None]
        await self._gathered(call, asks, digits)
        await self._tell_what_was_kept(call)

    async def stay_silent(self, call: Call) -> None:
        """Press nothing until the question's time is over."""
        await self._no_key(call)
        await self._tell_what_was_kept(call)

    async def hang_up(self, call: Call) -> None:
        if not call.over:
            self._move(call, "completed")
            await self._tell_what_was_kept(call)

    # ---- TwiML: https://www.twilio.com/docs/voice/twiml ----

    async def _no_key(self, call: Call) -> None:
        asks, then = call.asks, call.then
        if asks is None:
            return
        if asks.get("actionOnEmptyResult") == "true":
            await self._gathered(call, asks, "")
        else:
            call.asks, call.then = None, []
            await self._go_through(call, then)

    async def _gathered(self, call: Call, asks: Element, digits: str) -> None:
        call.asks, call.then = None, []
        url = urljoin(call.url, asks.get("action", call.url))
        await self._ask_what_to_say(call, url, {"Digits": digits})

    async def _ask_what_to_say(self, call: Call, url: str, more: Mapping[str, str]) -> None:
        call.url = url
        params = {**call_params(call, self.carrier.account), **more}
        if self.duplicate_requests:
            await self.carrier.hooks.post(url, params)
        posted = await self.carrier.hooks.post(url, params)
        if posted.fine:
            await self._play(call, posted.body)
        else:
            self._cannot(call, f"11200: the webhook answered {posted.status or posted.error}")

    async def _play(self, call: Call, twiml: str) -> None:
        try:
            root = ET.fromstring(twiml)
        except ET.ParseError as wrong:
            self._cannot(call, f"12100: the answer is not XML: {wrong}")
            return
        if root.tag == "Response":
            await self._go_through(call, list(root))
        else:
            self._cannot(call, f"12200: the answer's root is <{root.tag}>, not <Response>")

    async def _go_through(self, call: Call, verbs: list[Element]) -> None:
        for place, verb in enumerate(verbs):
            if verb.tag in _SPOKEN:
                self._say(call, verb)
            elif verb.tag == "Gather":
                for spoken in verb:
                    self._say(call, spoken)
                call.asks, call.then = verb, verbs[place + 1 :]
                self.carrier.journal.tell("call.asks", sid=call.sid, number=call.to)
                return
            elif verb.tag == "Redirect":
                url = urljoin(call.url, (verb.text or "").strip())
                await self._ask_what_to_say(call, url, {})
                return
            elif verb.tag == "Hangup":
                break
            elif verb.tag not in _SILENT:
                self._cannot(call, f"12200: the stand-in knows no <{verb.tag}>")
                return
        self._move(call, "completed")

    def _say(self, call: Call, verb: Element) -> None:
        if text := "".join(verb.itertext()).strip():
            call.heard.append(text)

    def _cannot(self, call: Call, error: str) -> None:
        self.carrier.errors.append(error)
        call.heard.append(SAID_WRONG)
        self._move(call, "completed")

    # ---- how it fares ----

    def _move(self, call: Call, status: str) -> None:
        call.move(status, self.carrier.now())
        self.carrier.journal.tell("call.status", sid=call.sid, number=call.to, status=status)
        if not call.callback_url or EVENT_OF.get(status, "completed") not in call.events:
            return
        params = progress_params(call, self.carrier.account)
        call.told += 1
        if self.carrier.lose_callbacks:
            return
        for _ in range(2 if self.carrier.duplicate_callbacks else 1):
            if self.carrier.shuffle_callbacks:
                call.callbacks_kept.append(params)
            else:
                self.carrier.start(self._post(call, params))

    async def _tell_what_was_kept(self, call: Call) -> None:
        while call.over and call.callbacks_kept:
            await self._post(call, call.callbacks_kept.pop())

    async def _post(self, call: Call, params: dict[str, str]) -> None:
        async with call.callback_order:
            await self.carrier.hooks.post(call.callback_url, params)
