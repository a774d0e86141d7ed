"""What somebody who answered by SMS hears, each in one segment."""

from datetime import timedelta

import pytest

from bot.domain import answers
from bot.domain.drills import Answered, Outcome
from bot.domain.gsm import SEGMENT, septets

CALL = "312-555-0100"


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (answers.not_recorded(CALL), CALL),
        (answers.passed("R-7"), "went to the next person"),
        (answers.nobody_else("R-7", "12345678"), "reply ACK 12345678."),
        (answers.undone("R-7"), "is open again"),
        (answers.refused("R-7", "it is not yours."), "ref R-7: it is not yours."),
        (answers.superseded("R-7", "12345678", "3" * 32), "then reply ACK 12345678."),
        (answers.left("R-7", "designee", CALL), f"is now with the designee. Or call {CALL}."),
        (answers.left("R-7", "", ""), "needs no answer any more."),
        (answers.wrong_number(), "Reply START"),
        (answers.unknown_code(CALL), f"not open on this phone. Please check it or call {CALL}."),
        (answers.too_many(CALL), "try again in 1 h"),
    ],
)
def test_each_answer_says_what_has_become_of_it_in_one_segment(told: str, says: str) -> None:
    assert says in told
    assert septets(told) <= SEGMENT


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Outcome.TAKEN, "answered after 2 min"),
        (Outcome.ALREADY, "answered already"),
        (Outcome.EXPIRED, "is over"),
        (Outcome.NOT_YOURS, "somebody else"),
    ],
)
def test_whoever_answers_a_test_hears_what_it_counts_for(outcome: Outcome, says: str) -> None:
    told = answers.answered_test(Answered(outcome, timedelta(minutes=2)))
    assert says in told
    assert septets(told) <= SEGMENT
