"""The engine in this process: many open alerts, many steps due, many pages to hand over."""

import asyncio
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from statistics import median, quantiles
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from benchmarks.messages import report
from benchmarks.pages import bare_sdk
from benchmarks.site import child, move_in, providers
from bot.app import DEFAULT_POLICY
from bot.clock import Clock, SystemClock
from bot.domain.policy_file import parse_policy
from bot.engine import intake, timers
from bot.engine.context import Engine, Site, Wake
from bot.engine.dispatcher import Dispatcher
from bot.slack import SlackSettings
from bot.slack.sender import SlackSender
from bot.sources.hl7.reader import read
from storage import claims, tables
from storage.database import Database

STEPS = 1_000
ROUNDS = 5
CHUNK = 10_000
FIRST_REMINDER = timedelta(minutes=10)
JUST_BEFORE = timedelta(milliseconds=500)
CHICAGO = ZoneInfo("America/Chicago")


class ShiftedClock(Clock):
    """Real time and a shift that the measurement sets."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        """Now in UTC, shifted."""
        return SystemClock().now() + self.shift

    @property
    def rate(self) -> float:
        """Always 1."""
        return 1.0

    def real(self, moment: datetime) -> datetime:
        """The moment without the shift."""
        return moment - self.shift


class Bench:
    """An engine on a fresh SQLite file. ``woken`` are the times by its clock at which commits woke
    its loops."""

    def __init__(self, folder: Path) -> None:
        self.people = providers(STEPS)
        self.database = Database(f"sqlite:///{folder / 'engine.db'}")
        move_in(self.database, self.people)
        self.database.hold_alive(1)
        self.clock = ShiftedClock()
        self.woken: list[float] = []
        self.wake: Wake | None = None
        policy = parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8"))
        site = Site("Bench", CHICAGO, "312-555-0100")
        self.engine = Engine(
            self.database, self.clock, policy, site, self._woken, 1, random=Random(1)
        )
        self._numbers = count(1)

    def _woken(self) -> None:
        self.woken.append(self.clock.now().timestamp())
        if self.wake:
            self.wake.all()

    def open(self, number: int) -> None:
        """Open so many critical alerts."""
        for _ in range(number):
            index = next(self._numbers)
            provider = self.people[index % len(self.people)].npi
            data = report(index, flagged=True, provider=provider)
            raw = read(data, source="bench", timezone=CHICAGO, now=self.clock.now())
            self.database.run(partial(intake.receive_in, engine=self.engine, raw=raw))

    def multiply(self, number: int) -> None:
        """Bring the table of open alerts to ``number`` by copies of one, none of them due."""
        row = self.database.look(_one_alert)
        later = datetime.now(UTC) + timedelta(days=1)
        for start in range(0, number, CHUNK):
            rows = [
                {**row, "id": f"copy{i}", "ref": f"R{i}", "key_value": f"copy{i}",
                 "next_action_at": later}
                for i in range(start, min(start + CHUNK, number))
            ]  # fmt: skip
            self.database.run(partial(_insert, rows=rows))


def _insert(c: Connection, rows: list[dict[str, object]]) -> None:
    c.execute(insert(tables.alerts), rows)


def _one_alert(c: Connection) -> dict[str, object]:
    return dict(c.execute(select(tables.alerts).limit(1)).mappings().one())


@contextmanager
def bench() -> Iterator[Bench]:
    """A bench in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        made = Bench(Path(folder))
        try:
            yield made
        finally:
            made.database.close()


def step_lateness() -> dict[str, float]:
    """step_lateness_p99_10k_ms and _1m_ms: 1,000 reminders spread over a second."""
    found = {}
    for name, number in (("10k", 10_000), ("1m", 1_000_000)):
        with bench() as made:
            made.open(1)
            made.multiply(number)
            lateness = [asyncio.run(_steps(made)) for _ in range(ROUNDS)]
            found[f"step_lateness_p99_{name}_ms"] = median(lateness) * 1000
    return found


