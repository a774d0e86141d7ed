"""The sweep: everything that is due, each for itself."""

import asyncio
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import select, update

from bot import metrics
from bot.domain.alert import State
from bot.domain.events import Acknowledged, ReadBack
from bot.engine import timers
from bot.engine.alerts import apply_in
from bot.engine.context import Wake
from bot.sandbox.demo.place import people_move_in
from bot.sandbox.samples import PEOPLE_CSV
from storage import engines, people, tables
from storage.database import Database
from tests.engine.conftest import Bench, benched
from tests.waiting import soon


def test_one_alert_that_cannot_be_read_does_not_stop_the_others(bench: Bench) -> None:
    for number in range(3):
        bench.report(f"E{number}")
    bench.dispatch(bench.quiet)
    broken = bench.alert("E1").id
    spoil = update(tables.alerts).where(tables.alerts.c.id == broken).values(rest="no JSON")
    bench.database.run(lambda c: c.execute(spoil).rowcount)
    bench.pass_time(minutes=10)
    assert asyncio.run(timers.sweep(bench.engine, timers.Failing())) == 3
    assert [bench.alert(name).round for name in ("E0", "E2")] == [2, 2]
    (error,) = bench.log.error_lines
    assert (error["event"], error["alert"]) == ("step_failed", broken)


def test_a_step_that_keeps_failing_is_tried_after_a_growing_pause_and_told_once_a_try(
    bench: Bench,
) -> None:
    for name in ("E1", "E0"):
        bench.report(name)
    bench.dispatch(bench.quiet)
    broken = bench.alert("E1").id
    spoil = update(tables.alerts).where(tables.alerts.c.id == broken).values(rest="no JSON")
    bench.database.run(lambda c: c.execute(spoil).rowcount)
    bench.pass_time(minutes=10)

    async def story() -> None:
        failing = timers.Failing()
        assert await timers.sweep(bench.engine, failing) == 2
        assert failing.pauses == {broken: 1.0}
        failing.until[broken] += 3600.0  # however slow this machine is
        assert await timers.sweep(bench.engine, failing) == 0
        assert len(bench.log.error_lines) == 1
        failing.until[broken] = 0.0
        assert await timers.sweep(bench.engine, failing) == 1
        assert failing.pauses == {broken: 2.0}
        assert len(bench.log.error_lines) == 2

    asyncio.run(story())
    assert bench.alert("E0").round == 2
    assert metrics.STEPS_FAILING._value.get() == 1


def test_an_alert_that_somebody_else_keeps_locked_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, postgres_database: str
) -> None:
    monkeypatch.setattr(engines, "LOCKED_SECONDS", 0.3)
    with benched(postgres_database) as bench, closing(Database(postgres_database)) as other:
        for number in range(3):
            bench.report(f"E{number}")
        bench.dispatch(bench.quiet)
        bench.pass_time(minutes=10)
        locked = select(tables.alerts.c.id).where(tables.alerts.c.id == bench.alert("E1").id)
        with other._engine.connect() as forgotten:
            forgotten.execute(locked.with_for_update()).all()
            assert asyncio.run(timers.sweep(bench.engine, timers.Failing())) == 3
        assert [bench.alert(f"E{number}").round for number in range(3)] == [2, 1, 2]
        assert [error["event"] for error in bench.log.error_lines] == ["step_failed"]


def test_a_step_that_failed_here_and_was_taken_elsewhere_counts_as_failing_no_more(
    bench: Bench,
) -> None:
    bench.report()
    bench.dispatch(bench.quiet)
    bench.pass_time(minutes=10)
    mend = spoiled(bench)

    async def story() -> None:
        failing = timers.Failing()
        assert await timers.sweep(bench.engine, failing) == 1
        mend()
        await bench.database.write(lambda c: timers.step(bench.engine, bench.alert().id, c))
        assert await timers.sweep(bench.engine, failing) == 0
        assert not failing.until

    asyncio.run(story())
    assert metrics.STEPS_FAILING._value.get() == 0


def spoiled(bench: Bench) -> Callable[[], None]:
    """No step of the alert can be taken until this is called."""
    columns, alert_id = tables.alerts.c, bench.alert().id
    (rest,) = bench.database.look(
        lambda c: c.execute(select(columns.rest).where(columns.id == alert_id)).scalars().all()
    )

    def put(rest: str) -> None:
        spoil = update(tables.alerts).where(columns.id == alert_id).values(rest=rest)
        bench.database.run(lambda c: c.execute(spoil).rowcount)

    put("no JSON")
    return lambda: put(rest)


