"""What people may see, and the way in from other threads."""

import asyncio
import base64
import threading

import pytest

from bot.domain.events import Acknowledged, Declined, DeclineReason, ReadBack
from bot.domain.wording import DOCUMENT_UNREAD
from bot.engine import views
from bot.engine.alerts import apply_in
from bot.engine.bridge import Bridge
from bot.sandbox.hospital import EVERY_STATE
from bot.sources import documents
from storage import alert_lists, people
from tests.engine.conftest import Bench
from tests.scenarios.looking import version
from tests.sources.oru import sample
from tests.sources.pdf_samples import pdf


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


def test_a_document_that_could_not_be_read_is_told_with_the_finding_and_on_the_alert(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 0.0)
    printed = base64.b64encode(pdf(["Clots."])).decode()
    obx = f"OBX|2|ED|PDF^Report||^application^pdf^Base64^{printed}|||HH|||F"
    data = sample(obx, fields={3: "E1^RIS", 18: ""}).replace(b"20260115", b"20260601")
    assert bench.take(data).quarantined == "too-slow-to-read"
    assert bench.alert().category == "critical"
    assert bench.alert().note.endswith(DOCUMENT_UNREAD)
    assert see(bench, "Lind").finding == DOCUMENT_UNREAD


def test_once_it_can_be_read_what_it_says_is_asked_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a replay does, or the sender's repetition."""
    said = ["FINDINGS: Clots.", "IMPRESSION: Embolism.", "CRITICAL RESULT."]
    printed = base64.b64encode(pdf(said)).decode()
    obx = f"OBX|2|ED|PDF^Report||^application^pdf^Base64^{printed}||||||F"
    data = sample(obx, fields={3: "E1^RIS", 18: ""}).replace(b"20260115", b"20260601")
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 0.0)
    bench.take(data)
    monkeypatch.undo()
    bench.take(data.replace(b"MSG1", b"MSG2"))
    assert bench.alert().category == "critical"
    assert "Embolism." in see(bench, "Lind").finding


def addendum(bench: Bench, words: str, flag: str = "") -> bytes:
    """An addendum to E1 that came alone, as an order of its own that names its parent."""
    bench.pass_time(minutes=5)
    told = version("E1", bench.clock.at, control=f"A{bench.clock.at}", flag=flag, impression=words)
    for of_report, of_addendum in (
        (b"ORC|RE|PE1|E1^RIS", b"ORC|RE"),
        (b"|PE1|E1^RIS|", b"||E1-1^RIS|"),
        (b"^MAIN||E1||||", b"^MAIN||||||"),
        (b"|||||||3001&", b"||||^E1&RIS|||3001&"),
        (b"|REPORT&IMP^", b"|&ADT^"),
    ):
        assert of_report in told
        told = told.replace(of_report, of_addendum)
    return told


def acknowledged(bench: Bench) -> None:
    bench.report()
    alert, ada = bench.alert(), person(bench, "Osei")
    event = Acknowledged(ada, "slack", alert.version, ReadBack.NONE)
    bench.database.run(lambda c: apply_in(c, bench.engine, alert.id, event))


def test_an_addendum_that_comes_alone_asks_nobody_again_and_is_read_with_its_report(
    bench: Bench,
) -> None:
    acknowledged(bench)
    bench.take(addendum(bench, "Called to Dr. Osei at 12:01."))
    (row,) = bench.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 9))
    assert row.state == "acknowledged"
    finding = see(bench, "Osei").finding
    assert finding.index("hematoma") < finding.index("Called to Dr. Osei")
    bench.take(addendum(bench, "Second reading agrees."))
    assert "hematoma" in see(bench, "Lind").finding


def test_one_with_a_flag_of_its_own_asks_again(bench: Bench) -> None:
    acknowledged(bench)
    bench.take(addendum(bench, "Larger than before.", "HH"))
    (row,) = bench.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 9))
    assert row.state == "open"
    assert "hematoma" in see(bench, "Osei").finding
    assert "Larger than before." in see(bench, "Osei").finding


def test_an_addendum_whose_report_never_came_is_read_alone(bench: Bench) -> None:
    bench.take(addendum(bench, "Larger than before.", "HH"))
    assert see(bench, "Lind").finding == "Larger than before."


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
