"""The bot's time: moved by whoever sits before the page, and told for what the stand-ins stamp."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import ClockControl, Segment
from bot.sandbox.realtime import epoch

SPEEDS = (1, 60)
LONGEST_LEAP = timedelta(hours=24)
PATIENCE_SECONDS = 3.0


class BotTime:
    """Writes the clock file at ``path``.

    ``next_due`` tells when the bot has something to do, if ever; ``busy``, whether messages are on
    their way at this moment.
    """

    def __init__(
        self, path: Path, next_due: Callable[[], datetime | None], busy: Callable[[], bool]
    ) -> None:
        self.path = path
        self._busy = busy
        self._control = ClockControl(path)
        self.clock = self._control.create()
        self._next_due = next_due
        self._leaping = threading.Lock()
        self._segments: list[Segment] = []
        self._note()

    def now(self) -> datetime:
        """What the bot takes for now, in UTC."""
        return self.clock.now()

    @property
    def rate(self) -> float:
        """Seconds of the bot's time in a real second."""
        return self.clock.rate

    def last(self) -> Segment:
        """The latest move: what it shows from then on follows from it."""
        return self._segments[-1]

    def run_at(self, rate: float) -> None:
        """Let it run so many times as fast as real time. Raises ValueError for other SPEEDS."""
        if rate not in SPEEDS:
            raise ValueError(f"the clock runs at {', '.join(map(str, SPEEDS))} times real time")
        self._control.set_rate(rate)
        self._note()

    def leap(self, by: timedelta) -> None:
        """Go forward, stopping at each thing that falls due on the way until the bot has done it.

        One jump over three reminders would be one reminder, late: not what an hour looks like.
        Raises ValueError for less than nothing and more than LONGEST_LEAP.
        """
        if not timedelta(0) < by <= LONGEST_LEAP:
            raise ValueError("the clock leaps forward by a day at most")
        with self._leaping:
            until = self.now() + by
            while (due := self._next_due()) is not None and due <= until:
                self._jump_to(due)
                if not self._done_by_the_bot():
                    break
            self._jump_to(until)
            self._done_by_the_bot()

    def _done_by_the_bot(self) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            due = self._next_due()
            if (due is None or due > self.now()) and not self._busy():
                return True
            time.sleep(0.02)
        return False

    def _jump_to(self, moment: datetime) -> None:
        if (by := moment - self.now()) > timedelta(0):
            self._control.advance(by)
            self._note()

    def _note(self) -> None:
        self._segments.append(Segment(epoch(), self.now().timestamp(), self.rate))

    def shown(self, real: float) -> datetime:
        """What the bot's clock showed at this real time (seconds since 1970)."""
        first = self._segments[0]
        at = next((s for s in reversed(self._segments) if s.real <= real), first)
        return datetime.fromtimestamp(at.at(real), UTC)
