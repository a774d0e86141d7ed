"""What is older than the site keeps and belongs to no alert goes, and nobody is paged for it."""

import json

import pytest
from sqlalchemy import select

from bot.app import periodic
from bot.sandbox.hospital import Hospital
from storage import messages, quarantine, tables
from storage.messages import Stored
from tests.scenarios.looking import operate, paged_until_acknowledged
from tests.scenarios.receiving import ack, administration, asked, logged, spoiled
from tests.scenarios.test_quarantine import kept_by_an_older_reader
from tests.waiting import until

DAYS = 400


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(periodic, "REMOVE_EVERY", 0.1)
    return {"READBACK_RETENTION__ROUTINE_DAYS": str(DAYS)}


def grow_old(hospital: Hospital) -> None:
    """The limit passes, and a day of the new time, in which something came."""
    until(lambda: logged(hospital, "retention_postponed"))
    hospital.pass_time(hours=24 * DAYS + 1)
    until(lambda: len(logged(hospital, "retention_postponed")) > 1)
    hospital.send(hospital.report("ct-abdomen-routine"))
    hospital.pass_time(hours=25)
    until(lambda: logged(hospital, "retention_removed"))


def kept(hospital: Hospital, message: bytes) -> Stored:
    """The row of this message."""
    by_control_id = select(tables.messages.c.id).where(
        tables.messages.c.control_id == asked(message)
    )
    return hospital.database.look(lambda c: messages.load(c, c.execute(by_control_id).scalar_one()))


def accessions(hospital: Hospital) -> list[str]:
    by_age = select(tables.reports.c.key_value).order_by(tables.reports.c.received_at)
    return list(hospital.database.look(lambda c: c.execute(by_age).scalars().all()))


def test_a_routine_report_goes_and_an_alert_stays_with_all_it_rests_on(hospital: Hospital) -> None:
    routine = hospital.report("ct-abdomen-routine")
    hospital.send(routine)
    critical = hospital.report("ct-head-hemorrhage")
    hospital.send(critical)
    paged_until_acknowledged(hospital, hospital.ada)
    assert accessions(hospital) == ["A00001", "A00002"]
    grow_old(hospital)
    assert accessions(hospital) == ["A00002", "A00003"]
    assert kept(hospital, routine).is_removed
    assert kept(hospital, critical).data == critical
    (began,) = administration(hospital, "retention_began")
    assert began.data == {"days": DAYS}
    (entry,) = administration(hospital, "retention_removed")
    assert entry.data == {"days": DAYS, "orders": 1, "reports": 1, "messages": 1}
    assert "--reveal" not in operate(hospital, "alerts", "show", hospital.alert("A00002").ref)


def test_sent_again_it_is_known_and_pages_nobody(hospital: Hospital) -> None:
    routine = hospital.report("ct-abdomen-routine")
    first = hospital.send(routine)
    grow_old(hospital)
    assert ack(hospital.send(routine)).code == ack(first).code == "AA"
    assert kept(hospital, routine).copies == 2
    assert accessions(hospital) == ["A00002"]
    assert hospital.alerts() == 0


def test_under_another_control_id_it_is_a_first_version_and_pages_nobody(
    hospital: Hospital,
) -> None:
    routine = hospital.report("ct-abdomen-routine")
    hospital.send(routine)
    grow_old(hospital)
    assert ack(hospital.send(routine.replace(b"|C000001|", b"|D000001|"))).code == "AA"
    assert accessions(hospital) == ["A00002", "A00001"]
    assert hospital.alerts() == 0


def test_a_correction_to_critical_of_what_is_gone_opens_one_alert(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-abdomen-routine"))
    grow_old(hospital)
    correction = hospital.report("ct-head-hemorrhage", accession="A00001")
    corrected = correction.replace(b"|CT|F|", b"|CT|C|")
    assert corrected != correction
    assert ack(hospital.send(corrected)).code == "AA"
    paged_until_acknowledged(hospital, hospital.ada)
    assert hospital.alerts() == 1
    hospital.send(corrected)
    assert hospital.alerts() == 1


def test_a_correction_that_keeps_its_old_time_is_reviewed_by_a_coordinator(
    hospital: Hospital,
) -> None:
    """Nothing tells any more that it is one: it looks like a report that comes a year late."""
    late = hospital.report("ct-head-hemorrhage", accession="A00001").replace(b"|CT|F|", b"|CT|C|")
    hospital.send(hospital.report("ct-abdomen-routine", accession="A00001"))
    grow_old(hospital)
    hospital.send(late)
    paged_until_acknowledged(hospital, hospital.carla)
    assert hospital.alerts() == 1


def test_what_waits_in_quarantine_stays_and_can_be_replayed(hospital: Hospital) -> None:
    routine = hospital.report("ct-abdomen-routine")
    kept_by_an_older_reader(hospital, routine)
    dismissed = spoiled(hospital, ("|CT|F|", "|CT|?|"))
    hospital.send(dismissed)
    hospital.carla.slack.expect_new("readback quarantine list")
    entries = {one.control_id: one.id for one in hospital.database.look(quarantine.listing)}
    entry = entries[asked(dismissed)]
    operate(hospital, "quarantine", "dismiss", entry, "--reason", "a test")
    grow_old(hospital)
    assert kept(hospital, routine).data == routine
    shown = json.loads(operate(hospital, "quarantine", "show", entry, "--reveal", "--json"))
    assert shown["removed"] == f"the message itself was removed after {DAYS} days by [retention]"
    assert "data_base64" not in shown
    (replayed,) = json.loads(operate(hospital, "quarantine", "replay", "--all", "--json"))
    assert (replayed["ok"], replayed["outcome"]) == (True, "used")
    assert set(accessions(hospital)) == {"A00001", "A00003"}
    assert hospital.alerts() == 0


def test_the_report_of_shadow_mode_says_that_it_cannot_count_them(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-abdomen-routine"))
    day = f"{hospital.now:%Y-%m-%d}"
    grow_old(hospital)
    period = ("--from", day, "--to", day)
    lines = operate(hospital, "shadow", "report", "--json", *period).splitlines()
    assert [json.loads(line)["what"] for line in lines] == ["summary"]
    assert json.loads(lines[0])["removed_before"] > day
    (lately,) = operate(hospital, "shadow", "report", "--json").splitlines()[-1:]
    assert json.loads(lately)["removed_before"] is None
