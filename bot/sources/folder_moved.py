"""Files that were moved, and change yet: whoever writes them had only paused.

A transfer that stalls, or a program that takes its time between two reports, leaves a file that
looks complete. What it writes later lands in the moved file, and nobody would ever read it. So it
is with one that is as long as it will be before its bytes have come, as copies to a share are.
What is being watched is written down in the folder, as a restart must not end the watch.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from pathlib import Path

from bot.sources.folder_files import DONE, REASON, REJECTED, File, Inode, free, named, put_away

_FIRST_WAIT, _LONGEST_WAIT = 5.0, 3_600.0
"""Seconds until the first look; each next one comes after twice as long."""
_LONGEST_FIRST_WAIT = 60.0
"""For one that grows and grows: each time all of it is read, up to where it was known."""
NOTES = ".readback-moved"
_MOST_TOUCHES, _MOST_TOUCHED = 3, 1_000
_MOST_NOTES = 1_000_000
"""Bytes: some thousand files. Of more the older half is forgotten."""


@dataclass(frozen=True, slots=True, order=True)
class _Look:
    """What is to be looked at next. ``due`` is of a monotonic clock, ``mark`` as in put_away."""

    due: float
    wait: float
    file: File = field(compare=False)
    lies: Path = field(compare=False)
    mark: str = field(compare=False)


class Moved:
    """Those that were moved out of this folder, also before Readback was started."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._notes = folder, folder / NOTES
        self._looks: list[_Look] = []
        self._grew: dict[Inode, float] = {}
        self._new: list[_Look] = []
        self._touched: Counter[Path] = Counter()
        self._recalled = False

    @property
    def due(self) -> float | None:
        """When the next one is to be looked at; None where there is none."""
        return self._looks[0].due if self._looks else None

    def put_away(self, file: File, reasons: Iterable[str], mark: str, now: float) -> None:
        """Move it, as folder_files has it, and watch it from then on. Raises OSError."""
        lies = put_away(file, reasons, mark)
        if lies:
            with suppress(OSError):  # somebody has taken it
                file = _as_moved(file, lies)
            self.note(file, lies, mark, now)

    def note(self, file: File, lies: Path, mark: str, now: float) -> None:
        """It has just been moved there."""
        wait = self._grew.pop(file.inode, _FIRST_WAIT)
        self._new.append(_Look(now + wait, wait, file, lies, mark))
        heappush(self._looks, self._new[-1])

    def write_down(self) -> None:
        """Which ones are new. Where that fails they are watched until the next restart only."""
        lines = [_line(one) for one in self._new]
        self._new.clear()
        with suppress(OSError):
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            with os.fdopen(os.open(self._notes, flags, 0o600), "ab") as notes:
                notes.write("".join(lines).encode())
                size = notes.tell()
            if size > _MOST_NOTES:
                self._forget_half()

    def put_back(self, now: float) -> int:
        """Move those that have changed back, where they are read anew, and say how many."""
        if not self._recalled:
            self._recalled = True
            for look in self._recall(now):
                heappush(self._looks, look)
        grown = 0
        while self._looks and self._looks[0].due <= now:
            one = heappop(self._looks)
            try:
                there = one.lies.lstat()
                if there.st_dev != one.file.inode[0]:
                    continue  # a copy on another file system: who writes has not got that open
                if self._has_changed(one, there):
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

    def _has_changed(self, one: _Look, there: os.stat_result) -> bool:
        """Its time alone may change a few times, or its inode: on some file systems they always do.
        What took its place within one tick of the clock has the same time."""
        now = (there.st_ino, there.st_size, there.st_mtime_ns)
        if now == (one.file.inode[1], *one.file.stamp):
            return False
        if there.st_size != one.file.stamp[0]:
            return True
        if len(self._touched) > _MOST_TOUCHED:
            self._touched.clear()
        self._touched[one.file.path] += 1
        return self._touched[one.file.path] <= _MOST_TOUCHES

    def _later(self, one: _Look, now: float) -> None:
        wait = 2 * one.wait
        if 0 < wait <= _LONGEST_WAIT:
            heappush(self._looks, _Look(now + wait, wait, one.file, one.lies, one.mark))

    def _recall(self, now: float) -> Iterator[_Look]:
        """Of a file that was moved several times the last note holds."""
        found: dict[Path, _Look] = {}
        with suppress(OSError):
            device = self._folder.stat().st_dev
            for line in self._notes.read_bytes().splitlines():
                if one := _noted(self._folder, device, line, now):
                    found[one.lies] = one
        yield from found.values()

    def _forget_half(self) -> None:
        lines = self._notes.read_bytes().splitlines(keepends=True)
        beside = self._notes.with_suffix(".part")
        beside.write_bytes(b"".join(lines[len(lines) // 2 :]))
        beside.rename(self._notes)


def _as_moved(file: File, lies: Path) -> File:
    """With the time that it has now: file systems exist that give it another one when it moves.
    What has taken its place at the last moment is not it."""
    there = lies.lstat()
    same = (there.st_dev, there.st_ino, there.st_size) == (*file.inode, file.stamp[0])
    return replace(file, stamp=(file.stamp[0], there.st_mtime_ns)) if same else file


def _line(one: _Look) -> str:
    place = one.lies.parent.name, one.lies.name
    said = [one.file.path.name, *place, one.file.inode[1], *one.file.stamp, one.mark]
    return json.dumps(said) + "\n"


def _noted(folder: Path, device: int, line: bytes, now: float) -> _Look | None:
    """None for half a line, as a crash leaves it, and for one that leads elsewhere or nowhere:
    whoever may write into the folder is not to have other files moved, or the process ended at
    each of its starts."""
    try:
        name, place, lies, number, size, changed, mark = json.loads(line)
        inside = place in {DONE, REJECTED} and all(map(_is_name, (name, lies, mark)))
        if not inside:
            return None
        file = File(folder / name, (device, int(number)), (int(size), int(changed)))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return _Look(now + _FIRST_WAIT, _FIRST_WAIT, file, folder / place / lies, mark)


def _is_name(text: object) -> bool:
    if not isinstance(text, str) or not text or text != Path(text).name or "\0" in text:
        return False
    return bool(os.fsencode(text))  # raises UnicodeEncodeError, a ValueError, for what is no name


def _put_back(one: _Look) -> None:
    one.lies.rename(free(one.file.path.parent, one.file.path.name, one.mark))
    named(one.lies.parent, one.lies.name, REASON).unlink(missing_ok=True)
