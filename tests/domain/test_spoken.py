"""What calls say: to be understood on a bad line, and without a word about the patient."""

import pytest

from bot.domain import spoken
from bot.domain.coverage import Person, Role
from bot.domain.page import Page, Slip
from bot.domain.spoken import Call
from tests.domain.loop import T0

CALL = Call("critical", "K7QX", "312-555-0100")


def test_a_reference_is_spelled_and_a_number_said_digit_by_digit() -> None:
    assert spoken.spelled("K7QX") == "Kilo, 7, Quebec, X-ray"
    assert spoken.digits("312-555-0100") == "3 1 2, 5 5 5, 0 1 0 0"
    assert spoken.digits("+1 (312) 555 0100") == "1, 3 1 2, 5 5 5, 0 1 0 0"


@pytest.mark.parametrize(
    "written", ["555-0100 x 44", "555-0100x44", "555 0100 ext. 44", "555 0100 EXT44"]
)
def test_an_extension_is_said_as_one(written: str) -> None:
    assert spoken.digits(written) == "5 5 5, 0 1 0 0, extension, 4 4"


def test_a_call_says_category_reference_and_callback_number() -> None:
    assert CALL.announcement() == (
        "This is Readback. A critical imaging result waits for your answer. "
        "Reference: Kilo, 7, Quebec, X-ray. "
        "Read it in the E H R, or call 3 1 2, 5 5 5, 0 1 0 0."
    )


def test_what_is_left_on_a_machine_is_said_twice_and_asks_for_no_key() -> None:
    left = CALL.left_message()
    assert left.count("Kilo, 7, Quebec, X-ray") == left.count("Slack") == 2
    assert "press" not in left


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (Call("critical", "K7QX", "1", review=True), "has to be reviewed"),
        (Call("critical", "K7QX", "1", preliminary=True), "A critical preliminary imaging"),
        (Call("critical", "K7QX", "1", unknown=True), "is not known: nobody has told them"),
        (Call("category_1", "K7QX", "1"), "A category 1 imaging result"),
    ],
)
def test_what_kind_of_result_it_is_is_said(call: Call, said: str) -> None:
    assert said in call.announcement()


def test_whatever_did_not_work_ends_with_the_callback_number() -> None:
    endings = [
        CALL.refused("not_owner", "It is not with you."),
        CALL.too_many_wrong(),
        CALL.no_key(),
        CALL.nobody_else(),
        CALL.stopped(),
        spoken.not_recorded("312-555-0100"),
        spoken.unknown("312-555-0100"),
    ]
    assert all("3 1 2, 5 5 5, 0 1 0 0" in said for said in endings)


def test_no_command_is_read_aloud() -> None:
    """Who asks for one has an ear at the phone, and no eyes on a screen."""
    typed = "Nobody is left to take it. Hand it over in Slack: /readback assign K7QX @person"
    said = CALL.refused("last_one", typed)
    assert "Nobody is left" in said
    assert "/" not in said


def test_whatever_worked_names_the_reference() -> None:
    for said in (CALL.acknowledged(), CALL.passed_on(), CALL.over()):
        assert "Kilo, 7, Quebec, X-ray" in said
        assert said.endswith(spoken.THANKS)


def test_a_page_says_nothing_of_its_exam_or_finding() -> None:
    ada = Person("ada", "Dr. Ada Osei", "UTC", ("voice",), mobile="+13125550101")
    slip = Slip("ada", Role.ORDERING_PROVIDER, "voice", 1)
    page = Page("d1", slip, ada, T0, "a1", "K7QX", "critical", "CT HEAD", finding="bleeding")
    said = spoken.about(page, "312-555-0100")
    assert said == CALL
    assert "bleeding" not in repr(said)
