"""What people may see, and the way in from other threads."""

import asyncio
import threading

import pytest

from bot.domain.events import Declined, DeclineReason
from bot.engine import views
from bot.engine.alerts import apply_in
from bot.engine.bridge import Bridge
from storage import people
from tests.engine.conftest import Bench


def person(bench: Bench, name: str) -> str:
    everybody = bench.database.look(people.everybody)
    return next(each.id for each in everybody if name in each.name)


def see(bench: Bench, name: str, *, finding: bool = True) -> views.AlertView:
    who, alert = person(bench, name), bench.alert().id
    return asyncio.run(views.for_person(bench.engine, alert, who, finding=finding))


def shown(bench: Bench) -> int:
    entries = asyncio.run(views.timeline(bench.engine, bench.alert().id))
    return [entry.what for entry in entries].count("finding_shown")


def test_the_finding_is_shown_to_entitled_people_alone_and_each_time_recorded(
    bench: Bench,
) -> None:
    bench.report()
    assert "hematoma" in see(bench, "Osei").finding
    assert "hematoma" in see(bench, "Reyes").finding
    assert "hematoma" in see(bench, "Lind").finding
    assert see(bench, "Ito").finding == ""
    assert see(bench, "Osei", finding=False).finding == ""
    assert shown(bench) == 3


def test_not_my_patient_ends_the_entitlement(bench: Bench) -> None:
    bench.report()
    alert, ada = bench.alert().id, person(bench, "Osei")
    event = Declined(ada, DeclineReason.NOT_MY_PATIENT)
    bench.database.run(lambda c: apply_in(c, bench.engine, alert, event))
    view = see(bench, "Osei")
    assert (view.entitled, view.finding, view.can_decline) == (False, "", False)
    assert "Ito" in view.owner_name


def test_a_reference_is_found_in_any_case_and_spacing(bench: Bench) -> None:
    bench.report()
    ref = bench.alert().ref
    found = [asyncio.run(views.by_ref(bench.engine, text)) for text in (ref.lower(), f" {ref} ")]
    assert found == [bench.alert().id] * 2
    assert asyncio.run(views.by_ref(bench.engine, "ZZZZZZ")) is None


def test_the_bridge_brings_results_exceptions_and_its_own_impatience() -> None:
    async def answers() -> int:
        return 7

    async def fails() -> int:
        raise LookupError("nothing there")

    async def hangs() -> int:
        await asyncio.Event().wait()
        return 0

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    bridge = Bridge(loop)
    assert bridge.call(answers()) == 7
    with pytest.raises(LookupError, match="nothing there"):
        bridge.call(fails())
    with pytest.raises(TimeoutError):
        bridge.call(hangs(), timeout=0.05)
    for task in asyncio.all_tasks(loop):
        loop.call_soon_threadsafe(task.cancel)
    loop.call_soon_threadsafe(loop.call_soon, loop.stop)
    thread.join(5)
    loop.close()
