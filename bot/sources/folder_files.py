"""The files of a folder: which of them are complete, what is in one, and where it goes afterwards.

A file is complete when size and time of change have stayed for a while and its name does not say
that somebody still writes it. A rename changes neither: a file that was seen under such a name is
complete the moment that it has its own.
"""

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.log import log
from bot.sources.oversize import Passing

DONE, REJECTED = "done", "rejected"
REASON = ".reason"
_BEING_WRITTEN = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
# A file is made before the first byte is written: an empty one is given longer.
_EMPTY_SECONDS = 60.0
_UNFINISHED_SECONDS = 900.0
"""No transfer of a report stands still for so long: who wrote under that name has given up."""
_OURS = ".readback"
_LONGEST_NAME = 255
_CHUNK = 1024 * 1024
Inode = tuple[int, int]
Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was seen. ``stamp`` is its size and when it was changed, in ns; ``age`` for how
    many seconds it has been so, as far as we have looked."""

    path: Path
    inode: Inode
    stamp: Stamp
    age: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Content:
    """What a file held. Of one over the limit ``data`` is the beginning and ``tail`` what is known
    of the rest; ``size`` and ``digest`` (SHA-256) are always of all of it."""

    data: bytes
    size: int
    digest: str
    tail: bytes = b""

    @property
    def whole(self) -> bool:
        """Nothing of it was left out."""
        return len(self.data) == self.size


@dataclass(frozen=True, slots=True)
class Left:
    """How much lies in the folder that is not read: links, folders, and files whose name has said
    for long that somebody still writes them. Each may be a report that nobody hears of."""

    links: int = 0
    folders: int = 0
    unfinished: int = 0

    def tell(self, before: "Left", source: str) -> None:
        """Have the log say what has become more."""
        if self.links > before.links:
            log.warning("links_not_followed", source=source, count=self.links)
        if self.folders > before.folders:
            log.warning("folders_not_looked_into", source=source, count=self.folders)
        if self.unfinished > before.unfinished:
            log.warning("files_never_finished", source=source, count=self.unfinished)


class Changed(Exception):
    """It is not the file that was seen any more: it is looked at again."""


class Looks:
    """Remembers since when each file has been as it is, over looks at one folder.

    By its number in the file system and by its name: file systems exist without lasting numbers.
    """

    def __init__(self, folder: Path, settle: float) -> None:
        self._folder, self._settle = folder, settle
        self._since: dict[Inode | str, tuple[Stamp, float]] = {}

    def look(self, now: float) -> tuple[list[File], Left]:
        """The complete files, oldest first, and what is left lying.

        ``now`` is of a monotonic clock, in seconds. Raises OSError where the folder cannot be read.
        """
        found, left = _listed(self._folder)
        since: dict[Inode | str, tuple[Stamp, float]] = {}
        complete, unfinished = [], 0
        for file in found:
            began = min((now, *self._known(file)))
            since[file.inode] = since[file.path.name] = file.stamp, began
            settle = self._settle if file.stamp[0] else max(self._settle, _EMPTY_SECONDS)
            if _is_being_written(file.path.name):
                unfinished += now - began >= _UNFINISHED_SECONDS
            elif now - began >= settle:
                complete.append(replace(file, age=now - began))
        self._since = since
        complete.sort(key=lambda file: (file.stamp[1], file.path.name))
        return complete, replace(left, unfinished=unfinished)

    def _known(self, file: File) -> Iterator[float]:
        for key in (file.inode, file.path.name):
            stamp, since = self._since.get(key, (None, 0.0))
            if stamp == file.stamp:
                yield since


def _listed(folder: Path) -> tuple[list[File], Left]:
    files, links, folders = [], 0, 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in {DONE, REJECTED} or entry.name.startswith(_OURS):
                continue
            links += entry.is_symlink()
            with suppress(FileNotFoundError):  # somebody took it meanwhile
                folders += entry.is_dir(follow_symlinks=False)
                if entry.is_file(follow_symlinks=False):
                    files.append(_seen(Path(entry.path), entry.stat(follow_symlinks=False)))
    return files, Left(links, folders)


def _seen(path: Path, status: os.stat_result) -> File:
    inode, stamp = (status.st_dev, status.st_ino), (status.st_size, status.st_mtime_ns)
    return File(path, inode, stamp)


def _is_being_written(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(_BEING_WRITTEN)


def content_of(file: File, limit: int) -> Content:
    """All of it, or the beginning and the hash where it is larger than ``limit`` bytes.

    Raises Changed, FileNotFoundError where it is gone, and OSError where it cannot be read.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(file.path, flags), "rb") as opened:
        _require_same(file, opened.fileno())
        passing = Passing(limit) if file.stamp[0] <= limit else Passing()
        while chunk := opened.read(_CHUNK):
            passing.add(chunk)
        _require_same(file, opened.fileno())
    return Content(passing.head, passing.size, passing.digest, passing.tail)


def _require_same(file: File, descriptor: int) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or _seen(file.path, status) != file:
        raise Changed


_BEGIN = re.compile(rb"message \d+ of \d+: |the batch is not whole: ")
"""Each line of a file of reasons."""


def are_reasons(name: str, data: bytes) -> bool:
    """Whether these are ours, put back with the file that was rejected for them. What somebody else
    calls so is read as anything is."""
    return name.endswith(REASON) and _BEGIN.match(data) is not None


def put_away(file: File, reasons: Iterable[str], mark: str) -> Path | None:
    """Move it to done/, or to rejected/ with a file of the reasons: where it lies now. None where
    it is gone, or is another one by now. ``mark`` tells it from others of its name. Raises OSError
    where it cannot be moved; then it lies where it lay.
    """
    told = "".join(f"{reason}\n" for reason in reasons)
    folder = file.path.parent / (REJECTED if told else DONE)
    folder.mkdir(exist_ok=True)
    target = free(folder, file.path.name, mark)
    try:
        if _seen(file.path, file.path.lstat()) != file:
            return None
        if told:
            _write(named(folder, target.name, REASON), told.encode())
        _move(file.path, target)
    except FileNotFoundError:
        if os.path.lexists(file.path):
            raise
        return None  # another copy of Readback was faster, or its owner took it back
    return target


def free(folder: Path, name: str, mark: str) -> Path:
    """A place for a file of this name: what is there is never written over."""
    target, number = folder / name, 0
    while os.path.lexists(target):
        number += 1
        target = named(folder, name, f".{mark}" if number == 1 else f".{mark}-{number}")
    return target


def named(folder: Path, name: str, suffix: str) -> Path:
    """The name with the suffix, cut to what a file system takes."""
    room = _LONGEST_NAME - len(suffix) - len("..part")
    return folder / (os.fsdecode(os.fsencode(name)[:room]) + suffix)


def _move(path: Path, target: Path) -> None:
    try:
        path.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # Another file system: whole or not at all, so that a full disk leaves no half a file.
        beside = named(target.parent, f".{target.name}", ".part")
        try:
            shutil.copyfile(path, beside, follow_symlinks=False)
            beside.rename(target)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        path.unlink()


def _write(path: Path, data: bytes) -> None:
    beside = named(path.parent, f".{path.name}", ".part")
    try:
        beside.write_bytes(data)
        beside.rename(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
