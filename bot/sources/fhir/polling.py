"""Asks a FHIR server again and again which reports have changed, and has each one taken in.

The cursor is the server's own time (meta.lastUpdated), kept in the database; each search reaches
back before it, because servers index late. What was seen before is left out by id and version.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoConnection

from bot.domain.message import RawMessage, Receipt, Reports
from bot.engine import intake
from bot.engine.context import Engine
from bot.log import log
from bot.sources.documents import READ_SECONDS, too_slow
from bot.sources.fhir import reader as fhir
from bot.sources.fhir.bundles import broken_in
from bot.sources.fhir.client import MOST_EMPTY, FhirClient
from bot.sources.fhir.exchange import BROKE_OFF, Refused, TryLater
from bot.sources.fhir.numbers import Origin, version_of
from bot.sources.fhir.page import TRIES, Look, changed_since, is_due, is_match
from bot.sources.fhir.references import References
from bot.sources.fhir.shapes import NOTHING, Resource, base_of, many, one, text
from bot.sources.fhir.wishes import Polling, Wishes
from bot.sources.stumbled import stumbled_over
from storage import cursors
from storage.pool import CommitUnknown

OK, _NOT_STORED = "ok", "report-not-stored"
# A server that was never read before: what is older than this was paged by other means.
FIRST_LOOK_BACK = timedelta(hours=1)
_SHORTEST_WAIT, _LONGEST_WAIT, _REFUSED_WAIT = 1.0, 300.0, 60.0
_FEW_EMPTY, _SHALLOW_POLLS = 3, 9
_BROKEN_OFF = (PendingRollbackError, CommitUnknown)
OUTAGES = (OperationalError, InterfaceError, NoConnection, sqlite3.OperationalError, *_BROKEN_OFF)
"""The database is away: whoever runs the loop waits for it. Other errors are about one report."""


class Poller:
    """One FHIR server as a source."""

    def __init__(
        self, engine: Engine, client: FhirClient, origin: Origin, how: Polling | None = None
    ) -> None:
        self._engine = engine
        self._client = client
        self._origin = origin
        self._how = how or Polling()
        self._references = References(client)
        self._seen: set[str] = set()
        # How often a version was read of which something is to follow.
        self._tries: dict[str, int] = {}
        self._wishes = Wishes()
        self._look: Look | None = None
        self._twice, self._odd = False, (0, 0)
        # Polls until a search that had no end is followed to the last of its pages again.
        self._shallow = 0
        self._wait, self._asked = _SHORTEST_WAIT, asyncio.Event()
        self.state = "not-polled-yet"

    @property
    def name(self) -> str:
        """The server's, in the settings."""
        return self._origin.name

    async def check(self) -> str:
        """For health: "ok", or a slug of what is wrong."""
        return self.state

    def look_now(self) -> None:
        """Something has changed on the server; after a failure the waiting time holds."""
        self._asked.set()

    async def run(self) -> None:
        """Poll until cancelled. A database that is away raises."""
        while True:
            wait = await self._round()
            if self.state != OK:
                await asyncio.sleep(wait)
                continue
            await asyncio.sleep(_SHORTEST_WAIT)  # however often it is asked to look
            with suppress(TimeoutError):
                async with asyncio.timeout(wait - _SHORTEST_WAIT):
                    await self._asked.wait()

    async def poll(self) -> int:
        """Take in what is new and return how many that were. Raises TryLater or Refused.

        The cursor moves when everything was taken in: until then, the same again.
        """
        self._asked.clear()
        self._look = None
        name, now = self._origin.name, self._engine.clock.now()
        cursor = await self._engine.database.read(lambda c: cursors.load(c, name))
        # Also where there is nothing yet: what comes while we are down is looked for from then on.
        begins = cursor or await self._begin(now)
        look = self._look = Look(begins, (begins - self._how.overlap).replace(microsecond=0), now)
        since: datetime | None = look.asked_from
        while since is not None:
            await self._search(since, look)
            since = look.goes_on(since)
        self._seen, self._tries = look.seen, look.tries
        self._note_odd(look)
        self._note_end(look.empty)
        if look.failed:
            raise TryLater(_NOT_STORED)
        # What changes while pages are turned can slip from one to the other: they are read twice.
        self._twice = look.paged and not self._twice
        if not self._twice:
            newest = max(look.newest, await self._begin(now)) if look.undated else look.newest
            read_to = min(newest, now, *look.held_by())
            await self._engine.database.write(lambda c: cursors.advance(c, name, read_to))
        return look.taken

    async def _search(self, since: datetime, look: Look) -> None:
        most_empty = _FEW_EMPTY if self._shallow else MOST_EMPTY
        asked = [*self._how.query, changed_since(since), *self._wishes.parameters()]
        try:
            async for page in self._client.search(fhir.REPORT, asked, most_empty=most_empty):
                look.turn(page)
                await self._page(page, look)
        except Refused as refused:
            if not look.has_ended(refused.status, since):
                raise

    async def _begin(self, now: datetime) -> datetime:
        """By the clock that dates the reports: one that is behind ours would hide the first."""
        return (await self._client.now() or now) - FIRST_LOOK_BACK

    async def _page(self, page: Resource, look: Look) -> None:
        along = [one(entry.get("resource")) for entry in many(page.get("entry"))]
        for entry in filter(is_match, many(page.get("entry"))):
            report = one(entry.get("resource"))
            if look.is_unasked(report):
                continue
            base = base_of(text(entry.get("fullUrl")), report)
            take = partial(self._whole, report, along, base, look)
            await self._once(version_of(report), take, look)
            look.note_time(report)
        for broken in broken_in(page):
            version = f"broken/{hashlib.sha256(broken).hexdigest()}"
            await self._once(version, partial(self._kept, broken, look), look)

    async def _once(self, version: str, take: Callable[[], Awaitable[bool]], look: Look) -> None:
        """Take it in unless that is done with; False means that it is read again. One report that
        breaks us must not keep others back."""
        if version in self._seen:
            look.seen.add(version)
            return
        try:
            if await take():
                look.seen.add(version)
                self._seen.add(version)  # a poll that breaks off later need not do this again
        except OUTAGES:
            raise
        except Exception:  # whatever it was, the report is read again in the next round
            log.exception("message_not_stored", source=self._origin.name)
            look.failed = True

    async def _whole(self, report: Resource, along: list[Resource], base: str, look: Look) -> bool:
        """What has not followed by the third time waits for a person: a flag may stand in it."""
        version = version_of(report)
        tries = self._tries.get(version, 0) + 1
        whole = False
        if is_due(tries):
            look.taken += 1
            _, whole = await self.take(report, along, base, last=tries == TRIES)
        if not whole:
            self._tries[version] = tries  # also where the poll breaks off later
            look.await_again(report, version, tries)
        return whole

    async def _kept(self, broken: bytes, look: Look) -> bool:
        look.taken += 1
        await self.receive(broken)
        return True

    async def take(
        self,
        report: Resource,
        along: list[Resource],
        base: str = "",
        named: Mapping[str, Resource] = NOTHING,
        *,
        last: bool = False,
    ) -> tuple[Receipt, bool]:
        """Have a report taken in with what it refers to; False where some of that is to follow.
        ``named`` came along under these references. ``last``: it is waited for no longer."""
        node, whole = await self._references.complete(report, along, base, named)
        return await self.receive(fhir.pack(node), whole=whole or last), whole

    async def take_by_name(self, name: str) -> bool:
        """Read the resource first. False where the server has none of this name for us."""
        found = await self._client.read(name)
        if found is None:
            return False
        await self.take(found, [])
        return True

    async def receive(self, data: bytes, *, whole: bool = True) -> Receipt:
        """Have these bytes read and kept; what is to follow need not wait for a person. Raises
        whatever kept them from being stored."""
        raw = await self._read(data)
        if isinstance(raw.reading, Reports) and not whole:
            raw = replace(raw, reading=replace(raw.reading, to_follow=True))
        receipt = await intake.receive(self._engine, raw)
        if receipt.quarantined:
            log.warning("message_quarantined", digest=raw.digest[:12], reason=receipt.quarantined)
        return receipt

    async def _read(self, data: bytes) -> RawMessage:
        """On a thread, and not for ever."""
        origin, now = self._origin, self._engine.clock.now()
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await asyncio.to_thread(fhir.read, data, origin=origin, now=now)
        except TimeoutError:
            return await asyncio.to_thread(fhir.refused, data, too_slow(), origin=origin)
        except Exception:  # whatever it was, this report waits and the next one is read
            return stumbled_over(data, fhir.SOURCE, partial(fhir.refused, data, origin=origin))

    async def _round(self) -> float:
        """Poll once; returns the seconds until the next time."""
        try:
            taken = await self._poll_with_fewer_wishes()
        except TryLater as later:
            self._failed(later.reason)
            if later.reason in {_NOT_STORED, BROKE_OFF}:  # the server is well, and others come
                return self._how.every.total_seconds()
            self._wait = min(2 * self._wait, _LONGEST_WAIT)
            return max(self._wait, later.wait or 0.0)
        except Refused as refused:
            self._failed(refused.reason)
            return _REFUSED_WAIT
        except OUTAGES:
            raise
        except Exception:  # whatever a server made us stumble over, people are paged all the same
            log.exception("source_broke", source=self._origin.name)
            self._failed("broke")
            return _REFUSED_WAIT
        if taken:
            log.info("source_polled", source=self._origin.name, count=taken)
        if self.state != OK:
            log.info("source_reached", source=self._origin.name)
        self.state, self._wait = OK, _SHORTEST_WAIT
        return self._how.every.total_seconds()

    async def _poll_with_fewer_wishes(self) -> int:
        """Servers that know no _include or _sort may refuse the search: then references are read
        singly. A page that is too large, of reports with scans in them, or that broke off is asked
        for with fewer, and so is one that does not come in time, later."""
        while True:
            try:
                taken = await self.poll()
            except (TryLater, Refused) as failure:
                at_once = isinstance(failure, Refused) or failure.reason == BROKE_OFF
                least = self._wishes.are_least(failure.reason)
                if not (self._wishes.fewer(failure.reason) and at_once):
                    if least and self._look:
                        await self._beyond(self._look)
                    raise
            else:
                self._wishes.went_well()
                return taken

    async def _beyond(self, stuck: Look) -> None:
        """What is newer than the report for which the server breaks. The cursor stays before it."""
        last, step = stuck.reached or stuck.asked_from, timedelta(seconds=1)
        while (since := last + step) < stuck.now:
            with suppress(TryLater, Refused):
                await self._search(since, Look(since, since, stuck.now))
                break
            step *= 2

    def _note_odd(self, look: Look) -> None:
        before, self._odd = self._odd, (look.unasked, look.out_of_reach)
        if look.unasked and not before[0]:
            log.warning("search_ignores_time", source=self._origin.name, count=look.unasked)
        if look.out_of_reach and not before[1]:
            log.warning("search_leaves_out", source=self._origin.name, count=look.out_of_reach)

    def _note_end(self, empty: int) -> None:
        """Of a server that never says that there is no more not every poll turns all pages."""
        self._shallow = max(self._shallow - 1, 0)
        if empty >= MOST_EMPTY:
            log.warning("search_has_no_end", source=self._origin.name, count=empty)
            self._shallow = _SHALLOW_POLLS

    def _failed(self, reason: str) -> None:
        if self.state != reason:
            log.error("source_failed", source=self._origin.name, reason=reason)
        self.state = reason
