"""What is answered by SMS to strangers, machines, and whoever writes something else."""

import pytest

from bot.domain.alert import State
from bot.domain.gsm import SEGMENT, septets
from bot.phone.helping import HELPFUL_ANSWERS_AN_HOUR, OWN_CODE_ANSWERS_AN_HOUR
from tests.phone.desk import ADA, MARKER, PAGE, Desk, page_ada


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


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("ok thanks", "Reply only ACK and the code"),
        ("ACK", "The code is missing"),
        ("Pass", "The code is missing. Reply only PASS and the code"),
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
