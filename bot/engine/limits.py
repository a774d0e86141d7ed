"""How much may leave in how much time, and how much of that has."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second on average, and up to ``burst`` of them at once."""

    per_second: float
    burst: float

    def begin(self, now: datetime) -> "Bucket":
        """Nothing has left yet."""
        return Bucket(self, now, self.burst)


@dataclass(frozen=True, slots=True)
class Window:
    """So many ``within`` any such time, however close together."""

    most: int
    within: timedelta

    def begin(self, now: datetime) -> "Recent":
        """Nothing has left yet."""
        return Recent(self, now)


@dataclass(slots=True)
class Bucket:
    """What is left of a Rate. ``at`` is when it was last looked at."""

    rate: Rate
    at: datetime
    tokens: float

    def fill(self, now: datetime) -> None:
        """Time has passed."""
        passed = max((now - self.at).total_seconds(), 0.0)
        self.tokens = min(self.tokens + passed * self.rate.per_second, self.rate.burst)
        self.at = now

    def free_at(self) -> datetime:
        """When the next one may leave; it may be past."""
        missing = max(1.0 - self.tokens, 0.0)
        return self.at + timedelta(seconds=missing / self.rate.per_second)

    def take(self) -> None:
        """One leaves."""
        self.tokens -= 1.0

    def give_back(self) -> None:
        """It has not left after all."""
        self.tokens += 1.0

    @property
    def unused(self) -> bool:
        """It says no more than a new one would."""
        return self.tokens >= self.rate.burst


@dataclass(slots=True)
class Recent:
    """What has left within a Window. ``at`` is when it was last looked at."""

    window: Window
    at: datetime
    left: deque[datetime] = field(default_factory=deque)

    def fill(self, now: datetime) -> None:
        """Time has passed."""
        self.at = now
        while self.left and self.left[0] <= now - self.window.within:
            self.left.popleft()

    def free_at(self) -> datetime:
        """When the next one may leave; it may be past."""
        full = len(self.left) >= self.window.most
        return self.left[-self.window.most] + self.window.within if full else self.at

    def take(self) -> None:
        """One leaves."""
        self.left.append(self.at)

    def give_back(self) -> None:
        """It has not left after all."""
        if self.left:
            self.left.pop()

    @property
    def unused(self) -> bool:
        """It says no more than a new one would."""
        return not self.left


Limit = Rate | Window
Meter = Bucket | Recent
