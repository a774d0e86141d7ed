"""Replies by SMS, from the phone to the audit trail and back."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.alert import State
from bot.domain.gsm import SEGMENT, septets
from bot.phone.inbound import HELPFUL_ANSWERS_AN_HOUR, OWN_CODE_ANSWERS_AN_HOUR
from storage.people_import import apply_import
from tests.phone.desk import ADA, MARKER, PEOPLE, Desk

PAGE = re.compile(r"reply ACK (\d+)")


def code_in(text: str) -> str:
    found = PAGE.search(text)
    assert found is not None
    return found[1]


def page_ada(desk: Desk, accession: str = "A1") -> str:
    """A critical report pages Ada; the code."""
    desk.report(accession)
    return code_in(desk.ada.expect_sms(f"ref {desk.alert(accession).ref}").body)


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


def test_a_stranger_learns_nothing_and_acknowledges_nothing(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    stranger = small_desk.world.phone("+19995550199")
    for text in (f"ACK {code}", "who is this?"):
        stranger.send(text)
        answer = stranger.expect_sms("READBACK")
        assert small_desk.alert().ref not in answer.body
        assert answer.body == stranger.sms[1].body
    assert small_desk.alert().state is State.OPEN
    assert [entry.actor for entry in small_desk.admin("sms_refused")] == ["unknown"] * 2


def test_the_code_of_a_superseded_version_says_that_the_report_has_changed(
    small_desk: Desk,
) -> None:
    old = page_ada(small_desk)
    small_desk.advance(minutes=2)
    small_desk.report("A1", finding="tension pneumothorax", version=2)
    new = code_in(small_desk.ada.expect_sms(PAGE).body)
    assert new != old
    small_desk.ada.send(f"ACK {old}")
    small_desk.ada.expect_sms("The report has changed")
    assert small_desk.alert().state is State.OPEN
    small_desk.ada.send(f"ACK {new}")
    small_desk.ada.expect_sms("is acknowledged")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("ok thanks", "Reply only ACK and the code"),
        ("ACK", "The code is missing"),
        ("", "Reply only ACK and the code"),
        ("ACK 9999", "not open on this phone"),
        (f"what about {MARKER} JANE?", "Reply only ACK and the code"),
        ("☎️ 确认", "Reply only ACK and the code"),
    ],
)
def test_anything_else_gets_one_helpful_answer_in_one_segment(
    small_desk: Desk, text: str, answer: str
) -> None:
    page_ada(small_desk)
    small_desk.ada.send(text)
    sms = small_desk.ada.expect_sms(answer)
    assert septets(sms.body) <= SEGMENT
    assert small_desk.alert().state is State.OPEN
    assert MARKER not in str(small_desk.admin("sms_refused"))


@pytest.mark.parametrize("number", [ADA, "+13125550888"], ids=["known", "unknown"])
def test_two_machines_do_not_answer_each_other_for_ever(small_desk: Desk, number: str) -> None:
    phone = small_desk.world.phone(number)
    for n in range(HELPFUL_ANSWERS_AN_HOUR + 3):
        phone.send(f"I am driving and will answer later ({n})")
    small_desk.world.settle()
    answers = [sms for sms in phone.sms if sms.direction == "outbound-reply"]
    assert len(answers) == HELPFUL_ANSWERS_AN_HOUR
    for _ in answers:
        phone.expect_sms("READBACK")
    small_desk.advance(hours=1)
    phone.send("hello?")
    phone.expect_sms("READBACK")


def test_whoever_was_answered_often_enough_still_acknowledges(small_desk: Desk) -> None:
    code = page_ada(small_desk)
    for n in range(HELPFUL_ANSWERS_AN_HOUR + 1):
        small_desk.ada.send(f"what is this? {n}")
    for _ in range(HELPFUL_ANSWERS_AN_HOUR):
        small_desk.ada.expect_sms("Reply only ACK")
    small_desk.ada.send(f"ACK {code}")
    small_desk.ada.expect_sms("is acknowledged")


def test_a_message_with_the_phones_own_open_code_is_never_met_with_silence(
    small_desk: Desk,
) -> None:
    """Whoever sent it would take silence for done."""
    code = page_ada(small_desk)
    for n in range(HELPFUL_ANSWERS_AN_HOUR + 1):
        small_desk.ada.send(f"what is this? {n}")
    for _ in range(HELPFUL_ANSWERS_AN_HOUR):
        small_desk.ada.expect_sms("Reply only ACK")
    for text in (f"ACK {code} thanks", f"thanks! {' '.join(code)}"):
        small_desk.ada.send(text)
        small_desk.ada.expect_sms("Reply only ACK")
    small_desk.ada.send("ACK 9999999 thanks")
    assert small_desk.alert().state is State.OPEN


def test_a_machine_that_quotes_our_pages_back_is_answered_so_often_an_hour(
    small_desk: Desk,
) -> None:
    code = page_ada(small_desk)
    most = HELPFUL_ANSWERS_AN_HOUR + OWN_CODE_ANSWERS_AN_HOUR
    for n in range(most + 3):
        small_desk.ada.send(f"I am away ({n}). You wrote: ... then reply ACK {code}")
    small_desk.world.settle()
    for _ in range(most):
        small_desk.ada.expect_sms("Reply only ACK")


@pytest.mark.parametrize("word", ["STOP", "stop", "Unsubscribe", "HELP"])
def test_the_carriers_words_are_noted_and_never_answered_by_us(small_desk: Desk, word: str) -> None:
    page_ada(small_desk)
    small_desk.ada.send(word)
    if word != "HELP":
        small_desk.ben.expect_sms(PAGE)
        small_desk.carla.expect_sms("somebody answered STOP")
    small_desk.world.settle()
    ours = [
        s for s in small_desk.ada.sms if s.direction == "outbound-reply" and "READBACK" in s.body
    ]
    assert ours == []
    assert small_desk.admin("sms_keyword")[0].data["keyword"] == word.lower()
    assert small_desk.alert().state is State.OPEN


@pytest.mark.parametrize("word", ["Yes", "START"])
def test_a_yes_from_a_number_that_was_never_out_is_told_how_to_answer(
    small_desk: Desk, word: str
) -> None:
    """The carrier says nothing there, and silence would be taken for done."""
    page_ada(small_desk)
    small_desk.ada.send(word)
    small_desk.ada.expect_sms("Reply only ACK and the code of the message")
    assert small_desk.alert().state is State.OPEN


def test_after_stop_a_start_is_answered_by_the_carrier_alone(small_desk: Desk) -> None:
    page_ada(small_desk)
    for word in ("STOP", "START"):
        small_desk.ada.send(word)
        small_desk.world.settle()
    small_desk.ben.expect_sms(PAGE)
    small_desk.carla.expect_sms("somebody answered STOP")
    assert not [s for s in small_desk.ada.sms if "Reply only ACK" in s.body]


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
