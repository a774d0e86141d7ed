"""The only place that reads the clock.

In production time is the system's. In the sandbox it is moved: the control appends segments to a
small file, and the bot, which may be killed and started again meanwhile, reads them there. The bot
sees either through a SteadyClock, which a step back cannot stop.
"""

import mmap
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

SLOWEST = 0.95
"""Seconds of a SteadyClock in a real one while it waits for a clock that was stepped back. Half an
hour is given back in ten hours; a step that lies 30 minutes ahead comes after 31 and a half."""

_WORD = 8
_WORDS_A_SEGMENT = 4
MOST_SEGMENTS = 50_000
_FILE_SIZE = _WORD * (1 + _WORDS_A_SEGMENT * MOST_SEGMENTS)


class Clock(ABC):
    """What Readback takes for now."""

    @abstractmethod
    def now(self) -> datetime:
        """Now in UTC."""

    @property
    @abstractmethod
    def rate(self) -> float:
        """Seconds of this clock in one second of real time; 0 while it stands still."""

    @abstractmethod
    def real(self, moment: datetime) -> datetime:
        """The real time (UTC) at which this clock showed, or will show, ``moment``.

        Providers stamp what they take with real time, whatever Readback's clock shows.
        """

    @property
    def ahead(self) -> timedelta:
        """How far it is before the system's clock, as that is set: nothing, but for SteadyClock."""
        return timedelta(0)

    def seconds_until(self, moment: datetime, at_most: float) -> float:
        """Real seconds to sleep until ``moment``, from 0 to ``at_most``."""
        left = (moment - self.now()).total_seconds()
        if left <= 0:
            return 0.0
        return min(left / self.rate, at_most) if self.rate > 0 else at_most


class Reading(NamedTuple):
    """``wall``: what the clock shows, in UTC, as somebody has set it. ``elapsed``: the seconds that
    have passed since some moment, whatever the clock was set to meanwhile."""

    wall: datetime
    elapsed: float


class RawClock(Clock):
    """A clock that shows what it was set to."""

    @abstractmethod
    def read(self) -> Reading:
        """The time shown and the time passed, of one moment."""

    def now(self) -> datetime:
        """Now in UTC, as the clock was set."""
        return self.read().wall


class SteadyClock(Clock):
    """``raw``, but it never goes back and never slower than SLOWEST: what has to be done in half an
    hour is done in half an hour, whatever the raw clock is set to.

    A step forward is followed at once, and so is the time that a suspended machine slept. After a
    step back it is *ahead* of the raw clock by the step, and gives that back little by little. So
    it stays right where the step back was the error; where the step forward before it was, it stays
    as wrong as it has been, for twenty times the step at most.

    ``floor`` is a time that has been already, as the database tells: after a restart it begins no
    earlier. See docs/decisions/0010.
    """

    def __init__(self, raw: RawClock, floor: datetime | None = None) -> None:
        self.raw = raw
        self._lock = threading.Lock()
        first = self.raw.read()
        self._since = Reading(max(first.wall, floor or first.wall), first.elapsed)

    def now(self) -> datetime:
        """Now in UTC. No call gives less than one before it."""
        return self._read()[0]

    @property
    def ahead(self) -> timedelta:
        """How far it is before the raw clock; nothing, as long as nobody has set that back."""
        now, wall = self._read()
        return now - wall

    def _read(self) -> tuple[datetime, datetime]:
        with self._lock:
            wall, elapsed = read = self.raw.read()
            passed = elapsed - self._since.elapsed
            least = self._since.wall + timedelta(seconds=passed * SLOWEST)
            if wall < least:  # counted from one reading: many roundings would add up
                return least, wall
            self._since = read
            return wall, wall

    @property
    def rate(self) -> float:
        """That of the raw clock."""
        return self.raw.rate

    def real(self, moment: datetime) -> datetime:
        """When the raw clock showed it, where it was set as it is now."""
        return self.raw.real(moment - self.ahead)


class SystemClock(RawClock):
    """Real time."""

    def read(self) -> Reading:
        """The system's time, and its monotonic clock."""
        return Reading(datetime.now(UTC), time.monotonic())

    @property
    def rate(self) -> float:
        """Always 1."""
        return 1.0

    def real(self, moment: datetime) -> datetime:
        """The moment itself."""
        return moment


