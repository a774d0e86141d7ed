"""What notices and answers by SMS say."""

from datetime import timedelta

import pytest

from bot.domain import answers
from bot.domain.coverage import Role
from bot.domain.gsm import SEGMENT, septets
from bot.domain.page import Callee, Notice
from bot.domain.replies import Unclear, parse_reply, verbs_in
from bot.domain.wording import LONGEST_NUMBER
from tests.domain.worded import NOW, NUMBER, notice


def test_an_alert_that_goes_on_as_another_says_as_which() -> None:
    said = notice(Notice.WITHDRAWN, joined="B2C3")
    assert "ref K7QX goes on as ref B2C3" in said
    assert "withdrawn" not in said


@pytest.mark.parametrize(
    "kind", [kind for kind in Notice if not (kind.quiet or kind in {Notice.ANSWER, Notice.TEST})]
)
def test_every_notice_says_something_and_none_asks_for_a_code(kind: Notice) -> None:
    text = notice(kind, reason="some words")
    assert text.startswith("READBACK: ")
    assert "ACK " not in text.removeprefix("READBACK")


def test_an_answer_is_sent_as_it_was_worded() -> None:
    said = answers.acknowledged("K7QX", "4827")
    assert notice(Notice.ANSWER, reason=said) == said


def test_a_quiet_notice_rings_no_phone() -> None:
    assert notice(Notice.EXPIRED) == ""


def test_notices_tell_when() -> None:
    assert "acknowledged at 13:50." in notice(
        Notice.ACKNOWLEDGED, ended_at=NOW - timedelta(minutes=10)
    )
    assert "was acknowledged." in notice(Notice.ACKNOWLEDGED)
    assert "(due 14:40): please phone." in notice(Notice.PLEASE_PHONE)
    nobody = (Callee("Dr. Ada", Role.ORDERING_PROVIDER, ""),)
    assert notice(Notice.PLEASE_PHONE, callees=nobody) == notice(Notice.PLEASE_PHONE)
    known = (*nobody, Callee("Carla", Role.COORDINATOR, "+13125550103"))
    assert notice(Notice.PLEASE_PHONE, callees=known) == (
        "READBACK: imaging result, ref K7QX, is not answered (due 14:40): "
        "please phone the coordinator, +13125550103."
    )
    assert "(was due 13:00)" in notice(Notice.PLEASE_PHONE, due_at=NOW - timedelta(hours=1))
    assert "not answered:" in notice(Notice.PLEASE_PHONE, due_at=None)


def test_the_coordinator_reads_why_a_message_could_not_be_used() -> None:
    assert "(unknown-status)" in notice(Notice.QUARANTINE, reason="unknown-status")
    too_large = notice(Notice.QUARANTINE, reason="too-large")
    assert "only its first 64 KB were kept: send it again, smaller" in too_large


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Unclear.SEVERAL_CODES, "One code at a time."),
        (Unclear.QUOTED, "A reaction or a quote answers nothing. Reply only ACK and the code"),
        (Unclear.NO_CODE, "The code is missing."),
        (Unclear.NO_VERB, "Please put ACK or PASS before the code."),
        (Unclear.WORDS, "READBACK: Reply only ACK and the code"),
    ],
)
def test_what_is_unclear_gets_one_helpful_answer(kind: Unclear, said: str) -> None:
    text = answers.unclear(kind, NUMBER)
    assert said in text
    assert NUMBER in text


@pytest.mark.parametrize(
    ("body", "ask"),
    [
        ("ack", "is missing. Reply only ACK and the code"),
        ("pass", "is missing. Reply only PASS and the code"),
        ("Undo!", "is missing. Reply only UNDO and the code"),
        ("Please pass this on", "READBACK: Reply only ACK or PASS and the code"),
        ("PASS 4827 5936", "at a time. Reply only ACK or PASS and the code"),
        ("undo the ack, pass it on", "READBACK: Reply only ACK or PASS or UNDO and the code"),
        ("bypass done", "READBACK: Reply only ACK and the code"),
        ("Not my patient", ". Cannot take it? PASS and the code."),
        ("I can't, in the OR until 5", ". Cannot take it? PASS and the code."),
    ],
)
def test_nobody_who_wants_to_pass_it_on_is_told_to_acknowledge(body: str, ask: str) -> None:
    unclear = parse_reply(body)
    assert isinstance(unclear, Unclear)
    text = answers.unclear(unclear, "3" * LONGEST_NUMBER, verbs_in(body))
    assert ask in text
    assert septets(text) <= SEGMENT


def test_what_the_carrier_answers_gets_no_answer_from_us() -> None:
    assert answers.unclear(Unclear.CARRIER_WORD, NUMBER) == ""


@pytest.mark.parametrize(
    ("with_whom", "said"),
    [("designee", "is now with the designee"), ("", "needs no answer any more")],
)
def test_who_left_is_told_with_whom_it_is(with_whom: str, said: str) -> None:
    text = answers.left("K7QX", with_whom, NUMBER)
    assert f"Ref K7QX {said}." in text
    assert NUMBER in text
    assert NUMBER not in answers.left("K7QX", with_whom, NUMBER * 9)


@pytest.mark.parametrize("kind", [Notice.OPTED_OUT, Notice.WRONG_CODES, Notice.WRONG_NUMBER])
def test_what_is_told_of_a_phone_names_nobody(kind: Notice) -> None:
    assert "Osei" not in notice(kind, reason="Dr. Ada Osei")


def test_the_notice_of_a_stop_names_both_ways_back() -> None:
    text = notice(Notice.OPTED_OUT)
    assert "START from that phone" in text
    assert "another number in the directory" in text
