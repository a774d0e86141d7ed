"""Somebody answers while the database cannot take it: they are told, and the repetition counts."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import create_engine, text

from bot import metrics
from bot.domain.alert import State
from bot.domain.gsm import is_gsm
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import UNDERSTOOD
from tests.patience import in_earnest
from tests.scenarios.looking import acknowledge_by_sms, code_in, expect_everything, paged

NOT_RECORDED = re.compile(r"Not recorded: .*send it again in a minute or call 312-555-0100")


@contextmanager
def without_table(url: str, name: str) -> Iterator[None]:
    """What needs this table fails, whichever the database."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {name} RENAME TO {name}_away"))
    yield
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {name}_away RENAME TO {name}"))
    engine.dispose()


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another program writes into the file, and does not end."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def not_kept(door: str) -> float:
    name = "readback_webhooks_not_kept_total"
    return metrics.REGISTRY.get_sample_value(name, {"door": door}) or 0.0


@pytest.fixture(autouse=True)
def _nothing_else_needs_the_table(hospital: Hospital) -> None:
    """At its start the bot asks Twilio what came before; that is over."""
    world = hospital.world
    world.wait_until(lambda: "messages.list" in {entry.method for entry in world.log})


def test_an_answer_by_sms_that_cannot_be_stored_is_answered_and_counts_when_it_is_repeated(
    hospital: Hospital, database_url: str, log_errors: set[str]
) -> None:
    log_errors.add("webhook_not_kept")
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    sms, before = hospital.sam.phone.expect_sms(re.compile("ACK")), not_kept("sms")
    with without_table(database_url, "inbound"):
        assert sms.reply(f"ACK {code_in(sms)}").webhook_status == 200
        told = hospital.sam.phone.expect_sms(NOT_RECORDED)
    assert (told.segments, is_gsm(told.body)) == (1, True)
    assert not_kept("sms") == before + 1
    assert hospital.alert().state is State.OPEN
    assert hospital.bot is not None
    assert "Traceback" not in hospital.bot.log_text()
    acknowledge_by_sms(hospital, hospital.sam, sms)
    assert hospital.alert().state is State.ACKNOWLEDGED


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_answer_by_sms_while_the_file_is_locked_is_answered_before_twilio_gives_up(
    hospital: Hospital, database_url: str, log_errors: set[str]
) -> None:
    log_errors |= {"webhook_not_kept", "database_outage"}
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    sms = hospital.sam.phone.expect_sms(re.compile("ACK"))
    with locked(database_url):
        assert sms.reply(f"ACK {code_in(sms)}").webhook_status == 200
        hospital.sam.phone.expect_sms(NOT_RECORDED)
    acknowledge_by_sms(hospital, hospital.sam, sms)
    assert hospital.alert().state is State.ACKNOWLEDGED


def test_stop_is_not_answered_even_then_and_a_machine_only_so_often(
    hospital: Hospital, database_url: str, log_errors: set[str]
) -> None:
    log_errors.add("webhook_not_kept")
    with without_table(database_url, "inbound"):
        hospital.sam.phone.send("STOP")
        for _ in range(12):
            hospital.ada.phone.send("I am a machine too")
    hospital.world.settle()
    told = [sms for sms in hospital.ada.phone.sms if NOT_RECORDED.search(sms.body)]
    assert len(told) == 10
    assert not [sms for sms in hospital.sam.phone.sms if NOT_RECORDED.search(sms.body)]
    expect_everything(hospital)


def test_a_receipt_that_cannot_be_stored_is_refused_without_a_traceback(
    hospital: Hospital, database_url: str, log_errors: set[str]
) -> None:
    log_errors.add("webhook_not_kept")
    hospital.sam.phone.state("held")
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    before = not_kept("status")
    with without_table(database_url, "inbound"):
        hospital.sam.phone.on()
        hospital.world.settle()
    assert not_kept("status") > before
    assert hospital.bot is not None
    assert "Traceback" not in hospital.bot.log_text()
    expect_everything(hospital)


def test_an_acknowledgment_in_slack_that_cannot_be_stored_is_told_in_the_modal(
    hospital: Hospital, database_url: str, log_errors: set[str]
) -> None:
    log_errors.add("slack_listener_failed")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    with without_table(database_url, "audit"):
        answer = hospital.ada.slack.submit(modal, {"confirm": UNDERSTOOD})
    assert answer.outcome == "updated"
    assert answer.view is not None
    assert "could not confirm" in answer.view.text
    assert hospital.alert().state is State.OPEN
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert hospital.ada.slack.submit(modal, {"confirm": UNDERSTOOD}).outcome == "closed"
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED
    expect_everything(hospital)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_acknowledgment_in_slack_while_the_file_is_locked_is_told_in_time(
    hospital: Hospital, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_earnest(monkeypatch)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    holding, release = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(database_url):
            holding.set()
            release.wait(4)

    other = threading.Thread(target=hold)
    other.start()
    holding.wait(5)
    answer = hospital.ada.slack.submit(modal, {"confirm": UNDERSTOOD})
    release.set()
    other.join()
    assert answer.outcome == "updated"
    assert answer.view is not None
    assert "look at the alert again" in answer.view.text
    hospital.settle()
    expect_everything(hospital)
