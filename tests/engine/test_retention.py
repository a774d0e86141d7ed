"""The daily run: once a day, by a clock that can be believed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot import metrics
from bot.app import periodic
from bot.domain.effects import Record
from bot.engine import retention
from bot.engine.retention import Retention
from storage import audit, tables
from storage import retention as stored
from storage.database import OUTAGES
from storage.retention import Removed
from tests.engine.conftest import NOON, Bench
from tests.scenarios.looking import version

DAYS = 400
ROUTINE = {"flag": "N", "impression": "No acute abnormality."}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE", 0)


def receive(bench: Bench, accession: str) -> None:
    bench.sent += 1
    control = f"E{bench.sent}"
    bench.take(version(accession, bench.clock.at, control=control, **ROUTINE))


def grow_old(bench: Bench) -> None:
    """The first is older than the site keeps it by now, and another came yesterday."""
    bench.pass_time(days=DAYS)
    receive(bench, "NEW")
    bench.pass_time(days=1, hours=1)


def reports(bench: Bench) -> int:
    count = select(func.count()).select_from(tables.reports)
    return int(bench.database.look(lambda c: c.execute(count).scalar_one()))


def on_record(bench: Bench) -> list[Record]:
    entries = bench.database.look(lambda c: audit.chain(c, audit.ADMIN))
    return [Record(e.what, data=e.data) for e in entries if e.what.startswith("retention")]


def test_a_run_that_removes_something_is_on_record_logged_and_counted(bench: Bench) -> None:
    before = metrics.REMOVED.labels("reports")._value.get()
    receive(bench, "E1")
    grow_old(bench)
    asyncio.run(Retention(bench.engine, DAYS).run())
    assert reports(bench) == 1
    numbers = {"days": DAYS, "orders": 1, "reports": 1, "messages": 1}
    assert on_record(bench) == [
        Record("retention_began", data={"days": DAYS}),
        Record("retention_removed", data=numbers),
    ]
    (line,) = bench.log.lines
    assert {name: line[name] for name in numbers} == numbers
    assert metrics.REMOVED.labels("reports")._value.get() == before + 1


def test_one_that_removes_nothing_says_nothing(bench: Bench) -> None:
    bench.report()
    grow_old(bench)
    asyncio.run(Retention(bench.engine, DAYS).run())
    assert reports(bench) == 2
    assert on_record(bench) == []
    assert bench.log.lines == []


def test_it_runs_once_a_day(bench: Bench) -> None:
    daily = Retention(bench.engine, DAYS)
    receive(bench, "E1")
    grow_old(bench)
    asyncio.run(daily.run())
    receive(bench, "E2")
    bench.clock.at -= timedelta(days=DAYS + 2)
    receive(bench, "E3")
    bench.clock.at += timedelta(days=DAYS + 2)
    asyncio.run(daily.run())
    assert reports(bench) == 3
    bench.pass_time(days=1)
    asyncio.run(daily.run())
    assert reports(bench) == 2


def test_a_clock_that_was_set_ahead_by_years_costs_nothing_for_a_day(bench: Bench) -> None:
    receive(bench, "E1")
    bench.pass_time(days=2000)
    asyncio.run(Retention(bench.engine, DAYS).run())
    assert reports(bench) == 1
    assert [line["event"] for line in bench.log.lines] == ["retention_postponed"]
    receive(bench, "E2")
    bench.pass_time(hours=23)
    asyncio.run(Retention(bench.engine, DAYS).run())
    assert reports(bench) == 2


def test_what_our_time_is_ahead_of_the_systems_does_not_count(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock was set back after years ahead, and ours goes on from there."""
    ahead = timedelta(days=2000)
    monkeypatch.setattr(type(bench.clock), "ahead", property(lambda _: ahead))
    receive(bench, "E1")
    bench.pass_time(days=2)
    bench.clock.at += ahead
    asyncio.run(Retention(bench.engine, DAYS).run())
    assert bench.clock.now() == NOON + ahead + timedelta(days=2)
    assert reports(bench) == 1
    assert bench.log.lines == []


class Killed(Exception):
    """In place of a kill."""


def test_a_run_that_was_killed_is_on_record_and_the_next_one_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(stored.AT_ONCE + 5):
        receive(bench, f"E{number}")
    grow_old(bench)
    with killed_after_one_unit(monkeypatch), pytest.raises(Killed):
        asyncio.run(Retention(bench.engine, DAYS).run())
    assert [entry.what for entry in on_record(bench)] == ["retention_began"]
    assert reports(bench) == 6
    asyncio.run(Retention(bench.engine, DAYS).run())
    assert reports(bench) == 1
    assert on_record(bench)[-1].data["reports"] == 5


@contextmanager
def killed_after_one_unit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    async def kill(_: float) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "sleep", kill)
        yield


def test_a_database_that_is_away_lets_the_run_wait(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(bench, "E1")
    grow_old(bench)
    daily = Retention(bench.engine, DAYS)

    def broken(*_: object) -> Removed:
        raise OUTAGES[0]

    with monkeypatch.context() as patch:
        patch.setattr(stored, "remove", broken)
        asyncio.run(periodic._remove(daily))
    assert [line["event"] for line in bench.log.lines] == ["retention_postponed"]
    assert reports(bench) == 2
    asyncio.run(periodic._remove(daily))
    assert reports(bench) == 1
