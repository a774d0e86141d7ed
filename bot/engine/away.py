"""The database takes nothing: no page can be written down, and so none leaves. Nor could a notice
of it, so the coordinators are told past the outbox, as far as this copy remembers them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.domain import outage
from bot.domain.coverage import SLACK, Person, Role
from bot.domain.effects import Record
from bot.domain.page import Notice, Page, Sender, SendFailed, SendUncertain, Slip
from bot.engine.context import Engine
from bot.engine.coordinators import tell_coordinators
from bot.engine.outage import HOLDS, look_again
from bot.log import log
from storage import audit, cursors, locks, people, probe
from storage.database import OUTAGES
from storage.ids import new_id

NAME = "database"
BACK = f"{NAME}:back"
LOOK_EVERY = 10.0
ANSWER_SECONDS, SEND_SECONDS = 10.0, 30.0
PATIENCE = 60.0
"""Seconds. A database that fails over to another machine is there again by then."""


@dataclass
class Away:
    """This copy's view of the database; another copy that is cut off from it tells as well.
    Times are the event loop's, which a stepped clock does not move, but for what people read."""

    engine: Engine
    senders: Mapping[str, Sender]
    coordinators: Sequence[Person] = ()
    there_at: datetime | None = None
    away_since: float | None = None
    there_since: float | None = None
    heard: set[str] = field(default_factory=set)
    spent: set[tuple[str, str]] = field(default_factory=set)
    unrecorded: list[Record] = field(default_factory=list)

    async def run(self) -> None:
        """Look until cancelled."""
        await look_again(self.engine, LOOK_EVERY, self.look_at)

    async def look_at(self, now: float) -> None:
        """``now`` is the event loop's, in seconds."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self.coordinators = await self.engine.database.write(_remembered)
                self.there_at, self.away_since = self.engine.clock.now(), None
                if self.heard:
                    await self._is_back(now)
        except (*OUTAGES, TimeoutError):
            await self._is_away(now)

    async def _is_away(self, now: float) -> None:
        self.there_since = None
        if self.away_since is None:
            self.away_since = now
        elif self.there_at and now - self.away_since >= PATIENCE:
            about = outage.told(NAME, self.there_at)
            for person in self.coordinators:
                if person.id not in self.heard:
                    await self._tell(person, about)

    async def _tell(self, person: Person, about: str) -> None:
        """By the first channel that takes it; by none, it is tried at the next look."""
        for channel in sorted(person.written, key=lambda channel: channel != SLACK):
            slip = Slip(person.id, Role.COORDINATOR, channel, 0, notice=Notice.DATABASE_DOWN)
            page = Page(new_id(), slip, person, self.engine.clock.now(), reason=about)
            if channel in self.senders and await self._sent(outage.worded(page)):
                self.heard.add(person.id)
                told = {"person": person.id, "channel": channel, "about": about}
                self.unrecorded.append(Record("notice_sent", data=told))
                log.warning("told_without_database", channel=channel)
                return

    async def _sent(self, page: Page) -> bool:
        """What may have arrived is not sent there again, and what cannot arrive neither."""
        way = page.slip.person_id, page.slip.channel
        if way in self.spent:
            return False
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.senders[page.slip.channel].send(page)
        except SendFailed as failed:
            self.spent |= {way} if failed.permanent else set()
            return False
        except (SendUncertain, TimeoutError, *OUTAGES):  # a sender's own notes cannot be made
            self.spent.add(way)
            return False
        return True

    async def _is_back(self, now: float) -> None:
        """The trail has it at once; people hear of it when it has held, as of any outage."""
        since = self.there_since = now if self.there_since is None else self.there_since
        over = now - since >= HOLDS.total_seconds()
        await self.engine.database.write(lambda c: self._record(c, over=over))
        self.unrecorded.clear()
        if over:
            self.heard.clear()
            self.spent.clear()
            self.there_since = None

    def _record(self, c: Connection, *, over: bool) -> None:
        now = self.engine.clock.now()
        if self.unrecorded:
            audit.append(c, audit.ADMIN, self.unrecorded, now)
        if over:
            _tell_end(c, self.engine, now)


def _tell_end(c: Connection, engine: Engine, now: datetime) -> None:
    """Once, however many copies were cut off."""
    locks.lock(c, BACK)
    before = cursors.load(c, BACK)
    if before is None or abs(now - before) >= HOLDS:
        cursors.put(c, BACK, now)
        tell_coordinators(c, engine, Notice.DATABASE_BACK, outage.told(NAME, now - HOLDS))


def _remembered(c: Connection) -> Sequence[Person]:
    probe.write_all(c)
    return people.coordinators(c)
