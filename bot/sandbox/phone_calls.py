"""The test harness that speaks like people: a call as whoever holds the phone has it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.stage import Stage
from bot.sandbox.twilio_calls import Call


@dataclass(frozen=True)
class PhoneCall:
    """One call, as it is now."""

    stage: Stage
    record: Call

    @property
    def heard(self) -> str:
        """All that was said into the phone so far."""
        return self.record.text

    @property
    def last_heard(self) -> str:
        """What was said last."""
        return self.record.heard[-1] if self.record.heard else ""

    @property
    def status(self) -> str:
        return self.record.status

    @property
    def over(self) -> bool:
        return self.record.over

    @property
    def sid(self) -> str:
        return self.record.sid

    def press(self, keys: str) -> PhoneCall:
        """Press these keys; returns when the next question was asked, or the call is over."""
        self.stage.run(self.stage.twilio.exchange.press(self.record, keys))
        return self

    def stay_silent(self) -> PhoneCall:
        """Press nothing for as long as is waited for a key."""
        self.stage.run(self.stage.twilio.exchange.stay_silent(self.record))
        return self

    def hang_up(self) -> PhoneCall:
        self.stage.run(self.stage.twilio.exchange.hang_up(self.record))
        return self

    def __repr__(self) -> str:
        return f"<call {self.status} {self.heard!r}>"
