"""What became of a call: https://www.twilio.com/docs/voice/api/call-resource#call-status-values."""

from dataclasses import dataclass

from bot.domain.page import SendFailed
from bot.domain.receipts import RING_AGAIN

PERSON, MACHINE = "person", "machine"
"""Statuses of our own: what the dialogue has found out while the call is still under way."""
_UNANSWERED = frozenset({"busy", "no-answer", "failed", "canceled"})
ENDED = _UNANSWERED | {"completed"}
"""Twilio's statuses of a call that is over."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """It has reached a phone, or for a call, a person's ear. No acknowledgment."""


Fate = Arrived | SendFailed | None
"""None while it is under way."""


def fate(status: str, answered_by: str, nth: int) -> Fate:
    """``status`` is Twilio's or one of ours, ``answered_by`` Twilio's: human, machine_…, fax,
    unknown or nothing. ``nth`` counts calls that rang from 1: what nobody answered rings once more.

    Who took it and pressed no key has not answered for all we know, unless the call could only
    announce and Twilio took them for a person.
    """
    if status == PERSON or (status == "completed" and answered_by == "human"):
        return Arrived()
    if status == MACHINE or (status == "completed" and is_machine(answered_by)):
        return _unanswered("machine", nth)
    if status == "completed":
        return _unanswered("unsure", nth)
    return _unanswered(status, nth) if status in _UNANSWERED else None


def not_by_itself(answered_by: str) -> str:
    """What Twilio's word is worth where our own dialogue speaks: that notes whoever presses a key.
    Who picked up and is not noted may be a voicemail with a short greeting, a caller's screen, or
    somebody who has heard that an error has occurred."""
    return "" if answered_by == "human" else answered_by


def is_machine(answered_by: str) -> bool:
    """Twilio heard an answering machine, or a fax."""
    return answered_by.startswith("machine") or answered_by == "fax"


def _unanswered(how: str, nth: int) -> SendFailed:
    return SendFailed(f"voice-{how}", permanent=nth > 1, retry_after=RING_AGAIN)
