"""Pages leave here: claim durably, send, settle. One row of the outbox is one attempt.

The attempt is committed before the call, so that a crash leaves a claimed row behind. Whoever
finds it asks the provider first: what can be proven is never repeated.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.domain.page import Page, Sender, SendFailed, SendUncertain
from bot.engine.channel_off import OFF
from bot.engine.compose import compose
from bot.engine.context import LONGEST_SLEEP, Engine, Wake, asleep
from bot.engine.pace import Pace
from bot.engine.proof import prove
from bot.engine.settle import Outcome, cannot_be_asked, refused, settle, tell
from bot.log import about, log
from storage import claims, outbox
from storage.claims import next_by_channel
from storage.database import after_commit, unless_committed
from storage.ids import new_id
from storage.outbox import Claimed

ORPHANS_EVERY, PRESENCE_SECONDS = 1.0, 2.0
IN_FLIGHT = 200
"""The most on one channel: a provider that takes long to answer holds up no other's pages."""
A_CLAIM = 100
AT_ONCE = 20
"""The most that leave with one unit of work: its sender waits for that commit."""
DRAIN_LOOKS = 0.02
NEVER = datetime.max.replace(tzinfo=UTC)

Composed = tuple[Claimed, Page | None]
_NOT_COMPOSED = (LookupError, ValueError, SQLAlchemyError)


@dataclass(frozen=True, eq=False, slots=True)
class _Place:
    """One taken on a channel, by one claim: another one of the same attempt takes another."""

    channel: str


