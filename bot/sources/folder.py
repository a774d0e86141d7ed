"""A folder into which others put files: each is received, and only then moved away.

Between the commit and the move Readback may die: the file is read again, and each message of it is
known by then. Nothing here waits for a disk on the event loop.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot.domain.message import RawMessage
from bot.engine import intake
from bot.engine.context import Engine
from bot.log import log
from bot.sources import files
from bot.sources.documents import READ_SECONDS, too_slow
from bot.sources.fhir.polling import OK, OUTAGES
from bot.sources.files import Known
from bot.sources.folder_files import (
    DONE,
    REJECTED,
    Changed,
    Content,
    File,
    Left,
    Looks,
    Stamp,
    are_reasons,
    content_of,
)
from bot.sources.folder_moved import Moved
from bot.sources.hl7.batch_counts import lacking
from bot.sources.stumbled import stumbled_over
from storage import quarantine
from storage.quarantine import Quarantined

T = TypeVar("T")
BATCH = 250
"""Files between two looks, and two lines in the log."""
BROKEN_OFF_SECONDS = 30.0
"""Given to a file that ends in the middle of a line: its transfer may have come to a halt."""
HANGS_SECONDS = 60.0
"""A file of 100 MB is read in less over a slow line."""
_TOLD_EVERY = 1_000
"""Messages of one file between two lines in the log."""
_SHORTEST_WAIT, _LONGEST_WAIT = 5.0, 300.0


@dataclass(frozen=True, slots=True)
class Watching:
    """Which folder, and how often it is looked at: a file is read when two looks have found it the
    same. ``file_limit`` is in bytes."""

    name: str
    path: Path
    known: Known
    every: timedelta = timedelta(seconds=2)
    file_limit: int = 100_000_000


@dataclass(frozen=True, slots=True)
class _Received:
    """What a file held: how many messages, and by their number those that wait in quarantine; and
    what the batch lacks that it is."""

    count: int
    waiting: tuple[tuple[int, Quarantined], ...] = ()
    lacks: str = ""

    def reasons(self) -> Iterator[str]:
        """A line for each, without a word out of the message."""
        if self.lacks:
            yield f"the batch is not whole: {self.lacks}. Ask its sender for the rest"
        for index, entry in self.waiting:
            bad = entry.unusable
            where = f"{bad.reason} at {bad.place}" if bad.place else bad.reason
            told = f"message {index} of {self.count}: {where}: {bad.detail}"
            yield f"{told} (quarantine {entry.id})"


_Key = tuple[Path, Stamp]


class Folder:
    """One folder as a source."""

    def __init__(self, engine: Engine, how: Watching) -> None:
        self._engine, self._how = engine, how
        self._looks, self._moved = Looks(how.path, how.every.total_seconds()), Moved(how.path)
        self._received: dict[_Key, _Received] = {}
        # When it is due again, how long it was put off, and why; OK where that is as it should be.
        self._later: dict[_Key, tuple[float, float, str]] = {}
        self._left = Left()
        self._state = "not-looked-yet"
        # A thread of its own: a share that hangs is to hold up nobody else.
        self._disk = ThreadPoolExecutor(1, "folder")
        self._asked_at: float | None = None

    async def check(self) -> str:
        """For health."""
        return self.state

    @property
    def state(self) -> str:
        """ "ok", or a slug of what is wrong."""
        asked_at = self._asked_at
        hangs = asked_at is not None and time.monotonic() - asked_at >= HANGS_SECONDS
        return "folder-hangs" if hangs else self._state

    async def run(self) -> None:
        """Take files until cancelled. A database that is away raises."""
        while True:
            if not await self.look():
                await asyncio.sleep(self._how.every.total_seconds())

    async def look(self) -> bool:
        """Look, and take a batch; True where more is there. A database that is away raises."""
        if grown := await self._of_disk(self._moved.put_back, time.monotonic()):
            log.warning("files_grew", source=self._how.name, count=grown)
        try:
            complete, left = await self._of_disk(self._looks.look, time.monotonic())
        except OSError:
            self._stand("folder-unreadable")
            return False
        left.tell(self._left, self._how.name)
        self._left = left
        due = self._due(complete)
        taken = rejected = 0
        for file in due[:BATCH]:
            received = await self._take(file)
            taken += received is not None
            rejected += bool(received and received.waiting)
        if taken:
            await self._of_disk(self._moved.write_down)
            more = len(due) - len(due[:BATCH])
            log.info(
                "files_taken", source=self._how.name, count=taken, rejected=rejected, waiting=more
            )
        troubles = sorted({reason for _, _, reason in self._later.values()} - {OK})
        self._stand(troubles[0] if troubles else OK)
        return len(due) > BATCH

    def _due(self, complete: list[File]) -> list[File]:
        """Those that were not put off; what is known of files that are gone is forgotten."""
        now, there = time.monotonic(), {_key(file) for file in complete}
        self._received = {key: one for key, one in self._received.items() if key in there}
        self._later = {key: one for key, one in self._later.items() if key in there}
        return [f for f in complete if self._later.get(_key(f), (0.0,))[0] <= now]

    async def _take(self, file: File) -> _Received | None:
        """Receive it and put it away; None where there is nothing to tell of it yet."""
        key = _key(file)
        received = self._received.get(key) or await self._receive(file)
        if received is None:
            return None
        self._received[key] = received
        mark = f"{self._engine.clock.now():%Y%m%dT%H%M%S.%fZ}"
        try:
            await self._of_disk(
                self._moved.put_away, file, received.reasons(), mark, time.monotonic()
            )
        except OSError:
            self._put_off(file, "file-not-moved")
            return None
        del self._received[key]
        self._later.pop(key, None)
        return received

    async def _receive(self, file: File) -> _Received | None:
        try:
            content = await self._of_disk(content_of, file, self._how.file_limit)
        except (FileNotFoundError, Changed):
            return None
        except OSError:
            self._put_off(file, "file-unreadable")
            return None
        if are_reasons(file.path.name, content.data):
            return _Received(0)
        if file.age < BROKEN_OFF_SECONDS and content.whole and not files.ends_well(content.data):
            ready = time.monotonic() + BROKEN_OFF_SECONDS - file.age
            self._later[_key(file)] = ready, 0.0, OK
            return None
        received = await self._receive_all(content)
        if received is None:
            self._put_off(file, "message-not-stored")
        return received

    async def _receive_all(self, content: Content) -> _Received | None:
        """Every message of it, in order; None where one could not be stored."""
        parts = (
            await asyncio.to_thread(files.pieces, content.data) if content.whole else [content.data]
        )
        waiting, stored = [], True
        for index, part in enumerate(parts, 1):
            raw = await self._read(part) if content.whole else self._too_large(content)
            try:
                entry = await self._stored(raw)
            except OUTAGES:
                raise
            except Exception:  # whatever it was, the file stays and is read again
                log.exception("message_not_stored", source=self._how.name, digest=raw.digest[:12])
                stored = False
                continue
            if entry:
                waiting.append((index, entry))
            if index % _TOLD_EVERY == 0:
                left = len(parts) - index
                log.info("file_read", source=self._how.name, count=index, waiting=left)
        lacks = "" if files.is_json(content.data) or not content.whole else lacking(parts)
        if lacks:
            log.warning("batch_incomplete", source=self._how.name, reason=lacks)
        return _Received(len(parts), tuple(waiting), lacks) if stored else None

    async def _stored(self, raw: RawMessage) -> Quarantined | None:
        """Have it kept. Where it waits in quarantine, also since an earlier time, its entry."""
        receipt = await intake.receive(self._engine, raw)
        if not receipt.quarantined and not receipt.duplicate:
            return None
        return await self._engine.database.read(
            lambda c: quarantine.waiting_for(c, receipt.message_id)
        )

    async def _read(self, part: bytes) -> RawMessage:
        """On a thread, and not for ever; of what is over the limit only little is read."""
        known, now = self._how.known, self._engine.clock.now()
        try:
            async with asyncio.timeout(READ_SECONDS if len(part) <= known.limit else None):
                return await asyncio.to_thread(files.read, part, known, now)
        except TimeoutError:
            return await asyncio.to_thread(files.refused, part, too_slow(), known)
        except Exception:  # whatever it was, this message waits and the next one is read
            return stumbled_over(part, known.source, lambda bad: files.refused(part, bad, known))

    def _too_large(self, content: Content) -> RawMessage:
        how = self._how
        return files.too_large(
            content.data,
            how.known,
            how.file_limit,
            size=content.size,
            digest=content.digest,
            tail=content.tail,
        )

    def _put_off(self, file: File, reason: str) -> None:
        """To be tried again, each time later: it must not cost a processor, or fill the log."""
        key = _key(file)
        _, last, _ = self._later.get(key, (0.0, 0.0, ""))
        wait = min(max(2 * last, _SHORTEST_WAIT), _LONGEST_WAIT)
        self._later[key] = time.monotonic() + wait, wait, reason

    def _stand(self, state: str) -> None:
        """The log hears of a change."""
        if state not in {self._state, OK}:
            log.error("source_failed", source=self._how.name, reason=state)
        elif state == OK != self._state:
            log.info("source_reached", source=self._how.name)
        self._state = state

    async def _of_disk(self, act: Callable[..., T], *about: Any) -> T:
        """Whatever touches the folder. Nothing ends the wait for a share that is gone."""
        self._asked_at = time.monotonic()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._disk, act, *about)
        finally:
            self._asked_at = None


def refusal(path: Path) -> tuple[str, str] | None:
    """Why that cannot be watched, and the cure; None where it can."""
    if not path.exists():
        return "does not exist", "Make it, and let those who deliver write there."
    if not path.is_dir():
        return "is no folder", "Name the folder into which files are put."
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return "may not be read and written by Readback", "Give its account both rights."
    for name in (DONE, REJECTED):
        if os.path.lexists(path / name) and not (path / name).is_dir():
            return (
                f"holds a {name} that is no folder",
                "Move it away: files that were read go there.",
            )
    return None


def _key(file: File) -> _Key:
    return file.path, file.stamp
