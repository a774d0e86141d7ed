"""The test harness that speaks like people: a phone that gets and sends SMS, and is called."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.phone_calls import PhoneCall
from bot.sandbox.stage import PATIENCE_SECONDS, Pattern, Stage, matches
from bot.sandbox.twilio_calls import Call
from bot.sandbox.twilio_rules import Answering, Delivery
from bot.sandbox.twilio_sms import Direction, Encoding, Sms


@dataclass(frozen=True)
class PhoneMessage:
    """One SMS, in either direction, as it is now."""

    phone: Phone
    record: Sms

    @property
    def body(self) -> str:
        return self.record.body

    @property
    def sid(self) -> str:
        return self.record.sid

    @property
    def status(self) -> str:
        return self.record.status

    @property
    def direction(self) -> Direction:
        return self.record.direction

    @property
    def segments(self) -> int:
        return self.record.segments

    @property
    def encoding(self) -> Encoding:
        return self.record.encoding

    @property
    def webhook_status(self) -> int | None:
        """The HTTP status that the bot gave to an inbound one; None if no answer came."""
        return self.record.webhook_status

    def reply(self, text: str) -> PhoneMessage:
        """Answer to the number it came from."""
        return self.phone.send(text, to=self.record.from_)

    def __repr__(self) -> str:
        return f"<SMS {self.direction} {self.status} {self.body!r}>"


@dataclass(frozen=True)
class Phone:
    """One phone with its number."""

    stage: Stage
    number: str

    @property
    def sms(self) -> list[PhoneMessage]:
        """What its owner sees, in both directions, the oldest first."""
        return [PhoneMessage(self, m) for m in self._records() if m.shown]

    def _records(self) -> list[Sms]:
        return self.stage.twilio.carrier.of_number(self.number)

    def expect_sms(self, pattern: Pattern, timeout: float = PATIENCE_SECONDS) -> PhoneMessage:
        """Wait for an SMS that reads so and that nobody expected yet.

        From now on it counts as expected. Raises AssertionError after `timeout` seconds.
        """

        def found() -> Sms | None:
            for sms in self._records():
                if sms.shown and not sms.expected and matches(pattern, sms.body):
                    sms.expected = True
                    return sms
            return None

        return PhoneMessage(self, self.stage.need(found, timeout, lambda: self._missing(pattern)))

    def _missing(self, pattern: Pattern) -> str:
        has = [f"{m.direction} {m.status} {m.body!r}" for m in self._records()] or ["nothing"]
        return f"{self.number} got no new SMS with {pattern!r}. It has:\n" + "\n".join(has)

    def send(self, text: str, to: str = "") -> PhoneMessage:
        """Send an SMS to the bot's number; returns when its webhook has answered, if it has one."""
        twilio = self.stage.twilio
        sms = self.stage.run(twilio.carrier.receive(self.number, text, to or twilio.from_number))
        return PhoneMessage(self, sms)

    reply = send

    def state(self, delivery: Delivery) -> None:
        """on · off (30003) · blocked (30004) · unreachable (30005) · unregistered (30034: we are) ·
        stopped (21610) · held (stays sent until on) · no receipt (arrives, and the carrier says
        nothing).
        """
        self.stage.run(self.stage.twilio.carrier.set_delivery(self.number, delivery))

    def off(self) -> None:
        self.state("off")

    def on(self) -> None:
        self.state("on")

    def landline(self) -> None:
        self.stage.twilio.carrier.handset(self.number).landline = True

    def refuse(self, code: int | None) -> None:
        """Every send to it gets this code at once, until None."""
        self.stage.twilio.carrier.handset(self.number).refuse = code

    # ---- calls ----

    @property
    def calls(self) -> list[PhoneCall]:
        """All calls to it, the oldest first."""
        return [PhoneCall(self.stage, call) for call in self._calls()]

    def _calls(self) -> list[Call]:
        return self.stage.twilio.exchange.of_number(self.number)

    def answers(self, how: Answering) -> None:
        """How calls to it end from now on: no answer (as at first) · busy · failed · voicemail ·
        picks up (somebody listens, and presses what the test presses).
        """
        self.stage.twilio.carrier.handset(self.number).answering = how

    def refuse_calls(self, code: int | None) -> None:
        """Every call to it gets this code at once, until None."""
        self.stage.twilio.carrier.handset(self.number).refuse_calls = code

    def expect_call(self, pattern: Pattern = "", timeout: float = PATIENCE_SECONDS) -> PhoneCall:
        """Wait for a call that is over or waits for a key, in which this was said, and that nobody
        expected yet. Raises AssertionError after `timeout` seconds.
        """

        def found() -> Call | None:
            for call in self._calls():
                settled = call.over or call.asks is not None
                if settled and not call.expected and matches(pattern, call.text):
                    call.expected = True
                    return call
            return None

        def missing() -> str:
            return f"{self.number} got no new call with {pattern!r}. It has: {self.calls}"

        return PhoneCall(self.stage, self.stage.need(found, timeout, missing))

    @property
    def opted_out(self) -> bool:
        return self.stage.twilio.carrier.handset(self.number).opted_out
