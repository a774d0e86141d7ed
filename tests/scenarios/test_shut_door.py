"""With a public URL: what Twilio brought while our door was shut is fetched afterwards."""

from datetime import timedelta

import pytest

from bot.domain.alert import State
from bot.phone import polling
from bot.sandbox.hospital import Hospital
from bot.sandbox.phones import PhoneMessage
from bot.sandbox.stories import code_in, paged
from tests.scenarios.looking import ACKNOWLEDGED, expect_everything, owner


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "LONGEST_PAUSE", 0.1)


@pytest.fixture
def settings() -> dict[str, str]:
    return {"READBACK_TWILIO__POLL_SECONDS": "0.1"}


def fetched(hospital: Hospital) -> int:
    """How often it was asked what has come to our number."""
    world = hospital.world
    ours = (e.body.get("To") == world.from_number for e in world.log if e.method == "messages.list")
    return sum(ours)


def acknowledged(hospital: Hospital) -> None:
    """By the reply that nobody brought; and whoever sent it is told."""
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED
    assert len([m for m in hospital.ada.phone.sms if ACKNOWLEDGED.search(m.body)]) == 1
    expect_everything(hospital)


def test_a_reply_that_came_while_the_proxy_was_away_counts_within_minutes(
    hospital: Hospital,
) -> None:
    hooks = hospital.world.twilio.carrier.hooks
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hooks.unreachable = True
    assert sms.reply(f"ACK {code_in(sms)}").webhook_status is None
    hooks.unreachable = False
    hospital.pass_time(minutes=5)
    acknowledged(hospital)


def test_a_reply_that_came_while_the_bot_was_started_anew_counts(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.close()
    assert sms.reply(f"ACK {code_in(sms)}").webhook_status is None
    hospital.open()
    acknowledged(hospital)


def test_what_was_brought_is_not_taken_twice(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    assert sms.reply(f"ACK {code_in(sms)}").webhook_status == 200
    before = fetched(hospital)
    hospital.pass_time(minutes=5)
    hospital.world.wait_until(lambda: fetched(hospital) > before)
    acknowledged(hospital)


def test_what_is_brought_after_what_was_fetched_holds_though_twilios_clock_is_before_ours(
    hospital: Hospital,
) -> None:
    carrier = hospital.world.twilio.carrier
    carrier.behind = timedelta(seconds=-5)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    carrier.hooks.unreachable = True
    sms.reply(f"ACK {code_in(sms)}")
    carrier.hooks.unreachable = False
    hospital.pass_time(minutes=5)
    acknowledged(hospital)
    assert sms.reply(f"UNDO {code_in(sms)}").webhook_status == 200
    hospital.ada.phone.expect_sms("your acknowledgment is undone")
    hospital.settle()
    assert hospital.alert().state is State.OPEN
    expect_everything(hospital)


def left_at_twilio(hospital: Hospital, sms: PhoneMessage, text: str) -> None:
    """Sent a minute before it will be fetched; nobody brought it."""
    hooks = hospital.world.twilio.carrier.hooks
    hooks.unreachable = True
    late = sms.reply(text).record
    hooks.unreachable = False
    late.created -= timedelta(minutes=1, seconds=3)
    late.sent = late.created


def fetched_late(hospital: Hospital) -> None:
    """Whoever sent it is told that it did nothing."""
    hospital.pass_time(minutes=1)
    hospital.ada.phone.expect_sms("older than what happened since")
    hospital.settle()
    assert hospital.alert().state is State.OPEN
    expect_everything(hospital)


def test_an_answer_that_comes_after_its_sender_passed_the_alert_on_does_nothing(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.pass_time(minutes=4)
    left_at_twilio(hospital, sms, f"ACK {code_in(sms)}")
    sms.reply(f"PASS {code_in(sms)}")
    hospital.ada.phone.expect_sms("went to the next person")
    fetched_late(hospital)
    assert owner(hospital) == hospital.ben.name


def test_nor_after_its_sender_took_another_one_back(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.pass_time(minutes=4)
    left_at_twilio(hospital, sms, f"ACK {code_in(sms)}")
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    sms.reply(f"UNDO {code_in(sms)}")
    fetched_late(hospital)


def test_nor_after_its_sender_passed_the_alert_on_in_slack(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    hospital.pass_time(minutes=4)
    left_at_twilio(hospital, sms, f"ACK {code_in(sms)}")
    form = hospital.ada.slack.click("I can't take this", message).modal
    hospital.ada.slack.submit(form, {"reason": "cannot_act"})
    hospital.settle()
    assert owner(hospital) == hospital.ben.name
    fetched_late(hospital)
