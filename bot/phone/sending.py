"""Whether SMS get through at all.

Twilio answers questions as ever where an account may send nothing any more: its number is not
registered, its campaign is used up, it is suspended. Only that every message is refused, or taken
and then lost, tells of it.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.coverage import SMS
from bot.domain.page import SendFailed
from bot.engine.context import Engine
from bot.engine.outage import NOTE_EVERY
from bot.phone.errors import of_the_account
from storage import cursors

REFUSED, LOST = "sms:refused", "sms:lost"
MANY = 3
"""So many numbers in a row, each refused for good for a reason of its own, are no coincidence."""


@dataclass
class Sending:
    """What this copy has seen of it, and by the database all others: any of them may be the one
    that sends. ``stopped``: what left last was refused or lost for a reason that holds for all."""

    engine: Engine
    stopped: bool = False
    taken_at: datetime | None = None
    refused_numbers: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """See how the others do, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(NOTE_EVERY)

    async def look(self) -> None:
        """Once. What was taken here since the refusal ends it for all."""
        refused, lost = await self.engine.database.read(_known)
        if refused and self.taken_at and self.taken_at >= refused:
            await self.engine.database.write(lambda c: cursors.forget(c, REFUSED))
            refused = None
        self.stopped = bool(refused or lost)

    def taken(self) -> None:
        """Twilio has just taken a message."""
        self.taken_at = self.engine.clock.now()
        self.refused_numbers.clear()

    async def refused(self, number: str, failed: SendFailed) -> None:
        """It has just refused one to this number."""
        if not failed.permanent:
            return
        self.taken_at = None
        self.refused_numbers.add(number)
        if of_the_account(failed) or len(self.refused_numbers) >= MANY:
            now = self.engine.clock.now()
            await self.engine.database.write(lambda c: cursors.put(c, REFUSED, now))
            self.stopped = True


def lost(c: Connection, channel: str, why: SendFailed, now: datetime) -> None:
    """A message that was taken has not arrived."""
    if channel == SMS and of_the_account(why):
        cursors.put(c, LOST, now)


def arrived(c: Connection, channel: str) -> None:
    """One has."""
    if channel == SMS:
        cursors.forget(c, LOST)


def _known(c: Connection) -> tuple[datetime | None, datetime | None]:
    return cursors.load(c, REFUSED), cursors.load(c, LOST)
