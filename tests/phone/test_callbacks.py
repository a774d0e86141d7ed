"""Receipts from Twilio: repeated, out of order, and as proof of what nobody knew."""

from datetime import timedelta

import pytest

from bot import metrics
from bot.phone.callbacks import Callback, look_after, note
from storage import claims
from tests.phone.desk import PAGE, Desk, page_ada


def whats(desk: Desk) -> list[str]:
    return [e.what for e in desk.trail() if e.what.startswith("page_") and e.what != "page_due"]


def pages_counted(outcome: str) -> float:
    labels = {"channel": "sms", "outcome": outcome}
    return metrics.REGISTRY.get_sample_value("readback_pages_total", labels) or 0.0


def deliver(desk: Desk, status: str, code: int | None = None, *, sid: str = "") -> None:
    """A callback for Ada's first page."""
    page = desk.pages()[0]
    desk.call(note(desk.engine, Callback(sid or page.provider_id, status, code, page.delivery_id)))


def test_sent_delivered_and_acknowledged_are_three_facts(desk: Desk) -> None:
    page_ada(desk)
    desk.wait(lambda: whats(desk) == ["page_sent", "page_delivered"], "no receipt came")
    (page,) = desk.pages()
    assert page.state == "sent"
    assert page.settled_at is not None
    assert page.delivered_at is not None
    assert desk.alert().acknowledgment is None


def test_repeated_and_shuffled_callbacks_count_once(desk: Desk) -> None:
    desk.world.twilio.carrier.duplicate_callbacks = True
    desk.world.twilio.carrier.shuffle_callbacks = True
    page_ada(desk)
    desk.world.settle()
    assert whats(desk) == ["page_sent", "page_delivered"]
    answers = {
        entry.answer["status"]
        for entry in desk.world.log
        if entry.method == "webhook.answer" and entry.answer
    }
    assert answers == {204}


def test_a_delivered_message_does_not_become_undelivered(small_desk: Desk) -> None:
    page_ada(small_desk)
    small_desk.wait(lambda: "page_delivered" in whats(small_desk), "no receipt came")
    for status in ("undelivered", "failed", "sent", "queued", "delivered"):
        deliver(small_desk, status, 30003)
    assert whats(small_desk) == ["page_sent", "page_delivered"]


def test_an_undelivered_page_is_tried_once_more_and_then_the_next_person_is_asked(
    small_desk: Desk,
) -> None:
    small_desk.ada.off()
    small_desk.report()
    small_desk.wait(lambda: len(small_desk.pages()) >= 2, "it was not tried again")
    small_desk.advance(seconds=10)
    small_desk.ben.expect_sms(PAGE)
    failed = small_desk.happened("page_failed")
    assert [(e.data["reason"], e.data["permanent"]) for e in failed] == [
        ("twilio-30003", False),
        ("twilio-30003", True),
    ]


def test_a_blocked_number_hands_over_at_once(small_desk: Desk) -> None:
    small_desk.ada.state("blocked")
    small_desk.report()
    small_desk.ben.expect_sms(PAGE)
    (failed,) = small_desk.happened("page_failed")
    assert failed.data["reason"] == "twilio-30004"


def test_a_callback_proves_a_page_whose_answer_was_lost(desk: Desk) -> None:
    faults = desk.world.twilio.faults
    faults.fail_next("messages.create", "lost_reply")
    faults.fail_next("messages.list", status=500, times=10)
    before = {outcome: pages_counted(outcome) for outcome in ("sent", "lost")}
    desk.report()
    desk.ada.expect_sms(PAGE)
    desk.wait(lambda: "page_delivered" in whats(desk), "no receipt came")
    assert whats(desk) == ["page_sent", "page_delivered"]
    desk.wait(lambda: desk.dispatcher.idle, "the attempt did not end")
    assert whats(desk) == ["page_sent", "page_delivered"]
    (page,) = desk.pages()
    assert page.state == "sent"
    assert page.provider_id.startswith("SM")
    assert pages_counted("sent") == before["sent"] + 1
    assert pages_counted("lost") == before["lost"], "the callback was faster than the look-ups"
    assert not [line for line in desk.log.lines if line["event"] == "message_in_doubt"]


def test_a_receipt_that_is_the_first_word_of_a_page_counts_from_when_it_was_claimed(
    small_desk: Desk,
) -> None:
    small_desk.world.twilio.faults.fail_next("messages.create", "hang", times=2)
    small_desk.report()
    small_desk.wait(lambda: "page_uncertain" in whats(small_desk), "it was not given up")
    small_desk.advance(minutes=4)
    deliver(small_desk, "delivered", sid="SM" + "9" * 32)
    (told,) = small_desk.happened("page_delivered")
    assert told.data["late"] is True
    small_desk.ben.expect_sms(PAGE)
    small_desk.ada.expect_sms("no longer with you")


def test_proof_that_comes_after_the_attempt_was_given_up_corrects_the_record(
    small_desk: Desk,
) -> None:
    small_desk.world.twilio.faults.fail_next("messages.create", "hang", times=2)
    small_desk.report()
    small_desk.wait(lambda: "page_uncertain" in whats(small_desk), "it was not given up")
    deliver(small_desk, "sent", sid="SM" + "9" * 32)
    first = small_desk.pages()[0]
    assert first.state == "sent"
    assert first.provider_id == "SM" + "9" * 32
    assert "page_sent" in whats(small_desk)
    small_desk.ben.expect_sms(PAGE)
    small_desk.ada.expect_sms("no longer with you")


