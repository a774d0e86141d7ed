"""An SMS without the receipt of its delivery: another channel of the same person, nobody else."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.coverage import Role
from bot.domain.events import (
    PageDelivered,
    PageFailed,
    PageSent,
    PageUncertain,
    ReceiptOverdue,
)
from bot.domain.page import Notice
from bot.domain.state import Outcome
from tests.domain.loop import (
    ADA,
    CRITICAL,
    EVERYBODY,
    SIGNIFICANT,
    T0,
    Loop,
    minutes,
    new_alert,
    person,
)
from tests.domain.test_calls import PHONES, RINGS, calls

SECONDS_90 = 1.5


def test_no_receipt_for_ninety_seconds_rings_the_same_persons_phone() -> None:
    loop = Loop(new_alert(PHONES, RINGS), phone_off={"ada"}).open().pass_to(4)
    assert calls(loop) == [(SECONDS_90, "ada")]
    assert loop.alert.owner == "ada"
    assert loop.alert.outcomes("ada")["sms"] is Outcome.LATE
    assert [minute for minute, _ in loop.entries("receipt_overdue")] == [SECONDS_90]


def test_the_timers_stay_as_they_were() -> None:
    loop = Loop(new_alert(PHONES, RINGS), phone_off={"ada"}).open().pass_to(30)
    assert [asked for asked in loop.asked() if asked[0] > SECONDS_90] == [
        (10, "ada"),
        (11.5, "ada"),
        (20, "ada"),
        (21.5, "ada"),
        (30, "ben"),
    ]


def test_a_channel_that_the_step_left_out_comes_before_the_phone() -> None:
    by_sms = replace(CRITICAL.steps[0], channels=("sms",))
    policy = replace(RINGS, steps=(by_sms, *RINGS.steps[1:]))
    loop = Loop(new_alert(PHONES, policy), phone_off={"ada"}).open().pass_to(4)
    assert loop.pages == [(0, "ada", "sms"), (SECONDS_90, "ada", "slack")]


def test_who_has_no_other_channel_keeps_the_alert_and_nobody_else_is_paged() -> None:
    roster = replace(EVERYBODY, ordering=person("ada", ("sms",)))
    loop = Loop(new_alert(roster), phone_off={"ada"}).open().pass_to(9)
    assert loop.pages == [(0, "ada", "sms")]
    assert loop.alert.owner == "ada"


def test_a_significant_result_rings_no_phone_while_the_slack_message_stands() -> None:
    loop = Loop(new_alert(PHONES, SIGNIFICANT), phone_off={"ada"}).open().pass_to(30)
    assert calls(loop) == []


def test_a_receipt_in_time_keeps_the_phone_silent() -> None:
    loop = Loop(new_alert(PHONES, RINGS)).open().pass_to(4)
    assert calls(loop) == []
    assert loop.entries("receipt_overdue") == []
    assert [record.data["late"] for _, record in loop.entries("page_delivered")] == [None]


def test_a_receipt_that_comes_after_all_is_recorded_as_late() -> None:
    loop = Loop(new_alert(PHONES, RINGS), phone_off={"ada"}).open().pass_to(3)
    loop.do(PageDelivered(loop.slip(ADA, "sms"), timedelta(seconds=170)))
    _, record = loop.entries("page_delivered")[-1]
    assert (record.data["late"], record.data["seconds"]) == (True, 170)
    assert loop.alert.outcomes("ada")["sms"] is Outcome.DELIVERED


def test_a_receipt_that_overtakes_the_answer_to_the_sending_is_not_forgotten() -> None:
    loop = Loop(held=True).open()
    slip = loop.slip(ADA, "sms")
    loop.do(PageDelivered(slip))
    loop.do(PageSent(slip))
    assert loop.alert.outcomes("ada")["sms"] is Outcome.DELIVERED
    assert loop.alert.receipts_due == []


def test_the_receipt_of_a_notice_is_recorded_and_says_nothing_of_a_page() -> None:
    loop = Loop(phone_off={"ada"}).open()
    loop.do(PageDelivered(loop.slip(ADA, "sms", notice=Notice.HANDED_OVER)))
    assert len(loop.entries("notice_delivered")) == 1
    assert loop.alert.outcomes("ada")["sms"] is Outcome.SENT


def test_a_page_that_failed_after_its_repeat_arrived_is_not_sent_a_third_time() -> None:
    loop = Loop(held=True).open()
    slip = loop.slip(ADA, "sms")
    loop.outbox.clear()
    loop.do(PageUncertain(slip))
    (repeat,) = [page.slip for page in loop.outbox]
    loop.do(PageSent(repeat))
    loop.do(PageDelivered(repeat))
    loop.outbox.clear()
    loop.do(PageFailed(slip, "phone-off", permanent=False))
    assert loop.outbox == []
    assert loop.alert.outcomes("ada")["sms"] is Outcome.DELIVERED
    assert len(loop.entries("page_failed")) == 1


def test_a_receipt_of_an_earlier_round_does_not_speak_for_this_one() -> None:
    loop = Loop(held=True).open()
    old = loop.slip(ADA, "sms")
    loop.held = False
    loop.phone_off = {"ada"}
    loop.pass_to(10)
    loop.do(PageDelivered(old))
    assert loop.alert.outcomes("ada")["sms"] is not Outcome.DELIVERED


def test_the_receipt_that_is_missing_is_the_next_thing_that_time_brings() -> None:
    loop = Loop(phone_off={"ada"}).open()
    assert loop.alert.next_action_at == T0 + timedelta(seconds=90)
    loop.now = T0 + timedelta(seconds=90)
    assert isinstance(loop.alert.due_event(loop.now), ReceiptOverdue)


def test_somebody_paged_beside_the_owner_gets_their_other_channel_too() -> None:
    by_sms = replace(RINGS, repeat_channels=("sms",))
    off = {"ada", "ben", "carla"}
    loop = Loop(new_alert(PHONES, by_sms), phone_off=off).open(61).pass_to(63)
    late = [(who, channel) for minute, who, channel in loop.pages if minute > 61]
    assert sorted(late) == [("ada", "slack"), ("ben", "slack"), ("carla", "slack")]


def test_it_asks_them_there_in_the_role_in_which_they_were_asked() -> None:
    """A coordinator reads of what a provider does not."""
    by_sms = replace(RINGS, repeat_channels=("sms",))
    off = {"ada", "ben", "carla"}
    loop = Loop(new_alert(PHONES, by_sms), phone_off=off, held=False).open(61)
    loop.now, loop.held = T0 + minutes(63), True
    loop.do(ReceiptOverdue())
    assert {(page.slip.person_id, page.slip.role) for page in loop.outbox} == {
        ("ada", Role.ORDERING_PROVIDER),
        ("ben", Role.DESIGNEE),
        ("carla", Role.COORDINATOR),
    }
