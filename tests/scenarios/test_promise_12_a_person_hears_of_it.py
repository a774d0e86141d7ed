"""When Readback itself is ill, a person hears of it by a second route: once, and once more when it
is over; and no page is lost meanwhile. Real minutes are seconds here; the clock is moved."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.domain.alert import State
from bot.domain.page import Notice
from bot.engine import away, lateness, outage, sending
from bot.engine.lateness import STEPS
from bot.engine.outage import CLICKS, POSTS, TEXTS, feed, hl7
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import UNDERSTOOD
from storage import tables
from tests.scenarios.ailing import (
    PATIENCE,
    a_second_later,
    by_all,
    heard,
    hospital_with_sources,
    is_over,
    is_told,
    noted,
)
from tests.scenarios.conftest import end_well
from tests.scenarios.looking import acknowledge_by_sms, expect_everything, owner, paged
from tests.scenarios.test_database_away import without_table
from tests.scenarios.test_folder import fhir_report, put
from tests.scenarios.test_slack_sockets import ready_says
from tests.sources.fhir_server import Fault, FhirServer
from tests.waiting import until
from tests.written import writing

SECOND = 1.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for longer than a second, but by the clock that is moved."""
    monkeypatch.setattr(outage.Line, "patience", SECOND)
    monkeypatch.setattr(outage, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(outage, "NOTE_EVERY", 0.3)
    monkeypatch.setattr(sending, "NOTE_EVERY", 0.3)
    monkeypatch.setattr(lateness, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(away, "LOOK_EVERY", 0.2)
    monkeypatch.setattr(away, "PATIENCE", SECOND)


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> dict[str, str]:
    return getattr(request, "param", {})


@pytest.fixture
def sourced(database_url: str, log_errors: set[str]) -> Iterator[tuple[Hospital, FhirServer, Path]]:
    with writing(), hospital_with_sources(database_url) as (there, server, inbox):
        yield there, server, inbox
        end_well(there, log_errors)


# ---- channels -------------------------------------------------------------------------------


def test_an_outage_of_slack_is_told_by_sms_and_pages_go_on_there(hospital: Hospital) -> None:
    until(lambda: noted(hospital, CLICKS.connected))
    hospital.world.slack_down()
    is_told(hospital, CLICKS, minutes=1)
    assert heard(hospital, Notice.SLACK_DOWN) == by_all("sms")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    acknowledge_by_sms(hospital, hospital.ada, hospital.ada.phone.expect_sms(re.compile("ACK")))
    hospital.world.slack_down(down=False)
    is_over(hospital, CLICKS)
    assert hospital.alert().state is State.ACKNOWLEDGED
    assert heard(hospital, Notice.SLACK_DOWN) == heard(hospital, Notice.SLACK_BACK) == by_all("sms")
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.phone.expect_sms("Slack is out of reach")
        coordinator.phone.expect_sms("Slack is back since")
    expect_everything(hospital)


def test_a_twilio_that_takes_nothing_for_ten_minutes_is_told_in_slack_and_its_sms_leave_afterwards(
    hospital: Hospital,
) -> None:
    until(lambda: noted(hospital, TEXTS.connected))
    hospital.world.twilio_down()
    hospital.send(hospital.report("ct-head-hemorrhage"))
    is_told(hospital, TEXTS, minutes=10)
    assert heard(hospital, Notice.SMS_DOWN) == by_all("slack")
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect("No SMS has got through Twilio since")
    hospital.ada.slack.expect("Critical result")
    hospital.world.twilio_down(down=False)
    hospital.pass_time(minutes=20)
    acknowledge_by_sms(hospital, hospital.ben, hospital.ben.phone.expect_sms(re.compile("ACK")))
    is_over(hospital, TEXTS)
    assert heard(hospital, Notice.SMS_BACK) == heard(hospital, Notice.SMS_DOWN)
    expect_everything(hospital)


@pytest.mark.parametrize("code", [20003, 21606, 30034])
def test_an_account_that_may_send_nothing_while_it_may_ask_is_told_in_slack(
    hospital: Hospital, log_errors: set[str], code: int
) -> None:
    log_errors.add("channel_misconfigured")
    until(lambda: noted(hospital, TEXTS.connected))
    hospital.world.twilio.faults.fail_next("messages.create", error=code, times=10_000)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    is_told(hospital, TEXTS, minutes=10)
    assert heard(hospital, Notice.SMS_DOWN) == by_all("slack")
    modal = hospital.ada.slack.click("Acknowledge").modal
    assert hospital.ada.slack.submit(modal, {"confirm": UNDERSTOOD}).outcome == "closed"
    hospital.world.twilio.faults.clear()
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    acknowledge_by_sms(hospital, hospital.sam, hospital.sam.phone.expect_sms(re.compile("ACK")))
    is_over(hospital, TEXTS)
    assert heard(hospital, Notice.SMS_BACK) == by_all("slack")
    expect_everything(hospital)


def test_a_token_that_may_post_nothing_while_clicks_arrive_is_told_by_sms(
    hospital: Hospital, log_errors: set[str]
) -> None:
    log_errors.add("channel_misconfigured")
    until(lambda: noted(hospital, POSTS.connected))
    faults = hospital.world.slack.faults
    faults.fail_next("chat.postMessage", error="token_revoked", times=10_000)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    is_told(hospital, POSTS, minutes=10)
    assert heard(hospital, Notice.SLACK_REFUSED) == by_all("sms")
    ready_says(hospital, "refused")
    hospital.ada.phone.expect_sms(re.compile("ACK"))
    faults.clear()
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect("Critical result")
    is_over(hospital, POSTS)
    ready_says(hospital, "ok")
    assert heard(hospital, Notice.SLACK_TAKEN) == by_all("sms")
    expect_everything(hospital)


def test_a_channel_that_comes_and_goes_is_told_once_and_so_is_its_end(hospital: Hospital) -> None:
    until(lambda: noted(hospital, CLICKS.connected))
    hospital.world.slack_down()
    is_told(hospital, CLICKS, minutes=1)
    for _ in range(2):
        hospital.world.slack_down(down=False)
        until(lambda: noted(hospital, CLICKS.again))
        hospital.world.slack_down()
        hospital.pass_time(minutes=10)
        until(lambda: a_second_later(hospital) and not noted(hospital, CLICKS.again))
    assert not heard(hospital, Notice.SLACK_BACK)
    hospital.world.slack_down(down=False)
    is_over(hospital, CLICKS)
    assert heard(hospital, Notice.SLACK_DOWN) == heard(hospital, Notice.SLACK_BACK) == by_all("sms")
    expect_everything(hospital)


# ---- sources --------------------------------------------------------------------------------


def test_a_fhir_server_that_is_out_of_service_is_told_by_name_and_what_waited_there_is_paged(
    sourced: tuple[Hospital, FhirServer, Path], log_errors: set[str]
) -> None:
    hospital, server, _ = sourced
    line = feed("fhir-ehr")
    until(lambda: noted(hospital, line.connected) and server.searches())
    server.faults = [("DiagnosticReport", Fault(503))] * 1000
    log_errors.add("source_failed")
    is_told(hospital, line, minutes=5)
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect("reports could not be taken from fhir-ehr since")
    server.put(*fhir_report(hospital, "F1"))
    server.faults = []
    is_over(hospital, line)
    paged(hospital.ada)
    assert heard(hospital, Notice.FEED_DOWN) == heard(hospital, Notice.FEED_BACK) == by_all("slack")
    expect_everything(hospital)


def test_a_folder_that_is_gone_is_told_by_name_and_what_waited_there_is_paged(
    sourced: tuple[Hospital, FhirServer, Path], log_errors: set[str]
) -> None:
    hospital, _, inbox = sourced
    line = feed("folder-ris")
    until(lambda: noted(hospital, line.connected))
    inbox.rename(inbox.with_name("away"))
    log_errors.add("source_failed")
    is_told(hospital, line, minutes=5)
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect("reports could not be taken from folder-ris since")
    inbox.with_name("away").rename(inbox)
    put(inbox, "late.hl7", hospital.report("ct-head-hemorrhage"))
    is_over(hospital, line)
    paged(hospital.ada)
    assert heard(hospital, Notice.FEED_DOWN) == heard(hospital, Notice.FEED_BACK) == by_all("slack")
    expect_everything(hospital)


@pytest.mark.parametrize("settings", [{"READBACK_HL7__SILENCE_MINUTES": "90"}], indirect=True)
def test_hl7_senders_that_say_nothing_are_told_once_though_one_message_comes_between(
    hospital: Hospital,
) -> None:
    line = hl7(90)
    is_told(hospital, line, minutes=90)
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect("no HL7 message has come since")
    another_comes(hospital)
    until(lambda: noted(hospital, line.again))
    hospital.pass_time(minutes=90)
    until(lambda: a_second_later(hospital) and not noted(hospital, line.again))
    assert not heard(hospital, Notice.FEED_BACK)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    until(lambda: noted(hospital, line.again))
    hospital.pass_time(minutes=15)
    until(lambda: another_comes(hospital) and not noted(hospital, line.outage))
    hospital.settle()
    assert heard(hospital, Notice.FEED_DOWN) == heard(hospital, Notice.FEED_BACK) == by_all("slack")
    expect_everything(hospital)


def another_comes(hospital: Hospital) -> str:
    return hospital.send(hospital.report("ct-abdomen-routine"))


# ---- Readback itself ------------------------------------------------------------------------


def test_steps_that_nobody_takes_are_told_and_taken_when_it_is_mended(
    hospital: Hospital, log_errors: set[str]
) -> None:
    """The alert cannot be read: its designee would never be paged."""
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    until(lambda: noted(hospital, STEPS.connected))
    whole = rest_of_alert(hospital, "no JSON")
    log_errors.add("step_failed")
    hospital.clock.advance(lateness.LATE * 40)
    until(lambda: a_second_later(hospital) and noted(hospital, STEPS.outage))
    until(lambda: heard(hospital, Notice.SWEEP_LATE) == by_all("slack"))
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect("open alerts have not gone on when it was time")
    rest_of_alert(hospital, whole)
    until(lambda: owner(hospital) == hospital.ben.name)
    hospital.ben.slack.expect("Critical result")
    is_over(hospital, STEPS)
    assert heard(hospital, Notice.SWEEP_BACK) == by_all("slack")
    expect_everything(hospital)


def test_a_database_that_takes_nothing_is_told_without_it_and_what_waited_is_paged_afterwards(
    hospital: Hospital, database_url: str, log_errors: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log_errors.add("database_outage")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    with without_table(database_url, "editions"):
        for coordinator in (hospital.carla, hospital.chris):
            coordinator.slack.expect("its database has taken nothing since", timeout=PATIENCE)
        hospital.clock.advance(lateness.LATE * 30)
    until(lambda: owner(hospital) == hospital.ben.name)
    hospital.settle()
    paged(hospital.ben)
    monkeypatch.setattr(away, "HOLDS", timedelta(0))
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect("its database is there since", timeout=PATIENCE)
    hospital.settle()
    expect_everything(hospital)


def rest_of_alert(hospital: Hospital, rest: str) -> str:
    """Write that into the alert; what stood there."""
    column = tables.alerts.c.rest
    before: str = hospital.database.look(lambda c: c.execute(select(column)).scalar_one())
    written = update(tables.alerts).values(rest=rest)
    hospital.database.run(lambda c: c.execute(written).rowcount)
    return before
