"""No page is claimed once the acknowledgment is committed; messages already out are updated."""

from datetime import timedelta

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from storage.page_history import PageRow
from tests.scenarios.looking import (
    ACKNOWLEDGED,
    CODE,
    acknowledge_by_sms,
    attempts,
    code_in,
    deliver,
    expect_everything,
    paged,
    pages,
)

A_WHILE = 0.6  # seconds that a provider takes: long enough for a reply to overtake it


def claimed(hospital: Hospital) -> list[PageRow]:
    return [row for row in pages(hospital) if row.claimed_at]


def test_a_slack_page_in_flight_still_arrives_and_then_says_acknowledged(
    hospital: Hospital,
) -> None:
    hospital.world.slack.faults.latency = A_WHILE
    deliver(hospital, hospital.report("ct-head-hemorrhage"))
    sms = hospital.ada.phone.expect_sms(CODE)
    hospital.world.wait_until(
        lambda: any(e.method == "chat.postMessage" for e in hospital.world.log)
    )
    assert not hospital.ada.slack.messages
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    assert hospital.alert().state is State.ACKNOWLEDGED
    before = len(claimed(hospital))
    message = hospital.ada.slack.expect("Critical result")
    hospital.ada.slack.expect_now(message, "Acknowledged")
    hospital.settle()
    assert len(claimed(hospital)) == before == 2
    hospital.pass_time(hours=3)
    assert len(claimed(hospital)) == before
    assert len(hospital.ada.slack.messages) == 1


def test_a_page_that_waits_to_be_tried_again_is_cancelled_by_the_acknowledgment(
    hospital: Hospital,
) -> None:
    hospital.world.slack.faults.fail_next("chat.postMessage", status=429, retry_after=30)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    assert [row.state for row in pages(hospital) if row.slip.tries == 2] == ["waiting"]
    sms = hospital.ada.phone.expect_sms(CODE)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    assert [row.state for row in pages(hospital) if row.slip.tries == 2] == ["cancelled"]
    hospital.pass_time(hours=3)
    assert not hospital.ada.slack.messages


def test_an_acknowledgment_while_a_reminder_is_in_flight_lets_no_later_one_leave(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    first, sms = paged(hospital.ada)
    hospital.world.slack.faults.latency = A_WHILE
    hospital.clock.advance(timedelta(minutes=10))
    assert hospital.bot
    hospital.bot.nudge()
    reminder = hospital.ada.phone.expect_sms(CODE)
    assert code_in(reminder) == code_in(sms)
    reminder.reply(f"ACK {code_in(reminder)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    newest = hospital.ada.slack.messages[-1]
    hospital.ada.slack.expect_now(newest, "Acknowledged")
    hospital.ada.slack.expect_now(first, "A newer message")
    expect_everything(hospital)
    hospital.pass_time(hours=3)
    assert len(claimed(hospital)) == 4


def test_messages_of_everybody_who_was_paged_are_updated(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    for _ in range(3):
        hospital.pass_time(minutes=10)
    hospital.pass_time(minutes=15)
    _, sms = paged(hospital.carla)
    acknowledge_by_sms(hospital, hospital.carla, sms)
    for member in (hospital.ada, hospital.ben, hospital.carla):
        *older, newest = member.slack.messages
        assert "✅ Acknowledged" in newest.plain
        assert "Carla" in newest.plain or "you" in newest.plain
        assert all("A newer message" in m.plain for m in older)
        assert not any("Acknowledge" in m.buttons for m in member.slack.messages)
    expect_everything(hospital)


def test_an_acknowledgment_while_slack_is_down_updates_the_messages_when_it_is_back(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    hospital.world.slack_down()
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.world.slack_down(down=False)
    hospital.pass_time(minutes=1)
    hospital.ada.slack.expect_now(message, "Acknowledged")
    assert {row.slip.notice for row in attempts(hospital) if row.slip.tries > 1} != {None}


def test_undo_within_fifteen_minutes_lets_the_ladder_go_on(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.pass_time(minutes=14)
    due = hospital.alert().due_at
    sms.reply(f"UNDO {code_in(sms)}")
    hospital.ada.phone.expect_sms("open again")
    hospital.settle()
    alert = hospital.alert()
    assert (alert.state, alert.due_at) == (State.OPEN, due)
    expect_everything(hospital)
    hospital.pass_time(minutes=20)
    _, theirs = paged(hospital.ben)
    acknowledge_by_sms(hospital, hospital.ben, theirs)
    expect_everything(hospital)


def test_undo_after_fifteen_minutes_is_refused(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.ada.slack.expect_now(message, "Acknowledged")
    hospital.pass_time(minutes=16)
    sms.reply(f"UNDO {code_in(sms)}")
    hospital.ada.phone.expect_sms("15 minutes")
    assert hospital.alert().state is State.ACKNOWLEDGED
