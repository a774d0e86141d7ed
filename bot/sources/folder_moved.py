"""Files that were moved, and go on growing: whoever writes them had only paused.

A transfer that stalls, or a program that takes its time between two reports, leaves a file that
looks complete. What it writes later lands in the moved file, and nobody would ever read it.
"""

from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path

from bot.sources.folder_files import REASON, File, Inode, free, named

_FIRST_WAIT, _LONGEST_WAIT = 5.0, 3_600.0
"""Seconds until the first look; each next one comes after twice as long."""
_LONGEST_FIRST_WAIT = 60.0
"""For one that grows and grows: each time all of it is read, up to where it was known."""


@dataclass(frozen=True, slots=True, order=True)
class _Look:
    """What is to be looked at next. ``due`` is of a monotonic clock, ``mark`` as in put_away."""

    due: float
    wait: float
    file: File = field(compare=False)
    lies: Path = field(compare=False)
    mark: str = field(compare=False)


class Moved:
    """Those that one copy of Readback has moved since it was started."""

    def __init__(self) -> None:
        self._looks: list[_Look] = []
        self._grew: dict[Inode, float] = {}

    @property
    def due(self) -> float | None:
        """When the next one is to be looked at; None where there is none."""
        return self._looks[0].due if self._looks else None

    def note(self, file: File, lies: Path, mark: str, now: float) -> None:
        """It has just been moved there."""
        wait = self._grew.pop(file.inode, _FIRST_WAIT)
        heappush(self._looks, _Look(now + wait, wait, file, lies, mark))

    def put_back(self, now: float) -> int:
        """Move those that have grown back into the folder, and say how many: they are read anew."""
        grown = 0
        while self._looks and self._looks[0].due <= now:
            one = heappop(self._looks)
            try:
                grew = one.lies.lstat().st_size != one.file.stamp[0]
                if grew:
                    _put_back(one)
                    self._grew[one.file.inode] = min(2 * one.wait, _LONGEST_FIRST_WAIT)
                    grown += 1
                else:
                    self._later(one, now)
            except FileNotFoundError:
                continue  # somebody has taken it
            except OSError:
                self._later(one, now)
        return grown

    def _later(self, one: _Look, now: float) -> None:
        wait = 2 * one.wait
        if 0 < wait <= _LONGEST_WAIT:
            heappush(self._looks, _Look(now + wait, wait, one.file, one.lies, one.mark))


def _put_back(one: _Look) -> None:
    one.lies.rename(free(one.file.path.parent, one.file.path.name, one.mark))
    named(one.lies.parent, one.lies.name, REASON).unlink(missing_ok=True)
