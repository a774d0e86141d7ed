"""What a page by SMS says, and what it leaves out where room is short."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import answers, wording
from bot.domain.coverage import Role
from bot.domain.gsm import SEGMENT, septets
from bot.domain.page import Notice
from bot.domain.replies import Reply, Verb, parse_reply
from tests.domain.worded import ADA, NOW, NUMBER, PAGE


def test_a_page_reads_as_the_manual_says() -> None:
    assert wording.sms(PAGE, NUMBER) == (
        "READBACK: critical imaging result, ref K7QX. Read it in the EHR or call 312-555-0100, "
        "then reply ACK 4827 by 14:40. Cannot? Reply PASS 4827."
    )


def test_what_could_not_be_read_names_the_command_that_shows_it() -> None:
    review = wording.could_not_be_read("no-obr", "00000000000001234567890abcdef")
    assert review == (
        "flagged, but could not be read: no-obr. Look at it: readback quarantine show 90abcdef"
    )
    assert wording.sms(replace(PAGE, review=review), NUMBER) == (
        "READBACK: unreadable critical result, ref K7QX. Run readback quarantine show 90abcdef "
        "or call 312-555-0100, reply ACK 4827 by 14:40. Or PASS 4827."
    )


def test_with_little_room_the_category_goes_and_the_command_stays() -> None:
    review = wording.could_not_be_read("no-obr", "00000000000001234567890abcdef")
    page = replace(PAGE, review=review, category="critical and seen by nobody so far")
    assert wording.sms(page, NUMBER) == (
        "READBACK: unreadable result, ref K7QX. readback quarantine show 90abcdef "
        "or call 312-555-0100, reply ACK 4827. Or PASS 4827."
    )


@given(st.text(max_size=60), st.text(max_size=40))
def test_a_page_for_a_preliminary_report_says_so_however_little_room_is_left(
    category: str, number: str
) -> None:
    text = wording.sms(replace(PAGE, category=category, preliminary=True), number)
    assert "preliminary imaging result" in text
    assert "ACK 4827" in text
    assert septets(text) <= SEGMENT


def test_a_page_for_a_changed_report_is_no_repeat_of_what_was_answered() -> None:
    assert wording.sms(replace(PAGE, changed=True), NUMBER) == (
        "READBACK: critical imaging result, report changed, ref K7QX. Read it in the EHR or call "
        "312-555-0100, then reply ACK 4827 by 14:40. Cannot? Reply PASS 4827."
    )
    assert "result, open again, ref K7QX." in wording.sms(replace(PAGE, again=True), NUMBER)


@pytest.mark.parametrize(
    ("role", "since", "said"),
    [
        (
            Role.READING_RADIOLOGIST,
            "14:02",
            "READBACK: CT report, flagged critical, preliminary since 14:02. See your worklist. "
            "If you phoned, dictate whom and when. Nobody is paged before it is final.",
        ),
        (
            Role.READING_RADIOLOGIST,
            "23 Nov 14:02 UTC",
            "READBACK: CT report, flagged critical, preliminary since 23 Nov 14:02 UTC. "
            "See your worklist. If you phoned, dictate whom and when.",
        ),
        (
            Role.COORDINATOR,
            "14:02",
            "READBACK: CT report, flagged critical, preliminary since 14:02. Its radiologist could "
            "not be asked. Nobody is paged before it is final.",
        ),
    ],
)
def test_before_it_is_final_its_reader_is_told_and_asked_for_no_answer(
    role: Role, since: str, said: str
) -> None:
    slip = replace(PAGE.slip, role=role, notice=Notice.BEFORE_FINAL)
    reason = f"CT report, flagged critical, preliminary since {since}"
    assert wording.sms(replace(PAGE, slip=slip, reason=reason), NUMBER) == said


@pytest.mark.parametrize("role", [Role.READING_RADIOLOGIST, Role.COORDINATOR])
def test_a_long_category_shortens_what_is_said_before_it_is_final(role: Role) -> None:
    slip = replace(PAGE.slip, role=role, notice=Notice.BEFORE_FINAL)
    reason = f"CT report, flagged {'very ' * 8}critical, preliminary since 23 Nov 14:02 UTC"
    text = wording.sms(replace(PAGE, slip=slip, reason=reason), NUMBER)
    assert "critical, not final yet. " in text
    assert text.endswith(".")


@given(st.text(max_size=60), st.text(max_size=40), st.booleans())
def test_the_command_is_in_one_segment_with_its_code_whatever_the_category_and_number(
    category: str, number: str, late: bool
) -> None:
    due_at = NOW - timedelta(days=9) if late else NOW + timedelta(days=2)
    review = wording.could_not_be_read("no-order-identifier", "0" * 24 + "90abcdef")
    page = replace(PAGE, review=review, category=category, due_at=due_at)
    text = wording.sms(page, number)
    assert septets(text) <= SEGMENT
    assert "readback quarantine show 90abcdef" in text
    assert "ACK 4827" in text


def test_the_day_stands_beside_a_time_that_is_not_today() -> None:
    page = replace(PAGE, due_at=NOW + timedelta(hours=20))
    assert "by Tue 10:00." in wording.sms(page, NUMBER)


def test_a_possible_repeat_says_so() -> None:
    page = replace(PAGE, slip=replace(PAGE.slip, possible_repeat=True))
    text = wording.sms(page, NUMBER)
    assert text.startswith("READBACK (possible repeat): critical")
    assert text.endswith("PASS 4827.")


def test_a_page_after_the_window_says_since_when() -> None:
    page = replace(PAGE, due_at=NOW - timedelta(minutes=5))
    assert "reply ACK 4827 now: was due 13:55." in wording.sms(page, NUMBER)


def test_who_is_paged_beside_the_owner_is_not_offered_to_pass_it_on() -> None:
    assert "PASS" not in wording.sms(replace(PAGE, owner_id="carla"), NUMBER)


def test_the_last_who_can_take_it_is_not_offered_to_pass_it_on() -> None:
    assert "PASS" not in wording.sms(replace(PAGE, last=True), NUMBER)


def test_a_result_to_review_says_so() -> None:
    page = replace(PAGE, review="category code not known")
    assert "critical imaging result to review," in wording.sms(page, NUMBER)
    assert "imaging result to review," in wording.sms(replace(PAGE, stale=True), NUMBER)


@pytest.mark.parametrize(("stale", "what"), [(False, ""), (True, " to review")])
def test_a_coordinator_reads_that_nobody_knows_the_orderer(stale: bool, what: str) -> None:
    """Else they acknowledge what they take for handed on, and nobody tells who has ordered it."""
    page = replace(PAGE, provider_unknown=True, stale=stale)
    assert f"critical imaging result{what}, orderer unknown, ref K7QX" in wording.sms(page, NUMBER)


def test_the_code_in_a_page_is_what_the_reader_of_replies_understands() -> None:
    text = wording.sms(PAGE, NUMBER)
    asked = text[text.index(" ACK ") : text.index(" by ")]
    assert parse_reply(asked) == Reply(Verb.ACK, "4827")


def test_a_long_category_shortens_the_sentence_and_never_the_code() -> None:
    page = replace(PAGE, category="c" * 100, due_at=None)
    assert wording.sms(page, "+1 312 555 0100 ext. 4455") == (
        "READBACK: imaging result, ref K7QX. See EHR or call +1 312 555 0100 ext. 4455, "
        "reply ACK 4827 now. Or PASS 4827."
    )


def test_a_number_that_is_too_long_is_left_out_and_not_cut_to_a_wrong_one() -> None:
    text = wording.sms(PAGE, "+1 (312) 555-0100 extension 4455, then 2")
    assert "Read it in the EHR, then reply ACK 4827" in text
    assert "312" not in text


def test_at_its_longest_a_page_still_holds_reference_code_and_number() -> None:
    slip, person = replace(PAGE.slip, possible_repeat=True), replace(ADA, timezone="?")
    page = replace(PAGE, slip=slip, person=person, ref="K7QXK7QX", code="482748")
    text = wording.sms(replace(page, due_at=NOW - timedelta(days=30)), "5" * 32)
    assert text == (
        f"READBACK (possible repeat): imaging result, ref K7QXK7QX. See EHR or call {'5' * 32}, "
        "reply ACK 482748. Or PASS 482748."
    )


def test_why_somebody_is_paged_again_is_the_first_that_a_full_page_leaves_out() -> None:
    slip = replace(PAGE.slip, possible_repeat=True)
    page = replace(PAGE, slip=slip, ref="K7QXK7QX", code="482748", preliminary=True, changed=True)
    assert wording.sms(page, "5" * 32) == (
        "READBACK (possible repeat): preliminary imaging result, ref K7QXK7QX. "
        f"See EHR or call {'5' * 32}, reply ACK 482748. Or PASS 482748."
    )


def test_at_its_longest_a_repeat_of_what_could_not_be_read_still_says_how_to_look_at_it() -> None:
    slip, why = replace(PAGE.slip, possible_repeat=True), "it has no OBR segment"
    review = wording.could_not_be_read(why, "01234567")
    page = replace(PAGE, slip=slip, ref="K7QXK7QX", code="482748", review=review)
    assert wording.sms(page, "5" * 32) == (
        "READBACK (possible repeat): unreadable result, ref K7QXK7QX. "
        "readback quarantine show 01234567, reply ACK 482748."
    )


def test_an_answer_that_is_too_long_is_cut() -> None:
    assert len(answers.refused("K7QX", "long " * 100)) == SEGMENT
