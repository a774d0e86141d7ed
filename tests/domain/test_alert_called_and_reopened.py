"""A recorded phone call that ends an alert, and an ended alert that is opened again."""

from dataclasses import replace

import pytest

from bot.domain.events import AcknowledgmentUndone, CallRecorded, NotAllowed, Reopened
from tests.domain.loop import ADA, BEN, T0, Loop, minutes


def call(by: str = "rosa", version: int = 0) -> CallRecorded:
    return CallRecorded(by, "Dr. Ada", "312-555-0100", T0, True, version)


def test_a_recorded_call_ends_the_alert_and_can_be_undone_by_who_recorded_it() -> None:
    loop = Loop().open()
    loop.do(call())
    given = loop.alert.acknowledgment
    assert given
    assert (given.by, given.recorded_by, given.read_back) == ("Dr. Ada", "rosa", "repeated")
    loop.do(AcknowledgmentUndone("rosa"))
    assert loop.alert.is_open


def test_a_call_in_which_nothing_was_repeated_back_is_no_read_back() -> None:
    loop = Loop().open()
    loop.do(replace(call(), repeated_back=False))
    given = loop.alert.acknowledgment
    assert given
    assert given.read_back == "none"


@pytest.mark.parametrize(
    ("made", "counts"),
    [(-12 * 60 - 1, False), (-12 * 60, True), (20, True), (25, True), (26, False)],
)
def test_a_call_counts_from_half_a_day_before_the_opening_until_now(
    made: float, counts: bool
) -> None:
    loop = Loop().open().pass_to(20)
    told = replace(call(), called_at=T0 + minutes(made))
    if counts:
        loop.do(told)
    else:
        with pytest.raises(NotAllowed, match="no_such_call"):
            loop.do(told)
    assert loop.alert.is_open is not counts


def test_a_call_about_an_older_version_does_not_end_the_alert() -> None:
    loop = Loop().open()
    loop.amend(finding="f2")
    with pytest.raises(NotAllowed, match="superseded"):
        loop.do(call(version=1))


def test_only_coordinators_and_radiologists_record_calls_and_reopen() -> None:
    loop = Loop().open()
    with pytest.raises(NotAllowed, match="not_entitled"):
        loop.do(call(by="ada"))
    loop.acknowledge(ADA)
    with pytest.raises(NotAllowed, match="not_entitled"):
        loop.do(Reopened("ada"))


def test_reopening_starts_a_new_cycle_and_the_window_stays() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.pass_to(20)
    loop.do(Reopened("rosa"))
    assert (loop.alert.cycle, loop.alert.due_at) == (2, T0 + minutes(60))
    loop.pass_to(30)
    assert loop.asked() == [(0, "ada"), (20, "ada"), (30, "ben")]


def test_who_was_asked_before_hears_that_it_is_open_again_unless_a_page_tells_them() -> None:
    loop = Loop().open().pass_to(31)
    loop.acknowledge(BEN)
    loop.do(Reopened("rosa"))
    assert loop.asked()[-1] == (31, "ada")
    assert loop.told("reopened") == [(31, "ben")]


def test_reopening_after_the_window_pages_everybody() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.pass_to(120)
    loop.do(Reopened("carla"))
    assert sorted(loop.asked()[1:]) == [(120, "ada"), (120, "ben"), (120, "carla")]