@dataclass(frozen=True, slots=True)
class Segment:
    """From real time ``real`` on the clock shows ``moved`` and runs ``rate`` times as fast;
    ``stepped`` is how far it was set, all in all, without that time having passed.

    Times in seconds since 1970.
    """

    real: float
    moved: float
    rate: float
    stepped: float = 0.0

    def at(self, real: float) -> float:
        """What the clock shows at this real time."""
        return self.moved + (real - self.real) * self.rate


class _File:
    """The segments, one after another, behind their number.

    A segment never changes once the number counts it, and the number is one aligned word, so that
    a reader in another process never sees half of anything.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _FILE_SIZE)
        self._count = memoryview(self._map)[:_WORD].cast("q")
        self._words = memoryview(self._map)[_WORD:].cast("d")

    def __len__(self) -> int:
        return self._count[0]

    def __getitem__(self, index: int) -> Segment:
        first = index * _WORDS_A_SEGMENT
        return Segment(*self._words[first : first + _WORDS_A_SEGMENT])

    def last(self) -> Segment:
        return self[len(self) - 1]

    def append(self, segment: Segment) -> None:
        index = len(self)
        if index >= MOST_SEGMENTS:
            raise ValueError(f"the clock was moved {MOST_SEGMENTS} times: create it anew")
        first = index * _WORDS_A_SEGMENT
        for place, value in enumerate(astuple(segment)):
            self._words[first + place] = value
        self._count[0] = index + 1

    def close(self) -> None:
        self._count.release()
        self._words.release()
        self._map.close()


class MovedClock(RawClock):
    """The clock that a ClockControl moves through the file at ``path``, which must exist."""

    def __init__(self, path: Path) -> None:
        self._file = _File(path)

    def read(self) -> Reading:
        """The time that it was moved to, and the time that has passed on it."""
        last = self._file.last()
        shown = last.at(_system())
        return Reading(_utc(shown), shown - last.stepped)

    @property
    def rate(self) -> float:
        """How many times as fast as real time."""
        return self._file.last().rate

    def real(self, moment: datetime) -> datetime:
        """When it showed ``moment``; for one that a jump left out, when it jumped."""
        wanted = moment.timestamp()
        later: float | None = None
        for index in range(len(self._file) - 1, -1, -1):
            segment = self._file[index]
            if segment.moved <= wanted or index == 0:
                found = segment.real + (wanted - segment.moved) / (segment.rate or 1.0)
                return _utc(found if later is None else min(found, later))
            later = segment.real
        raise AssertionError("a clock has at least one segment")

    def close(self) -> None:
        """Let go of the file. The clock cannot be read any more."""
        self._file.close()


class ClockControl:
    """Moves the clock of every process that has a MovedClock on the same file. One writer only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self) -> MovedClock:
        """Write a new file, on which the clock shows real time, and return the clock on it."""
        self._path.write_bytes(b"")
        with self._path.open("r+b") as file:
            file.truncate(_FILE_SIZE)
        now = _system()
        self._append(Segment(now, now, 1.0))
        return MovedClock(self._path)

    def advance(self, by: timedelta) -> None:
        """Let this much time pass at once. Raises ValueError below 0: see ``step``."""
        if by < timedelta(0):
            raise ValueError("time does not pass backwards: a clock is stepped back")
        self._change(by=by.total_seconds())

    def step(self, by: timedelta) -> None:
        """Set the clock forward or back, as somebody sets a system's, while no time passes."""
        self._change(step=by.total_seconds())

    def set_rate(self, rate: float) -> None:
        """Run ``rate`` times as fast from now on; 0 stands still. Raises ValueError below 0."""
        if rate < 0:
            raise ValueError("a clock cannot run backwards")
        self._change(rate=rate)

    def _change(self, by: float = 0.0, step: float = 0.0, rate: float | None = None) -> None:
        file = _File(self._path)
        last, real = file.last(), _system()
        rate = last.rate if rate is None else rate
        file.append(Segment(real, last.at(real) + by + step, rate, last.stepped + step))
        file.close()

    def _append(self, segment: Segment) -> None:
        file = _File(self._path)
        file.append(segment)
        file.close()


def system_now() -> datetime:
    """The time of this machine in UTC, which nobody moves: to be held against other machines'."""
    return datetime.now(UTC)


def _system() -> float:
    return system_now().timestamp()


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
