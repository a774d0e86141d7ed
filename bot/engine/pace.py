"""How fast pages leave: no faster than a provider takes them, the most severe first.

What a provider is handed too fast it refuses or queues by itself, in the order of arrival: a
critical page would stand behind a notice. So what cannot leave yet waits in the outbox.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Connection

from storage import claims
from storage.outbox import Claimed

MOST_PEOPLE = 10_000
NOWHERE_FULL: Mapping[str, int] = MappingProxyType({})
ENDED_YET = timedelta(seconds=2)
"""How often to look whether what keeps a number busy has ended."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second on average, and up to ``burst`` of them at once."""

    per_second: float
    burst: float


@dataclass(slots=True)
class _Bucket:
    rate: Rate
    at: datetime
    tokens: float

    def fill(self, now: datetime) -> None:
        passed = max((now - self.at).total_seconds(), 0.0)
        self.tokens = min(self.tokens + passed * self.rate.per_second, self.rate.burst)
        self.at = now

    def free_at(self) -> datetime:
        """When the next one may leave."""
        missing = max(1.0 - self.tokens, 0.0)
        return self.at + timedelta(seconds=missing / self.rate.per_second)


@dataclass
class Pace:
    """Claims what may leave, for the dispatcher of one copy, from any thread.

    ``channels`` are limits of the sending account, ``people`` those towards one person. A channel
    without a limit leaves at once. Several copies keep their own pace: give each its share.
    ``lines`` are channels on which a number takes one message at a time, with how long one is under
    way at most: the next waits for its end, whichever copy has sent it.
    """

    channels: Mapping[str, Rate] = field(default_factory=dict)
    people: Mapping[str, Rate] = field(default_factory=dict)
    lines: Mapping[str, timedelta] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def claim(
        self,
        c: Connection,
        now: datetime,
        instance: int,
        room: int,
        places: Mapping[str, int] = NOWHERE_FULL,
    ) -> list[Claimed]:
        """Take up to ``room`` attempts, of a channel no more than may leave now, nor than it has
        ``places`` left."""
        reserved = self._reserve(now, room)
        channels = {*reserved, *places}
        may = {on: min(reserved.get(on, room), places.get(on, room)) for on in channels}
        tight = {channel for channel, most in may.items() if most < room}
        # First what may leave slowly: of the others there may be enough to fill the room.
        claimed: list[Claimed] = []
        for channel in sorted(tight):
            most = min(may[channel], room - len(claimed))
            if most > 0:
                claimed += claims.claim(c, now, instance, most, only=channel)
        if room > len(claimed):
            claimed += claims.claim(c, now, instance, room - len(claimed), without=tight)
        leaving = self._one_by_one(c, claimed, now)
        self._release(reserved, leaving)
        return leaving

    def give_back(self, claimed: Iterable[Claimed]) -> None:
        """They were claimed in a unit of work that came to nothing."""
        with self._lock:
            for one in claimed:
                for key in ((one.slip.channel, ""), (one.slip.channel, one.slip.person_id)):
                    if key in self._buckets:
                        self._buckets[key].tokens += 1.0

    def free_at(self, channel: str, now: datetime) -> datetime:
        """When the next page may leave on this channel: now where nothing holds it up."""
        with self._lock:
            bucket = self._buckets.get((channel, ""))
            return max(bucket.free_at(), now) if bucket else now

    def next_free(self, now: datetime) -> datetime | None:
        """When the first channel that has to wait may send again; None where none has to."""
        free = (self.free_at(channel, now) for channel in self.channels)
        return min((at for at in free if at > now), default=None)

    def _reserve(self, now: datetime, room: int) -> dict[str, int]:
        with self._lock:
            taken: dict[str, int] = {}
            for channel, rate in self.channels.items():
                bucket = self._bucket((channel, ""), rate, now)
                taken[channel] = min(int(bucket.tokens), room)
                bucket.tokens -= taken[channel]
            return taken

    def _release(self, reserved: Mapping[str, int], claimed: list[Claimed]) -> None:
        with self._lock:
            for channel, most in reserved.items():
                used = sum(one.slip.channel == channel for one in claimed)
                self._buckets[channel, ""].tokens += most - used

    def _one_by_one(self, c: Connection, claimed: list[Claimed], now: datetime) -> list[Claimed]:
        """Without those that come too fast for their person, or to a number that is busy with one
        of ours: they wait, and hold up nobody else."""
        leaving = []
        for place, one in enumerate(claimed):
            until = self._line_free_at(c, one, claimed[place:], now) or self._later(one, now)
            if until is None:
                leaving.append(one)
            else:
                claims.hold(c, one.delivery_id, until)
        return leaving

    def _line_free_at(
        self, c: Connection, one: Claimed, undecided: list[Claimed], now: datetime
    ) -> datetime | None:
        longest = self.lines.get(one.slip.channel)
        if longest is None or not claims.number_busy(c, one, undecided, now - longest):
            return None
        return now + ENDED_YET

    def _later(self, one: Claimed, now: datetime) -> datetime | None:
        rate = self.people.get(one.slip.channel)
        if rate is None:
            return None
        with self._lock:
            bucket = self._bucket((one.slip.channel, one.slip.person_id), rate, now)
            if bucket.tokens < 1.0:
                return bucket.free_at()
            bucket.tokens -= 1.0
            return None

    def _bucket(self, key: tuple[str, str], rate: Rate, now: datetime) -> _Bucket:
        if key not in self._buckets:
            self._forget_full(now)
            self._buckets[key] = _Bucket(rate, now, rate.burst)
        bucket = self._buckets[key]
        bucket.fill(now)
        return bucket

    def _forget_full(self, now: datetime) -> None:
        """A full bucket says no more than none, so that one a person does not pile up."""
        if len(self._buckets) < MOST_PEOPLE:
            return
        for key, bucket in list(self._buckets.items()):
            bucket.fill(now)
            if key[1] and bucket.tokens >= bucket.rate.burst:
                del self._buckets[key]
