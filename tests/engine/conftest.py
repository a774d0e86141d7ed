"""The engine's loops on a real database, with channels that do as they are told."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from bot.app import DEFAULT_POLICY
from bot.clock import SystemClock
from bot.domain.alert import Alert
from bot.domain.message import Receipt
from bot.domain.page import Page, Sender, SendUncertain, Sent
from bot.domain.policy_file import parse_policy
from bot.engine import intake, proof
from bot.engine.context import Engine, Site, Wake
from bot.engine.dispatcher import Dispatcher
from bot.sandbox.demo.place import people_move_in
from bot.sandbox.hospital import EVERY_STATE
from bot.sources.hl7 import reader as hl7
from storage import alert_lists, alerts, claims, outbox, page_history
from storage.database import Database
from storage.page_history import PageRow
from tests.scenarios.looking import version
from tests.written import Written, writing

Senders = Mapping[str, Sender]
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")


class Still(SystemClock):
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


async def _takes(page: Page) -> Sent:
    return Sent(f"P-{page.delivery_id}")


async def _knows_nothing(_: Page) -> Sent | None:
    return None


@dataclass
class Channel:
    """One channel: ``answers`` and ``proves`` say what becomes of a page."""

    answers: Callable[[Page], Awaitable[Sent]] = _takes
    proves: Callable[[Page], Awaitable[Sent | None]] = _knows_nothing
    shows_finding: bool = False
    pages: list[Page] = field(default_factory=list)
    asked: list[Page] = field(default_factory=list)

    async def send(self, page: Page) -> Sent:
        self.pages.append(page)
        return await self.answers(page)

    async def find(self, page: Page) -> Sent | None:
        self.asked.append(page)
        return await self.proves(page)


@dataclass
class Bench:
    """An engine without its loops; tests run them as long as they like."""

    engine: Engine
    clock: Still
    log: Written
    slack: Channel = field(default_factory=Channel)
    sms: Channel = field(default_factory=Channel)
    sent: int = 0

    @property
    def database(self) -> Database:
        return self.engine.database

    def report(
        self, accession: str = "E1", *, also: Callable[[Connection], object] = str, **about: str
    ) -> Receipt:
        """A critical report for Ada comes in now, in one unit of work with ``also``."""
        self.sent += 1
        message = version(accession, self.clock.at, control=f"E{self.sent}", **about)
        return self.take(message, also)

    def take(self, data: bytes, also: Callable[[Connection], object] = str) -> Receipt:
        raw = hl7.read(data, source="hl7", timezone=CHICAGO, now=self.clock.at)

        def unit(c: Connection) -> Receipt:
            receipt = intake.receive_in(c, self.engine, raw)
            also(c)
            return receipt

        return self.database.run(unit)

    def alert(self, accession: str = "E1") -> Alert:
        rows = self.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 1000))
        found = next(row.id for row in rows if row.accession == accession)
        return self.database.look(lambda c: alerts.load(c, found, for_update=False))

    def attempts(self, accession: str = "E1") -> list[PageRow]:
        alert = self.alert(accession)
        return self.database.look(lambda c: page_history.history(c, alert.id))

    def at_work(self) -> Dispatcher:
        """A dispatcher whose loop does not run: it sends what leaves with a unit of work."""
        wake = Wake(asyncio.get_running_loop())
        self.engine = replace(self.engine, leave=wake.leave)
        return Dispatcher(self.engine, {"slack": self.slack, "sms": self.sms}, wake)

    def dispatch(self, until: Callable[[], bool], senders: Senders | None = None) -> None:
        """Run the dispatcher until this is so."""
        asyncio.run(self._dispatch(until, senders))

    async def _dispatch(self, until: Callable[[], bool], senders: Senders | None) -> None:
        wake = Wake(asyncio.get_running_loop())
        both: Senders = {"slack": self.slack, "sms": self.sms}
        dispatcher = Dispatcher(self.engine, both if senders is None else senders, wake)
        running = asyncio.create_task(dispatcher.run())
        try:
            async with asyncio.timeout(10):
                while not until() and not running.done():
                    wake.all()
                    await asyncio.sleep(0.01)
        finally:
            await dispatcher.drain(5)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    def quiet(self) -> bool:
        """Nothing is due and nothing is under way."""
        due, under_way = self.database.look(
            lambda c: (claims.next_to_leave(c), outbox.under_way(c))
        )
        return under_way == 0 and (due is None or due > self.clock.at)

    def pass_time(self, **duration: float) -> None:
        self.clock.at += timedelta(**duration)


@pytest.fixture
def bench(sqlite_url: str) -> Iterator[Bench]:
    with benched(sqlite_url) as bench:
        yield bench


@contextmanager
def benched(url: str) -> Iterator[Bench]:
    """A bench on this database, as copy number 1."""
    clock = Still()
    database = Database(url)
    people_move_in(database, clock)
    database.hold_alive(1)
    engine = Engine(
        database=database,
        clock=clock,
        policy=parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8")),
        site=Site("General", CHICAGO, "312-555-0100"),
        wake=lambda: None,
        instance=1,
    )
    with closing(database), writing() as log:
        yield Bench(engine, clock, log)


async def lost(_: Page) -> Sent:
    raise SendUncertain("no-answer")


async def proven(page: Page) -> Sent | None:
    return Sent(f"found-{page.delivery_id}")


@pytest.fixture
def one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider is asked for proof once, without waiting."""
    monkeypatch.setattr(proof, "PROOF_WAITS", (0.0,))


def states(bench: Bench, channel: str) -> list[tuple[str, int, bool]]:
    rows = [row for row in bench.attempts() if row.slip.channel == channel]
    return [(row.state, row.slip.tries, row.slip.possible_repeat) for row in rows]
