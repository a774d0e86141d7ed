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

from bot.engine.limits import Bucket, Limit, Meter, Rate
from storage import claims, people
from storage.outbox import Claimed

MOST_ADDRESSES = 10_000
NOWHERE_FULL: Mapping[str, int] = MappingProxyType({})
ENDED_YET = timedelta(seconds=2)
"""How often to look whether what keeps a number busy has ended."""


@dataclass
class Pace:
    """Claims what may leave, for the dispatcher of one copy, from any thread.

    ``channels`` are limits of the sending account, ``addresses`` those towards one number or one
    Slack account, whoever shares it. A channel without a limit leaves at once. Several copies keep
    their own pace: give each its share.
    ``lines`` are channels on which a number takes one message at a time, with how long one is under
    way at most: the next waits for its end, whichever copy has sent it.
    """

    channels: Mapping[str, Rate] = field(default_factory=dict)
    addresses: Mapping[str, Limit] = field(default_factory=dict)
    lines: Mapping[str, timedelta] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._ours: dict[str, Bucket] = {}
        self._theirs: dict[tuple[str, str], Meter] = {}

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

    def give_back(self, c: Connection, claimed: Iterable[Claimed]) -> None:
        """They were claimed in a unit of work that came to nothing."""
        with self._lock:
            for one in claimed:
                channel = one.slip.channel
                if ours := self._ours.get(channel):
                    ours.give_back()
                # Else nothing has been looked up, and where a statement failed nothing can be.
                if channel in self.addresses and (theirs := self._theirs.get(_address(c, one))):
                    theirs.give_back()

    def free_at(self, channel: str, now: datetime) -> datetime:
        """When the next page may leave on this channel: now where nothing holds it up."""
        with self._lock:
            bucket = self._ours.get(channel)
            return max(bucket.free_at(), now) if bucket else now

    def next_free(self, now: datetime) -> datetime | None:
        """When the first channel that has to wait may send again; None where none has to."""
        free = (self.free_at(channel, now) for channel in self.channels)
        return min((at for at in free if at > now), default=None)

    def _reserve(self, now: datetime, room: int) -> dict[str, int]:
        with self._lock:
            taken: dict[str, int] = {}
            for channel, rate in self.channels.items():
                bucket = self._ours.setdefault(channel, rate.begin(now))
                bucket.fill(now)
                taken[channel] = min(int(bucket.tokens), room)
                bucket.tokens -= taken[channel]
            return taken

    def _release(self, reserved: Mapping[str, int], claimed: list[Claimed]) -> None:
        with self._lock:
            for channel, most in reserved.items():
                used = sum(one.slip.channel == channel for one in claimed)
                self._ours[channel].tokens += most - used

    def _one_by_one(self, c: Connection, claimed: list[Claimed], now: datetime) -> list[Claimed]:
        """Without those that come too fast for their address, or to a number that is busy with one
        of ours: they wait, and hold up nobody else."""
        leaving = []
        for place, one in enumerate(claimed):
            until = self._line_free_at(c, one, claimed[place:], now) or self._later(c, one, now)
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

    def _later(self, c: Connection, one: Claimed, now: datetime) -> datetime | None:
        limit = self.addresses.get(one.slip.channel)
        if limit is None:
            return None
        key = _address(c, one)
        with self._lock:
            meter = self._meter(key, limit, now)
            free = meter.free_at()
            if free > now:
                return free
            meter.take()
            return None

    def _meter(self, key: tuple[str, str], limit: Limit, now: datetime) -> Meter:
        if key not in self._theirs:
            self._forget_unused(now)
            self._theirs[key] = limit.begin(now)
        meter = self._theirs[key]
        meter.fill(now)
        return meter

    def _forget_unused(self, now: datetime) -> None:
        """So that one an address does not pile up."""
        if len(self._theirs) < MOST_ADDRESSES:
            return
        for key, meter in list(self._theirs.items()):
            meter.fill(now)
            if meter.unused:
                del self._theirs[key]


def _address(c: Connection, one: Claimed) -> tuple[str, str]:
    """Where it goes: a number that several people share is one."""
    person, channel = people.load(c, one.slip.person_id), one.slip.channel
    return channel, person.address(channel) if person else one.slip.person_id