async def _steps(made: Bench) -> float:
    """The 99th percentile of lateness in seconds, from due to committed.

    A commit wakes the loops once, whatever it holds: a step is durable at the first waking after
    the time that its audit entry bears. Steps are done in their order.
    """
    due = _open_spread(made)
    await made.database.write(_first_pages_left)
    made.clock.shift = due[0] - JUST_BEFORE - SystemClock().now()
    made.woken.clear()
    made.wake = Wake(asyncio.get_running_loop())
    began = made.clock.now()
    loop = asyncio.create_task(timers.run(made.engine, made.wake, timers.Failing()))
    done: list[float] = []
    while len(done) < STEPS:
        await asyncio.sleep(0.2)
        done = await made.database.read(partial(_reminded, since=began))
    loop.cancel()
    durable = [made.woken[bisect_left(made.woken, at)] for at in done]
    late = [at - planned.timestamp() for at, planned in zip(durable, due, strict=True)]
    return quantiles(late, n=100)[98]


def _reminded(c: Connection, since: datetime) -> list[float]:
    """When each reminder was put out, in seconds since 1970."""
    entries = tables.audit.c
    found = select(entries.at).where(entries.what == "reminder_due", entries.at >= since)
    return sorted(at.timestamp() for at in c.execute(found).scalars())


def _first_pages_left(c: Connection) -> None:
    """The first pages wait no more: they left when their alerts were opened."""
    c.execute(tables.pages.delete())


def _open_spread(made: Bench) -> list[datetime]:
    """Open STEPS alerts whose first reminders fall due over one second: when each does. The clock
    is set by the steps, however long it takes to open them."""
    start = SystemClock().now()
    due = [start + timedelta(seconds=index / STEPS) for index in range(STEPS)]
    for at in due:
        made.clock.shift = at - FIRST_REMINDER - SystemClock().now()
        made.open(1)
    return due


def burst_claim() -> dict[str, float]:
    """burst_claim_1000_ms: 1,000 pages due at once, claimed as the dispatcher claims them."""
    times = []
    for _ in range(ROUNDS):
        with bench() as made:
            made.open(STEPS // 2)
            times.append(asyncio.run(_claim_all(made)))
    return {"burst_claim_1000_ms": median(times) * 1000}


async def _claim_all(made: Bench) -> float:
    began, claimed = time.perf_counter(), 0
    now = made.clock.now()
    while claimed < STEPS:
        some = await made.database.write(lambda c: claims.claim(c, now, 1, limit=200))
        assert some, "fewer pages than expected"
        claimed += len(some)
    return time.perf_counter() - began


def channel_calls() -> dict[str, float]:
    """channel_calls_vs_sdk: Slack pages a second by the dispatcher, to slack_sdk alone."""
    ratios = []
    with child("benchmarks.channels") as port:
        url = f"http://127.0.0.1:{port}/slack/api/"
        for _ in range(ROUNDS):
            bare = asyncio.run(bare_sdk(url, STEPS, 100))
            with bench() as made:
                made.open(STEPS)
                ratios.append(asyncio.run(_send_all(made, url)) / bare)
    return {"channel_calls_vs_sdk": median(ratios)}


async def _send_all(made: Bench, url: str) -> float:
    """Pages handed over a second; the SMS pages are cancelled first, to compare like with like."""
    await made.database.write(_only_slack)
    made.wake = Wake(asyncio.get_running_loop())
    sender = SlackSender(SlackSettings("xoxb-bench", "xapp-bench", "312-555-0100", api_url=url))
    dispatcher = Dispatcher(made.engine, {"slack": sender}, made.wake)
    began = time.perf_counter()
    loop = asyncio.create_task(dispatcher.run())
    waiting = claims.next_to_leave
    # Nothing tells that an outbox is empty: it is looked at.
    while await made.database.read(waiting) or not dispatcher.idle:  # noqa: ASYNC110 - see above
        await asyncio.sleep(0.01)
    seconds = time.perf_counter() - began
    loop.cancel()
    await sender.close()
    return STEPS / seconds


def _only_slack(c: Connection) -> None:
    pages = tables.pages
    c.execute(pages.delete().where(pages.c.channel == "sms"))
