"""Pages leave here: claim durably, send, settle. One row of the outbox is one attempt.

The attempt is committed before the call, so that a crash leaves a claimed row behind. Whoever
finds it asks the provider first: what can be proven is never repeated.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.domain.page import Page, Sender, SendFailed, SendUncertain, Sent
from bot.engine.compose import compose
from bot.engine.context import Engine, Wake
from bot.engine.settle import Lost, Outcome, Refused, settle
from bot.log import log
from storage import outbox
from storage.outbox import Claimed

LONGEST_SLEEP = 1.0
ORPHANS_EVERY = 1.0
IN_FLIGHT = 200
PROOF_WAITS = (0.0, 0.5, 2.0)
"""Seconds before each question whether a page went out; the provider may answer late."""


@dataclass
class Dispatcher:
    """Owns the attempts of this copy that are in flight."""

    engine: Engine
    senders: Mapping[str, Sender]
    wake: Wake

    def __post_init__(self) -> None:
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._looked_for_orphans = float("-inf")
        self._claiming = asyncio.Lock()
        self._draining = False

    @property
    def idle(self) -> bool:
        """Nothing is in flight."""
        return not self._flying

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
        async with self._claiming:
            flying = set(self._flying.values())
        if flying:
            await asyncio.wait(flying, timeout=within)

    async def _claim_some(self) -> bool:
        room = IN_FLIGHT - len(self._flying)
        if room <= 0:
            flying = set(self._flying.values())
            await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
            return True
        async with self._claiming:
            return not self._draining and await self._claim_and_fly(room)

    async def _claim_and_fly(self, room: int) -> bool:
        claimed = await self._claim(room)
        for one, page in claimed:
            self._fly(one, partial(self._send, page=page))
        return len(claimed) == room

    async def _claim(self, room: int) -> list[tuple[Claimed, Page | None]]:
        """Claim and compose in one commit: each commit is a wait for the disk.

        A page that cannot be composed must not keep the others from being claimed: then all are
        claimed as they are, and each is composed on its own.
        """
        engine, now = self.engine, self.engine.clock.now()
        claim = partial(outbox.claim, now=now, instance=engine.instance, limit=room)
        try:
            return await engine.database.write(
                lambda c: [(one, self._compose_in(c, one)) for one in claim(c)]
            )
        except (LookupError, ValueError, SQLAlchemyError) as error:
            log.error("page_not_composed", error=type(error).__name__)
            return [(one, None) for one in await engine.database.write(claim)]

    async def _adopt_orphans(self) -> None:
        """Take over what a copy that died had claimed, be it this one's earlier life.

        Never beside a claim: a row claimed and not yet in flight would look like an orphan.
        """
        now = asyncio.get_running_loop().time()
        if now - self._looked_for_orphans < ORPHANS_EVERY:
            return
        self._looked_for_orphans = now
        database, mine, instance = self.engine.database, set(self._flying), self.engine.instance
        alive = await asyncio.to_thread(database.alive)
        orphans = await database.write(lambda c: outbox.orphans(c, alive, mine, instance))
        for one in orphans:
            log.warning("attempt_adopted", delivery=one.delivery_id, channel=one.slip.channel)
            self._fly(one, self._look_up)

    def _fly(self, claimed: Claimed, attempt: Callable[[Claimed], Awaitable[None]]) -> None:
        async def flight() -> None:
            await attempt(claimed)

        task = asyncio.create_task(flight(), name=f"page-{claimed.delivery_id}")
        self._flying[claimed.delivery_id] = task
        metrics.IN_FLIGHT.set(len(self._flying))
        task.add_done_callback(lambda done: self._landed(claimed.delivery_id, done))

    def _landed(self, delivery_id: str, task: asyncio.Task[None]) -> None:
        del self._flying[delivery_id]
        metrics.IN_FLIGHT.set(len(self._flying))
        if not task.cancelled() and (error := task.exception()):
            # The row stays claimed; the next look for orphans takes it up and asks for proof.
            log.error("attempt_broke_off", delivery=delivery_id, error=type(error).__name__)

    async def _send(self, claimed: Claimed, page: Page | None) -> None:
        page = page or await self._compose(claimed)
        outcome = await self._known_of_earlier(claimed, page) or await self._attempt(claimed, page)
        await self._settle(claimed, outcome)

    async def _attempt(self, claimed: Claimed, page: Page) -> Outcome:
        try:
            return await self._sender(claimed).send(page)
        except SendFailed as failed:
            return _refused(failed)
        except SendUncertain:
            return await self._prove(claimed, page)

    async def _known_of_earlier(self, claimed: Claimed, page: Page) -> Outcome | None:
        """A notice is tried for a day, so each time what is in doubt is looked for first: while the
        provider cannot be asked nothing is repeated, and what has arrived comes once."""
        if not (claimed.slip.notice and claimed.slip.possible_repeat):
            return None
        for delivery_id in await self.engine.database.read(lambda c: outbox.in_doubt(c, claimed)):
            try:
                found = await self._sender(claimed).find(replace(page, delivery_id=delivery_id))
            except (SendFailed, SendUncertain) as error:
                return _cannot_be_asked(error)
            if found:
                return found
        return None

    async def _look_up(self, claimed: Claimed) -> None:
        outcome = await self._prove(claimed, await self._compose(claimed))
        await self._settle(claimed, outcome)

    async def _prove(self, claimed: Claimed, page: Page) -> Outcome:
        """Ask the provider whether this attempt went out after all."""
        for wait in PROOF_WAITS:
            await asyncio.sleep(wait)
            try:
                found = await self._sender(claimed).find(page)
            except (SendFailed, SendUncertain):
                continue
            if found:
                return found
        return Lost()

    async def _compose(self, claimed: Claimed) -> Page:
        return await self.engine.database.write(lambda c: self._compose_in(c, claimed))

    def _compose_in(self, c: Connection, claimed: Claimed) -> Page:
        wanted = self._sender(claimed).shows_finding
        return compose(c, self.engine, claimed, with_finding=wanted)

    async def _settle(self, claimed: Claimed, outcome: Outcome) -> None:
        waited = (self.engine.clock.now() - claimed.not_before).total_seconds()
        metrics.page_settled(claimed.slip.channel, type(outcome).__name__.lower(), waited)
        await self.engine.database.write(lambda c: settle(c, self.engine, claimed, outcome))

    def _sender(self, claimed: Claimed) -> Sender:
        return self.senders.get(claimed.slip.channel, _NO_CHANNEL)

    async def _sleep(self) -> None:
        due = await self.engine.database.read(outbox.next_not_before)
        seconds = LONGEST_SLEEP
        if due is not None:
            seconds = self.engine.clock.seconds_until(due, at_most=LONGEST_SLEEP)
        await asleep(self.wake.dispatcher, seconds)


async def asleep(woken: asyncio.Event, seconds: float) -> None:
    """Wait for the event, for ``seconds`` of monotonic time at most."""
    # Not wait_for: before Python 3.12 it can swallow a cancellation that comes with the event.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()


def _refused(failed: SendFailed) -> Refused:
    if failed.configuration:
        log.error("channel_misconfigured", reason=failed.reason)
    return Refused(failed.reason, failed.permanent, failed.retry_after, failed.configuration)


def _cannot_be_asked(error: SendFailed | SendUncertain) -> Refused | None:
    """A provider that will never say must not keep the notice from being sent."""
    if isinstance(error, SendUncertain):
        return Refused(str(error), permanent=False)
    if error.permanent:
        return None
    return Refused(error.reason, permanent=False, retry_after=error.retry_after)


class _NoChannel:
    """Stands where the site runs without a channel: the page moves to the next one at once."""

    shows_finding = False

    async def send(self, page: Page) -> Sent:
        raise SendFailed(f"{page.slip.channel}-is-off", permanent=True)

    async def find(self, _page: Page) -> Sent | None:
        return None


_NO_CHANNEL = _NoChannel()