@pytest.mark.parametrize("code", [30003, 30005])
def test_what_comes_of_a_page_that_was_repeated_is_left_to_its_repeat(
    small_desk: Desk, code: int
) -> None:
    """A third would be a second without the mark."""
    small_desk.world.twilio.carrier.lose_callbacks = True
    small_desk.world.twilio.faults.fail_next("messages.create", "hang")
    small_desk.report()
    small_desk.wait(lambda: "page_sent" in whats(small_desk), "it was not repeated")
    deliver(small_desk, "undelivered", code, sid="SM" + "9" * 32)
    small_desk.advance(seconds=30)
    small_desk.wait(lambda: small_desk.dispatcher.idle, "something is under way")
    assert [(page.slip.possible_repeat, page.slip.person_id) for page in small_desk.pages()] == [
        (False, small_desk.pages()[0].slip.person_id),
        (True, small_desk.pages()[0].slip.person_id),
    ]
    assert "possible repeat" in small_desk.ada.expect_sms(PAGE).body


def test_proof_of_the_first_attempt_cancels_the_repeat_that_still_waits(small_desk: Desk) -> None:
    """The repeat cannot be claimed: the dispatcher is at rest while its clock stands before it."""
    small_desk.world.twilio.faults.fail_next("messages.create", error=20429)
    small_desk.report()
    small_desk.wait(lambda: len(small_desk.pages()) == 2, "no second try waits")
    deliver(small_desk, "sent", sid="SM" + "8" * 32)
    assert [page.state for page in small_desk.pages()] == ["sent", "cancelled"]
    small_desk.advance(minutes=5)
    small_desk.wait(lambda: small_desk.dispatcher.idle, "something is under way")
    assert not small_desk.ada.sms


def test_a_receipt_is_that_of_the_attempt_in_its_address(small_desk: Desk) -> None:
    """Another one, in doubt, may have taken its message for its own."""
    small_desk.world.twilio.carrier.lose_callbacks = True
    page_ada(small_desk)
    small_desk.advance(minutes=10)
    small_desk.ada.expect_sms(PAGE)
    small_desk.wait(lambda: whats(small_desk) == ["page_sent"] * 2, "no reminder was sent")
    first, second = small_desk.pages()
    told = Callback(first.provider_id, "delivered", None, second.delivery_id)
    small_desk.call(note(small_desk.engine, told))
    assert [bool(page.delivered_at) for page in small_desk.pages()] == [False, True]


def test_a_callback_for_a_message_that_nobody_sent_is_noted_in_the_log(small_desk: Desk) -> None:
    unknown = Callback("SM" + "7" * 32, "delivered", None, "nothing")
    small_desk.call(note(small_desk.engine, unknown))
    assert any(line["event"] == "callback_for_no_page" for line in small_desk.log.lines)


@pytest.mark.parametrize(("within", "asked"), [(90, 75), (30, 15), (10, 5)])
def test_a_receipt_that_nobody_brings_is_asked_for_before_it_is_late(
    within: int, asked: int
) -> None:
    assert look_after(timedelta(seconds=within)) == timedelta(seconds=asked)


@pytest.mark.parametrize("status", ["scheduled", "partially_delivered", "something-new"])
def test_a_status_that_ends_nothing_changes_nothing(small_desk: Desk, status: str) -> None:
    page_ada(small_desk)
    small_desk.wait(lambda: "page_delivered" in whats(small_desk), "no receipt came")
    deliver(small_desk, status)
    assert whats(small_desk) == ["page_sent", "page_delivered"]


def test_the_receipt_of_a_notice_that_belongs_to_no_alert_is_recorded(small_desk: Desk) -> None:
    small_desk.unusable()
    small_desk.carla.expect_sms("quarantine")
    small_desk.wait(lambda: bool(small_desk.admin("notice_delivered")), "no receipt came")


def test_a_notice_that_belongs_to_no_alert_and_did_not_arrive_is_recorded(
    small_desk: Desk,
) -> None:
    small_desk.carla.state("unreachable")
    small_desk.unusable()
    small_desk.wait(lambda: bool(small_desk.admin("notice_failed")), "nothing was recorded")
    assert small_desk.admin("notice_failed")[0].data["reason"] == "twilio-30005"
    assert small_desk.engine.database.look(claims.next_to_leave) is None, "it is for good"
    small_desk.wait(lambda: bool(small_desk.log.error_lines), "nobody is left, and nobody reads it")
    (error,) = small_desk.log.error_lines
    assert (error["event"], error["what"]) == ("no_coordinator_to_tell", "quarantine")
    small_desk.log.truncate(small_desk.log.seek(0))


def test_a_notice_of_no_alert_that_a_phone_out_of_reach_missed_is_sent_again(
    small_desk: Desk,
) -> None:
    small_desk.carla.off()
    small_desk.unusable()
    small_desk.wait(lambda: bool(small_desk.admin("notice_failed")), "nothing was recorded")
    small_desk.carla.state("on")
    small_desk.advance(seconds=10)
    small_desk.carla.expect_sms("quarantine")


def test_delivered_comes_once_although_read_follows(small_desk: Desk) -> None:
    page_ada(small_desk)
    small_desk.wait(lambda: "page_delivered" in whats(small_desk), "no receipt came")
    deliver(small_desk, "read")
    assert whats(small_desk) == ["page_sent", "page_delivered"]
