"""What a site reads off its alerts: whom they would have reached first, and where they could not.

Nothing here speaks of a patient: providers, categories, senders and times.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from statistics import median

from bot.domain.coverage import Role
from bot.domain.report import Identifier, Provider


class Miss(StrEnum):
    """Why somebody else than the ordering provider is asked first, or nobody."""

    NONE = ""
    UNKNOWN_PROVIDER = "unknown-provider"
    NO_PROVIDER = "no-provider-named"
    NO_CONTACT = "no-contact"
    REVIEW = "a-person-must-look"
    STALE = "too-old-on-receipt"
    NOBODY = "nobody-reachable"
    ENDED = "ended-before-receipt"


@dataclass(frozen=True, slots=True)
class First:
    """The first page of an alert: to whom, on which channels, when. ``sent``: it really left."""

    person: str
    role: Role
    channels: tuple[str, ...]
    at: datetime
    sent: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """One alert of the period. ``provider_known``: the report's ordering provider is in the
    directory; ``reached`` whether a page to them was due. Times are UTC."""

    ref: str
    sender: str
    category: str
    rule: str
    review: str
    state: str
    shadow: bool
    stale: bool
    opened_at: datetime
    due_at: datetime
    ordering: tuple[Provider, ...]
    provider_known: bool
    provider_reached: bool
    first: First | None

    @property
    def miss(self) -> Miss:
        """Why the ordering provider was not asked; NONE where they were."""
        if self.first is None:
            ended = self.state in {"withdrawn", "downgraded"}
            return Miss.ENDED if ended else Miss.NOBODY
        if self.provider_reached:
            return Miss.NONE
        if not self.provider_known and any(one.identifiers for one in self.ordering):
            return Miss.UNKNOWN_PROVIDER
        if not self.provider_known and not self.review:  # what could not be read names nobody
            return Miss.NO_PROVIDER
        if self.review or self.stale:
            return Miss.REVIEW if self.review else Miss.STALE
        return Miss.NO_CONTACT


@dataclass(frozen=True, slots=True)
class Unknown:
    """A provider whom the directory lacked, with the number of alerts that named them."""

    provider: Provider
    alerts: int


@dataclass(frozen=True, slots=True)
class Lag:
    """A preliminary report that was flagged already, and the final of the same order.

    ``final_at`` is None where none has come; ``still_flagged`` whether it asks for an alert too.
    ``by_receipt`` is the same span by our clock.
    """

    ref: str
    sender: str
    category: str
    preliminary_at: datetime
    final_at: datetime | None
    by_receipt: timedelta | None
    still_flagged: bool

    @property
    def minutes(self) -> float | None:
        """Between the two, by the sender's times."""
        return None if self.final_at is None else in_minutes(self.final_at - self.preliminary_at)


@dataclass(frozen=True, slots=True)
class Spread:
    """So many values, the one in the middle, and the one that nine of ten do not exceed."""

    count: int
    median: float
    p90: float


def unknown_providers(alerts: Iterable[Opened]) -> list[Unknown]:
    """Each provider of an alert whom the directory lacked, the most frequent first. Without an
    identifier only the name tells them apart."""
    named: dict[_Who, Provider] = {}
    counts: Counter[_Who] = Counter()
    for alert in alerts:
        if alert.provider_known:
            continue
        for provider in alert.ordering:
            who = provider.identifiers or provider.name
            named.setdefault(who, provider)
            counts[who] += 1
    return [Unknown(named[who], number) for who, number in counts.most_common()]


_Who = tuple[Identifier, ...] | str


def spread(values: Sequence[float]) -> Spread | None:
    """Median and 90th percentile (nearest rank); None of nothing."""
    if not values:
        return None
    ranked = sorted(values)
    return Spread(len(ranked), median(ranked), ranked[ceil(0.9 * len(ranked)) - 1])


def in_minutes(length: timedelta) -> float:
    """To a tenth."""
    return round(length / timedelta(minutes=1), 1)