@dataclass
class Dispatcher:
    """Owns the attempts of this copy that are in flight.

    ``_mine`` are their ids, with their places, from before the commit that claims them: whatever
    is claimed in this copy's name and is not among them, nobody works on. Where that commit fails,
    or the answer to it gets lost, they are none of its own any more, and what is stored as claimed
    all the same is found as an orphan.
    """

    engine: Engine
    senders: Mapping[str, Sender]
    wake: Wake
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._mine: dict[str, _Place] = {}
        self._looked_for_orphans = float("-inf")
        self._draining = False
        self._sleeps_until = NEVER
        self.wake.claim = self._claim_with

    @property
    def idle(self) -> bool:
        """Nothing is in flight, nor about to be."""
        return not self._mine

    async def run(self) -> None:
        """Send until cancelled. What is then in flight is found again at the next start."""
        while True:
            self.wake.dispatcher.clear()
            await self._adopt_orphans()
            while await self._claim_some():
                pass
            await self._sleep()

    async def drain(self, within: float) -> None:
        """Claim nothing more, and let what is in flight finish, for ``within`` seconds at most.

        A claim under way is waited for: cut off before its pages fly, it would leave them in doubt.
        """
        self._draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._mine:  # noqa: ASYNC110 - claims under way end in other threads
                    await asyncio.sleep(DRAIN_LOOKS)

    async def _claim_some(self) -> bool:
        claimed = await self._claim(A_CLAIM)
        self._fly_all(claimed)
        return len(claimed) == A_CLAIM

    def _fly_all(self, claimed: "Sequence[Composed]") -> None:
        for one, page in claimed:
            self._fly(one, partial(self._send, page=page))

    async def _claim(self, room: int) -> list[Composed]:
        """Claim and compose in one commit: each commit is a wait for the disk.

        A page that cannot be composed must not keep the others from being claimed: then all are
        claimed as they are, and each is composed on its own.
        """
        write = self.engine.database.write
        try:
            return await write(lambda c: self._composed(c, room))
        except _NOT_COMPOSED as error:
            log.error("page_not_composed", error=type(error).__name__)
            return [(one, None) for one in await write(lambda c: self._claimed(c, room))]

    def _claim_with(self, c: Connection) -> None:
        """Claim at the end of a unit of work that has put pages out, and send after its commit.

        Whatever is wrong with a page is nothing to that unit: the loop comes to it.
        """
        claimed: list[Composed] = []
        if not self._draining:
            with suppress(*_NOT_COMPOSED), c.begin_nested():
                claimed = self._composed(c, AT_ONCE)
        if claimed:
            after_commit(c, lambda: self.wake.soon(lambda: self._fly_all(claimed)))
        after_commit(c, self.wake.all if len(claimed) in {0, AT_ONCE} else self._wake_for_the_rest)

    def _wake_for_the_rest(self) -> None:
        """Where a channel has to wait, the loop must not sleep longer than that."""
        free = self.pace.next_free(self.engine.clock.now())
        if free and free < self._sleeps_until:
            self.wake.all()

    def _composed(self, c: Connection, room: int) -> list[Composed]:
        claimed = self._claimed(c, room)
        try:
            return [(one, self._compose_in(c, one)) for one in claimed]
        except _NOT_COMPOSED:
            # The unit that they were claimed with may be stored all the same, without that.
            for one in claimed:
                self._mine.pop(one.delivery_id, None)
            self.pace.give_back(c, claimed)
            raise

    def _claimed(self, c: Connection, room: int) -> list[Claimed]:
        """Noted as under way before it looks whether it still may: ``drain`` looks after that."""
        under_way = new_id()
        self._mine[under_way] = _Place("")
        try:
            if self._draining:
                return []
            now, me = self.engine.clock.now(), self.engine.instance
            claimed = self.pace.claim(c, now, me, room, self._places())
            self._note_mine(c, claimed)
            return claimed
        finally:
            del self._mine[under_way]

    def _note_mine(self, c: Connection, claimed: Collection[Claimed]) -> None:
        taken = {one.delivery_id: _Place(one.slip.channel) for one in claimed}
        self._mine.update(taken)
        if taken:
            unless_committed(c, lambda: self._not_mine(taken))

    def _not_mine(self, taken: Mapping[str, _Place]) -> None:
        for delivery_id, place in taken.items():
            if self._mine.get(delivery_id) is place:
                del self._mine[delivery_id]

    def _places(self) -> dict[str, int]:
        """Left on each channel; none while it drains. Not of what flies: units of work that end
        together all claim before the first one flies."""
        used = Counter(place.channel for place in self._mine.copy().values())
        room = 0 if self._draining else IN_FLIGHT
        return {channel: max(room - used[channel], 0) for channel in self.senders}

    async def _adopt_orphans(self) -> None:
        """Take over what a copy that died had claimed, or a flight of this one's that broke off."""
        now = asyncio.get_running_loop().time()
        if now - self._looked_for_orphans < ORPHANS_EVERY:
            return
        self._looked_for_orphans = now
        database = self.engine.database
        # In this order: a copy that starts meanwhile is alive before it claims.
        claimers = await database.read(claims.claimers)
        try:
            async with asyncio.timeout(PRESENCE_SECONDS):
                gone = claimers - await database.see_alive() - {self.engine.instance}
        except TimeoutError:  # whatever hangs there, our own pages leave
            log.warning("copies_not_seen")
            return
        for one in await database.write(lambda c: self._orphans(c, gone)):
            log.warning(
                "attempt_adopted",
                alert=one.alert_id,
                delivery=one.delivery_id,
                channel=one.slip.channel,
            )
            self._fly(one, self._look_up)

    def _orphans(self, c: Connection, gone: Collection[int]) -> list[Claimed]:
        """Without those that another thread has claimed meanwhile: they are noted before their
        commit, so whatever was seen here is noted by now."""
        found = claims.orphans(c, gone, set(self._mine.copy()), self.engine.instance)
        orphans = [one for one in found if one.delivery_id not in self._mine]
        self._note_mine(c, orphans)
        return orphans

    def _fly(self, claimed: Claimed, attempt: Callable[[Claimed], Awaitable[None]]) -> None:
        async def flight() -> None:
            await attempt(claimed)

        task = asyncio.create_task(flight(), name=f"page-{claimed.delivery_id}")
        self._flying[claimed.delivery_id] = task
        metrics.IN_FLIGHT.set(len(self._flying))
        task.add_done_callback(lambda done: self._landed(claimed.delivery_id, done))

    def _landed(self, delivery_id: str, task: asyncio.Task[None]) -> None:
        del self._flying[delivery_id]
        place = self._mine.pop(delivery_id, None)
        if place and self._places().get(place.channel) == 1:
            self.wake.dispatcher.set()  # something may have waited for this place
        metrics.IN_FLIGHT.set(len(self._flying))
        if not task.cancelled() and (error := task.exception()):
            # The row stays claimed; the next look for orphans takes it up and asks for proof.
            log.error("attempt_broke_off", delivery=delivery_id, exc_info=error)

    async def _send(self, claimed: Claimed, page: Page | None) -> None:
        page = page or await self._compose(claimed)
        with _about(page):
            outcome = await self._known_of_earlier(claimed, page)
            await self._settle(claimed, outcome or await self._attempt(claimed, page))

    async def _attempt(self, claimed: Claimed, page: Page) -> Outcome:
        try:
            return await self._sender(claimed).send(page)
        except SendFailed as failed:
            return refused(failed)
        except SendUncertain:
            return await prove(self._sender(claimed), page)

    async def _known_of_earlier(self, claimed: Claimed, page: Page) -> Outcome | None:
        """A notice is tried for a day, so each time what is in doubt is looked for first: while the
        provider cannot be asked nothing is repeated, and what has arrived comes once."""
        if not (claimed.slip.notice and claimed.slip.possible_repeat):
            return None
        for delivery_id in await self.engine.database.read(lambda c: outbox.in_doubt(c, claimed)):
            try:
                found = await self._sender(claimed).find(replace(page, delivery_id=delivery_id))
            except (SendFailed, SendUncertain) as error:
                return cannot_be_asked(error)
            if found:
                return found
        return None

    async def _look_up(self, claimed: Claimed) -> None:
        page = await self._compose(claimed)
        with _about(page):
            await self._settle(claimed, await prove(self._sender(claimed), page))

    async def _compose(self, claimed: Claimed) -> Page:
        return await self.engine.database.write(lambda c: self._compose_in(c, claimed))

    def _compose_in(self, c: Connection, claimed: Claimed) -> Page:
        wanted = self._sender(claimed).shows_finding
        return compose(c, self.engine, claimed, with_finding=wanted)

    async def _settle(self, claimed: Claimed, outcome: Outcome) -> None:
        now, write = self.engine.clock.now(), self.engine.database.write
        if await write(lambda c: settle(c, self.engine, claimed, outcome)):
            tell(claimed, outcome, now)

    def _sender(self, claimed: Claimed) -> Sender:
        return self.senders.get(claimed.slip.channel, OFF)

    async def _sleep(self) -> None:
        self._sleeps_until = NEVER  # what is committed from here on, the look may have missed
        now, waiting = self.engine.clock.now(), await self.engine.database.read(next_by_channel)
        full = {channel for channel, left in self._places().items() if not left}
        waiting = {channel: at for channel, at in waiting.items() if channel not in full}
        free = [max(at, self.pace.free_at(channel, now)) for channel, at in waiting.items()]
        seconds = LONGEST_SLEEP
        if free:
            seconds = self.engine.clock.seconds_until(min(free), at_most=LONGEST_SLEEP)
        self._sleeps_until = now + timedelta(seconds=seconds * self.engine.clock.rate)
        await asleep(self.wake.dispatcher, seconds)


def _about(page: Page) -> AbstractContextManager[None]:
    """Every line written about this attempt names its alert as people know it."""
    facts = {"ref": page.ref} if page.ref else {}
    return about(delivery=page.delivery_id, channel=page.slip.channel, **facts)
