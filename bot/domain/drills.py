"""Test pages: proof that a channel reaches its person, and that they know how to answer.

A test opens no alert: nobody is asked in its place or reminded of it, and it is over after a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

EXPIRES_AFTER = timedelta(hours=24)
AGAIN_AFTER = timedelta(minutes=10)
"""What waits for its answer is not sent again sooner."""
_MONTH = timedelta(days=365.25 / 12)


@dataclass(frozen=True, slots=True)
class Drill:
    """One person's test. ``by`` asked for it at ``at`` (UTC); ``code`` answers it from ``mobile``,
    both empty for somebody without one."""

    id: str
    person_id: str
    by: str
    at: datetime
    mobile: str
    code: str

    @property
    def expires_at(self) -> datetime:
        """From then on no answer counts."""
        return self.at + EXPIRES_AFTER


@dataclass(frozen=True, slots=True)
class Asked:
    """A test on one channel. ``address`` is where it went, ``round`` counts the sendings from 0."""

    channel: str
    address: str
    round: int
    at: datetime
    answered_at: datetime | None = None

    def waits(self, now: datetime) -> bool:
        """Sent so lately that another one would only confuse."""
        return self.answered_at is None and now - self.at < AGAIN_AFTER


@dataclass(frozen=True, slots=True)
class Proof:
    """The channel last reached its person at ``address``: they answered from there at ``at``."""

    address: str
    at: datetime


class Outcome(StrEnum):
    """What became of an answer to a test."""

    TAKEN = "taken"
    ALREADY = "already"
    EXPIRED = "expired"
    NOT_YOURS = "not_yours"


@dataclass(frozen=True, slots=True)
class Answered:
    """``after`` the test was sent on that channel."""

    outcome: Outcome
    after: timedelta = timedelta()


def is_proven(
    proof: Proof | None, address: str, now: datetime, within: timedelta | None = None
) -> bool:
    """Whether that address has been answered from: ever, or not longer than ``within`` ago."""
    if proof is None or proof.address != address:
        return False
    return within is None or now - proof.at <= within


def months(number: int) -> timedelta:
    """So many months of average length."""
    return number * _MONTH
