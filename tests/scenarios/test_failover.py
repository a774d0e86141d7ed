"""A page that does not get through moves on by itself: the next channel, then the next person."""

from pathlib import Path

import pytest

from bot.phone import client
from bot.sandbox.hospital import Hospital
from bot.sandbox.realtime import real_now
from tests.scenarios.looking import (
    CODE,
    PHONE,
    acknowledge_by_sms,
    asked_by,
    entries,
    expect_everything,
    import_people,
    owner,
    paged,
    pages,
)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """The ordering provider is asked by SMS alone."""
    return asked_by("sms", tmp_path)


def sent_by(hospital: Hospital) -> list[str]:
    return [row.slip.channel for row in pages(hospital)]


def test_a_phone_that_takes_no_sms_gives_way_to_slack_after_ninety_seconds(
    hospital: Hospital,
) -> None:
    hospital.ada.phone.state("held")
    opened = hospital.now
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=1.4)
    assert not hospital.ada.slack.messages
    hospital.pass_time(minutes=0.2)
    hospital.ada.slack.expect_new("Critical")
    slack = next(row for row in pages(hospital) if row.slip.channel == "slack")
    assert (slack.not_before - opened).total_seconds() == pytest.approx(90, abs=1)
    assert owner(hospital) == hospital.ada.name, "carriers are slow: nobody else is woken"
    hospital.ada.phone.on()
    acknowledge_by_sms(hospital, hospital.ada, hospital.ada.phone.expect_sms(CODE))


def test_a_receipt_that_comes_late_shows_on_the_alert(hospital: Hospital) -> None:
    hospital.ada.phone.state("held")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=3)
    hospital.ada.slack.expect_new("Critical")
    hospital.ada.phone.on()
    hospital.settle()
    (delivered,) = entries(hospital, "page_delivered")
    assert delivered.data["late"] is True
    assert delivered.data["seconds"] == pytest.approx(180, abs=2)
    acknowledge_by_sms(hospital, hospital.ada, hospital.ada.phone.expect_sms(CODE))


def test_a_receipt_whose_callback_got_lost_is_asked_for_before_it_is_late(
    hospital: Hospital,
) -> None:
    hospital.world.twilio.carrier.lose_callbacks = True
    hospital.send(hospital.report("ct-head-hemorrhage"))
    sms = hospital.ada.phone.expect_sms(CODE)
    assert pages(hospital)[0].delivered_at is None
    hospital.pass_time(minutes=2)
    assert [(row.slip.channel, bool(row.delivered_at)) for row in pages(hospital)] == [
        ("sms", True)
    ]
    assert not entries(hospital, "receipt_overdue")
    acknowledge_by_sms(hospital, hospital.ada, sms)


def test_a_failure_whose_callback_got_lost_is_found_as_early(hospital: Hospital) -> None:
    hospital.world.twilio.carrier.lose_callbacks = True
    hospital.ada.phone.state("blocked")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=1.3)
    hospital.ada.slack.expect_new("Critical")
    (failed,) = entries(hospital, "page_failed")
    assert failed.data["reason"] == "twilio-30004"
    expect_everything(hospital)


@pytest.mark.parametrize("report", ["ct-head-hemorrhage", "ct-chest-nodule"])
def test_a_failure_after_the_first_question_whose_callback_got_lost_is_found_too(
    hospital: Hospital, report: str
) -> None:
    """Whoever has SMS alone would keep the alert until its escalation, and know nothing of it."""
    hospital.ada.slack.deactivate("channel_not_found")
    hospital.ada.phone.state("held")
    hospital.send(hospital.report(report))
    hospital.pass_time(minutes=2)
    hospital.world.twilio.carrier.lose_callbacks = True
    for sms in hospital.world.twilio.carrier.of_number(hospital.ada.phone.number):
        sms.move("undelivered", real_now(), 30005)
    hospital.pass_time(minutes=2)
    assert "twilio-30005" in [entry.data["reason"] for entry in entries(hospital, "page_failed")]
    assert owner(hospital) == hospital.ben.name
    expect_everything(hospital)


def test_a_page_proven_by_one_callback_is_asked_after_when_no_other_comes(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer was lost, and so is what follows the proof."""
    monkeypatch.setattr(client, "ANSWER_SECONDS", 1.0)
    hospital.close()
    hospital.open()
    hospital.world.twilio.faults.fail_next("messages.create", "hang_reply")
    hospital.ada.phone.state("no receipt")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.phone.expect_sms(CODE)
    (sms,) = hospital.world.twilio.carrier.of_number(hospital.ada.phone.number)
    sms.move("delivered", real_now())
    hospital.pass_time(minutes=2)
    assert [bool(row.delivered_at) for row in pages(hospital)] == [True]
    expect_everything(hospital)


def test_the_timer_stays_as_it_was(hospital: Hospital) -> None:
    hospital.ada.phone.state("held")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=29)
    assert owner(hospital) == hospital.ada.name
    hospital.pass_time(minutes=2)
    assert owner(hospital) == hospital.ben.name
    expect_everything(hospital)


def test_an_sms_that_failed_for_good_is_in_slack_at_once(hospital: Hospital) -> None:
    hospital.ada.phone.refuse(21610)
    began = hospital.now
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect_new("Critical")
    assert (sent_by(hospital), hospital.now) == (["sms", "slack"], began)
    assert owner(hospital) == hospital.ada.name
    expect_everything(hospital)


def test_every_channel_gone_is_the_next_person_at_once(hospital: Hospital) -> None:
    hospital.ada.phone.refuse(21610)
    hospital.ada.slack.deactivate("channel_not_found")
    began = hospital.now
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ben)
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    acknowledge_by_sms(hospital, hospital.ben, sms)
    expect_everything(hospital)


def test_an_account_that_takes_posts_and_shows_them_to_nobody_is_not_waited_for(
    hospital: Hospital,
) -> None:
    import_people(hospital, (hospital.ada.phone.number, ""))
    hospital.ada.slack.deactivate(None)
    began = hospital.now
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ben)
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    assert entries(hospital, "page_failed")[0].data["reason"] == "slack-user_disabled"
    acknowledge_by_sms(hospital, hospital.ben, sms)
    expect_everything(hospital)


def test_an_sms_to_everybody_is_late_and_only_their_own_slack_is_used(hospital: Hospital) -> None:
    for member in (hospital.ada, hospital.ben):
        member.phone.state("held")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=2)
    assert not hospital.ben.slack.messages
    assert {row.slip.person_id for row in pages(hospital)} == {hospital.alert().owner}
    expect_everything(hospital)


def test_one_persons_busy_slack_holds_up_nobody_else(hospital: Hospital) -> None:
    """429 with Retry-After: that page waits, the others leave."""
    hospital.ada.phone.refuse(21610)
    hospital.world.slack.faults.fail_next(
        "chat.postMessage", status=429, retry_after=45, to="U0ADA", times=5
    )
    began = hospital.now
    hospital.send(hospital.report("ct-head-hemorrhage", accession="1"))
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="2"))
    sms = hospital.sam.phone.expect_sms(CODE)
    assert hospital.now == began
    acknowledge_by_sms(hospital, hospital.sam, sms)
    expect_everything(hospital)


def test_a_notice_that_an_account_takes_and_shows_to_nobody_goes_to_the_phone(
    hospital: Hospital,
) -> None:
    """The radiologist is asked to phone: in Slack nobody would ever read it."""
    hospital.rosa.slack.deactivate(None)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=45)
    hospital.rosa.phone.expect_sms(PHONE)
    expect_everything(hospital)
