"""Whether anything gets through by a channel at all.

A provider answers questions as ever, and brings clicks, where the account may send nothing any
more: a number is not registered, a token has lost its rights. Only that every message is refused,
or taken and then lost, tells of it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.page import Page, Sender, SendFailed, Sent
from bot.engine.context import Engine
from bot.engine.outage import NOTE_EVERY
from storage import cursors

MANY = 3
"""So many people in a row, each refused for good for a reason of its own, are no coincidence."""


@dataclass
class Sending:
    """What this copy has seen of it, and by the database all others: any of them may be the one
    that sends. ``for_all`` says of a refusal whether everybody's would be; ``many`` whether MANY of
    others count as much. ``stopped``: what left last was refused or lost for such a reason."""

    engine: Engine
    channel: str
    for_all: Callable[[SendFailed], bool]
    many: bool = True
    stopped: bool = False
    taken_at: datetime | None = None
    refused_ones: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """See how the others do, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(NOTE_EVERY)

    async def look(self) -> None:
        """Once. What was taken here since the refusal ends it for all."""
        refused, lost = await self.engine.database.read(self._known)
        if refused and self.taken_at and self.taken_at >= refused:
            await self.engine.database.write(lambda c: cursors.forget(c, self._refused))
            refused = None
        self.stopped = bool(refused or lost)

    def taken(self) -> None:
        """The provider has just taken a message."""
        self.taken_at = self.engine.clock.now()
        self.refused_ones.clear()

    async def refused(self, whose: str, failed: SendFailed) -> None:
        """It has just refused this one's."""
        if not failed.permanent:
            return
        self.taken_at = None
        self.refused_ones.add(whose)
        if self.for_all(failed) or (self.many and len(self.refused_ones) >= MANY):
            now = self.engine.clock.now()
            await self.engine.database.write(lambda c: cursors.put(c, self._refused, now))
            self.stopped = True

    @property
    def _refused(self) -> str:
        return f"{self.channel}:refused"

    def _known(self, c: Connection) -> tuple[datetime | None, datetime | None]:
        return cursors.load(c, self._refused), cursors.load(c, lost(self.channel))


def lost(channel: str) -> str:
    """Where is noted when a message was lost that had been taken, until one arrives."""
    return f"{channel}:lost"


@dataclass(frozen=True)
class Watched:
    """A sender, and what becomes of its messages."""

    sender: Sender
    sending: Sending

    @property
    def shows_finding(self) -> bool:
        """As the sender has it."""
        return self.sender.shows_finding

    async def send(self, page: Page) -> Sent:
        """The same, noted."""
        try:
            sent = await self.sender.send(page)
        except SendFailed as failed:
            await self.sending.refused(page.person.id, failed)
            raise
        self.sending.taken()
        return sent

    async def find(self, page: Page) -> Sent | None:
        """The same."""
        return await self.sender.find(page)
