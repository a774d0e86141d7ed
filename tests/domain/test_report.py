"""What a report says, compared with what another one says."""

from bot.domain.report import Addendum, words_of
from tests.domain.reports import report


def test_two_reports_say_the_same_however_their_lines_are_broken() -> None:
    told = report(text="Large\nclot.", addenda=(Addendum("Called  at 10."),))
    assert words_of(told) == words_of(report(text="Large clot.", addenda=told.addenda))
    assert words_of(told) == ("Large clot.", "Called at 10.")


def test_addenda_are_part_of_what_it_says_and_blanks_are_not() -> None:
    assert words_of(report(text="Clot.")) != words_of(report(addenda=(Addendum("Clot."),)))
    assert words_of(report(text=" \n")) == ()