def test_a_step_that_somebody_else_has_taken_is_not_taken_again(bench: Bench) -> None:
    bench.report()
    bench.pass_time(minutes=10)
    alert = bench.alert()
    for _ in range(2):
        bench.database.run(lambda c: timers.step(bench.engine, alert.id, c))
    assert bench.alert().round == alert.round + 1


def test_an_alert_that_was_acknowledged_between_the_look_and_the_step_stays_so(
    bench: Bench,
) -> None:
    bench.report()
    bench.dispatch(bench.quiet)
    alert = bench.alert()
    bench.pass_time(minutes=10)
    event = Acknowledged(alert.owner, "sms", alert.version, ReadBack.NONE)
    bench.database.run(lambda c: apply_in(c, bench.engine, alert.id, event))
    bench.database.run(lambda c: timers.step(bench.engine, alert.id, c))
    assert bench.alert().state is State.ACKNOWLEDGED


def owner(bench: Bench, accession: str) -> str:
    alert = bench.alert(accession)
    found = alert.roster.person(alert.owner)
    return found.name if found else ""


def run_until(bench: Bench, so: Callable[[], bool]) -> None:
    """Run both loops until this is so."""

    async def watch() -> None:
        wake = Wake(asyncio.get_running_loop())
        runs = (
            timers.run(bench.engine, wake, timers.Failing()),
            timers.follow_directory(bench.engine),
        )
        loop = asyncio.gather(*runs)
        await asyncio.sleep(0)
        wake.all()
        await soon(so)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    asyncio.run(watch())


def test_the_loop_sleeps_until_the_next_step_and_takes_it_when_the_clock_was_moved(
    bench: Bench,
) -> None:
    bench.report()
    bench.pass_time(minutes=10)
    run_until(bench, lambda: bench.alert().round != 1)
    assert bench.alert().round == 2


def test_the_loop_passes_on_what_its_owner_has_lost_in_whatever_way(bench: Bench) -> None:
    for name in ("E1", "E2"):
        bench.report(name, provider="1003^PARK^SAM^^^DR^^^MAIN")
    spoil = update(tables.alerts).where(tables.alerts.c.id == bench.alert("E2").id)
    bench.database.run(lambda c: people.opt_out(c, "+13125550106", bench.clock.at))
    bench.database.run(lambda c: c.execute(spoil.values(rest="no JSON")).rowcount)
    run_until(bench, lambda: bench.alert("E1").round != 1 and bool(bench.log.error_lines))
    assert owner(bench, "E1") == "Dr. Ben Ito"
    (error,) = bench.log.error_lines
    assert error["event"] == "step_failed"


def test_the_loop_asks_a_provider_whom_the_directory_did_not_know(bench: Bench) -> None:
    bench.report("E1", provider="9999^NEW^NINA^^^DR^^^MAIN")
    bench.report("E2", provider="9998^NOBODY^^^^DR^^^MAIN")
    known = PEOPLE_CSV.replace("MAIN:1004", "MAIN:1004;MAIN:9999")
    people_move_in(bench.database, bench.clock, known)
    run_until(bench, lambda: bench.alert("E1").round != 1)
    assert owner(bench, "E1") == "Dr. Tess Wolf"
    assert (owner(bench, "E2"), bench.alert("E2").round) == ("Carla Reyes RN", 1)


def test_an_alert_that_cannot_be_read_keeps_no_provider_from_being_asked(bench: Bench) -> None:
    for name, number in (("E1", "9998"), ("E2", "9999")):
        bench.report(name, provider=f"{number}^NEW^NINA^^^DR^^^MAIN")
    spoil = update(tables.alerts).where(tables.alerts.c.id == bench.alert("E1").id)
    bench.database.run(lambda c: c.execute(spoil.values(rest="no JSON")).rowcount)
    known = PEOPLE_CSV.replace("MAIN:1004", "MAIN:1004;MAIN:9999")
    people_move_in(bench.database, bench.clock, known)
    run_until(bench, lambda: bench.alert("E2").round != 1 and bool(bench.log.error_lines))
    assert owner(bench, "E2") == "Dr. Tess Wolf"
    assert {error["event"] for error in bench.log.error_lines} == {"step_failed"}


def test_what_could_not_be_passed_on_at_once_is_passed_on_as_soon_as_it_can(bench: Bench) -> None:
    bench.report(provider="1003^PARK^SAM^^^DR^^^MAIN")
    bench.database.run(lambda c: people.opt_out(c, "+13125550106", bench.clock.at))
    mend = spoiled(bench)
    mended: list[bool] = []

    def passed_on() -> bool:
        if bench.log.error_lines and not mended:
            mend()
            mended.append(True)
        return bool(mended) and bench.alert().round != 1

    run_until(bench, passed_on)
    (error,) = bench.log.error_lines
    assert error["event"] == "step_failed"
