"""What somebody who answered by SMS hears where their answer could not be kept."""

from bot.domain import answers
from bot.domain.gsm import SEGMENT, septets


def test_who_answered_while_nothing_could_be_stored_is_told_to_call() -> None:
    told = answers.not_recorded("312-555-0100")
    assert "312-555-0100" in told
    assert septets(told) <= SEGMENT
