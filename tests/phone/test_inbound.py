"""Replies by SMS that mean an alert, from the phone to the audit trail and back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.domain.alert import State
from bot.domain.gsm import SEGMENT, septets
from bot.phone.inbound import receive
from bot.phone.message import Message
from storage import tables
from storage.people_import import apply_import
from tests.phone.desk import ADA, MARKER, PAGE, PEOPLE, Desk, code_in, page_ada


def test_a_page_is_one_segment_with_reference_code_and_time_and_nothing_of_the_patient(
    desk: Desk,
) -> None:
    desk.report()
    sms = desk.ada.expect_sms(PAGE)
    assert sms.segments == 1
    assert sms.encoding == "GSM-7"
    assert desk.alert().ref in sms.body
    assert "312-555-0100" in sms.body
    assert MARKER not in sms.body


@pytest.mark.parametrize(
    "text", ["ACK {}", "ack {}", "  Ack   {}. ", "ACK{}", "ACK {0[0]} {0[1]}-{0[2]} {0[3]}"]
)
def test_ack_with_the_code_acknowledges_in_any_case_and_spacing(desk: Desk, text: str) -> None:
    code = page_ada(desk)
    desk.ada.send(text.format(code))
    desk.ada.expect_sms("is acknowledged")
    alert = desk.alert()
    assert alert.state is State.ACKNOWLEDGED
    assert alert.acknowledgment is not None
    assert alert.acknowledgment.channel == "sms"
    assert alert.acknowledgment.read_back == "none"


def test_ten_wrong_codes_stop_all_codes_from_that_phone_for_an_hour_and_are_told_once(
    small_desk: Desk,
) -> None:
    code = page_ada(small_desk)
    for number in range(10):
        small_desk.ada.send(f"ACK {code}{number}")
        small_desk.ada.expect_sms("this code is not open on this phone")
    for text in (f"ACK {code}9", f"ACK {code}"):
        small_desk.ada.send(text)
        small_desk.ada.expect_sms("Not recorded: too many wrong codes")
    assert small_desk.alert().state is State.OPEN
    small_desk.carla.expect_sms("ten wrong codes came from one phone of the directory")
    assert [e.data for e in small_desk.admin("sms_codes_stopped")] == [{"wrong": 10}]
    small_desk.advance(minutes=61)
    for other in (small_desk.ben, small_desk.carla):
        other.expect_sms(PAGE)
    small_desk.ada.expect_sms("It is no longer with you")
    small_desk.wait(lambda: {row.state for row in small_desk.pages()} == {"sent"}, "not settled")
    small_desk.ada.send(f"ACK {code}")
    small_desk.ada.expect_sms("is acknowledged")
    for other in (small_desk.ben, small_desk.carla):
        other.expect_sms("was acknowledged")


def test_pass_hands_the_alert_to_the_designee_at_once(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    small_desk.ada.send(f"PASS {code}")
    small_desk.ada.expect_sms("went to the next person")
    small_desk.ben.expect_sms(PAGE)
    (declined,) = small_desk.happened("declined")
    assert declined.data["reason"] == "cannot_act"


def test_pass_after_ones_own_ack_is_told_to_take_that_back_first(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    small_desk.ada.send(f"ACK {code}")
    small_desk.ada.expect_sms("is acknowledged")
    small_desk.ada.send(f"PASS {code}")
    told = small_desk.ada.expect_sms("To pass it on, undo that first").body
    assert "ask a coordinator to reopen it." in told
    assert septets(told) <= SEGMENT


def test_undo_opens_it_again(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    small_desk.ada.send(f"ACK {code}")
    small_desk.ada.expect_sms("is acknowledged")
    small_desk.ada.send(f"UNDO {code}")
    small_desk.ada.expect_sms("your acknowledgment is undone")
    assert small_desk.alert().state is State.OPEN


def test_undo_after_fifteen_minutes_is_refused_and_says_so(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    small_desk.ada.send(f"ACK {code}")
    small_desk.ada.expect_sms("is acknowledged")
    small_desk.advance(minutes=16)
    small_desk.ada.send(f"UNDO {code}")
    small_desk.ada.expect_sms("15 minutes")
    assert small_desk.alert().state is State.ACKNOWLEDGED
    assert small_desk.happened("refused")[0].data["reason"] == "too_late"


def test_a_second_ack_is_told_that_it_is_acknowledged(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    small_desk.ada.send(f"ACK {code}")
    small_desk.ada.expect_sms("is acknowledged")
    small_desk.ada.send(f"ACK {code}")
    small_desk.ada.expect_sms("already acknowledged")
    assert len(small_desk.happened("acknowledged")) == 1


def test_pass_by_somebody_who_no_longer_owns_it_is_refused(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    small_desk.ada.send(f"PASS {code}")
    small_desk.ada.expect_sms("went to the next person")
    small_desk.ben.expect_sms(PAGE)
    small_desk.ada.send(f"PASS {code}")
    small_desk.ada.expect_sms("Only the present owner")
    assert small_desk.happened("refused")[0].data["reason"] == "not_owner"


def test_the_first_owner_may_still_acknowledge_after_the_hand_over(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    small_desk.ada.send(f"PASS {code}")
    small_desk.ada.expect_sms("went to the next person")
    small_desk.ben.expect_sms(PAGE)
    small_desk.ada.send(f"ACK {code}")
    small_desk.ada.expect_sms("is acknowledged")
    small_desk.ben.expect_sms("acknowledged")
    assert small_desk.alert().state is State.ACKNOWLEDGED


def test_two_alerts_on_one_phone_are_told_apart_by_their_codes(small_desk: Desk) -> None:
    first, second = page_ada(small_desk, "A1"), page_ada(small_desk, "A2")
    assert first != second
    small_desk.ada.send(f"ACK {second}")
    small_desk.ada.expect_sms("is acknowledged")
    assert small_desk.alert("A1").state is State.OPEN
    assert small_desk.alert("A2").state is State.ACKNOWLEDGED


def test_two_codes_in_one_reply_acknowledge_neither(small_desk: Desk) -> None:
    first, second = page_ada(small_desk, "A1"), page_ada(small_desk, "A2")
    small_desk.ada.send(f"ACK {first} {second}")
    small_desk.ada.expect_sms("One code at a time")
    assert {small_desk.alert(a).state for a in ("A1", "A2")} == {State.OPEN}
    assert small_desk.admin("sms_refused")[0].data["reason"] == "several_codes"


def test_the_code_of_another_persons_phone_acknowledges_nothing(desk: Desk) -> None:
    code = page_ada(desk)
    desk.ben.send(f"ACK {code}")
    desk.ben.expect_sms("not open on this phone")
    assert desk.alert().state is State.OPEN
    (refused,) = desk.admin("sms_refused")
    assert refused.data["reason"] == "unknown_code"
    assert refused.actor != "unknown"


def test_the_code_of_a_superseded_version_says_that_the_report_has_changed(
    small_desk: Desk,
) -> None:
    old = page_ada(small_desk)
    small_desk.advance(minutes=2)
    small_desk.report("A1", finding="tension pneumothorax", version=2)
    new = code_in(small_desk.ada.expect_sms(PAGE).body)
    assert new != old
    small_desk.ada.send(f"ACK {old}")
    told = small_desk.ada.expect_sms("the report has changed since your page").body
    assert code_in(told) == new
    assert septets(told) <= SEGMENT
    assert small_desk.alert().state is State.OPEN
    small_desk.ada.send(f"ACK {new}")
    small_desk.ada.expect_sms("is acknowledged")


def test_who_was_handed_over_before_the_report_changed_is_told_the_code_that_counts_now(
    small_desk: Desk,
) -> None:
    old = page_ada(small_desk)
    small_desk.ada.send(f"PASS {old}")
    small_desk.ada.expect_sms("went to the next person")
    small_desk.ben.expect_sms(PAGE)
    small_desk.advance(minutes=2)
    small_desk.report("A1", finding="tension pneumothorax", version=2)
    small_desk.ben.expect_sms(PAGE)
    small_desk.ada.expect_sms("the report has changed. Please see the EHR")
    small_desk.ada.send(f"ACK {old}")
    new = code_in(small_desk.ada.expect_sms(PAGE).body)
    small_desk.ada.send(f"ACK {new}")
    small_desk.ada.expect_sms("is acknowledged")
    small_desk.ben.expect_sms("was acknowledged")


def test_a_late_answer_still_counts_after_the_window_has_passed(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    small_desk.advance(hours=1)
    small_desk.wait(lambda: bool(small_desk.happened("expired")), "the window did not pass")
    small_desk.carla.expect_sms(PAGE)
    small_desk.ben.expect_sms(PAGE)
    small_desk.ada.expect_sms("no longer with you")
    small_desk.ada.send(f"ACK {code}")
    small_desk.ada.expect_sms("is acknowledged")
    assert small_desk.happened("acknowledged")[0].data["late"] is True
    for phone in (small_desk.ben, small_desk.carla):
        phone.expect_sms("acknowledged")


def test_a_number_that_is_no_longer_on_file_acknowledges_nothing(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    moved = (replace(PEOPLE[0], mobile="+13125550999"), *PEOPLE[1:])
    now = small_desk.engine.clock.now() + timedelta(seconds=1)
    small_desk.engine.database.run(lambda c: apply_import(c, moved, now))
    small_desk.world.phone(ADA).send(f"ACK {code}")
    small_desk.world.phone(ADA).expect_sms("not open on this phone")
    assert small_desk.alert().state is State.OPEN


@pytest.mark.parametrize("fetched", [False, True])
def test_a_code_that_another_copy_gave_out_whose_clock_is_ahead_of_ours_counts(
    small_desk: Desk, *, fetched: bool
) -> None:
    code, engine = page_ada(small_desk), small_desk.engine
    now = engine.clock.now()
    ahead = update(tables.codes).values(created_at=now + timedelta(minutes=2))
    engine.database.run(lambda c: c.execute(ahead).rowcount)
    reply = Message("SM1", ADA, f"ACK {code}", sent_at=now if fetched else None)
    assert "is acknowledged" in small_desk.call(receive(engine, reply))
