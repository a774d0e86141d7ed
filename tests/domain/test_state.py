from dataclasses import replace

import pytest

from tests.domain.loop import EVERYBODY, T0, Loop, minutes, new_alert


@pytest.mark.parametrize(("received", "late"), [(0, None), (2, None), (50, 50)])
def test_an_alert_says_how_late_its_report_came_where_that_costs_steps(
    received: float, late: float | None
) -> None:
    alert = replace(new_alert(), opened_at=T0 + minutes(received))
    assert alert.late_by == (None if late is None else minutes(late))


def test_next_comes_what_is_earliest_of_the_plan_and_the_end_of_the_window() -> None:
    loop = Loop().open()
    assert loop.alert.next_action_at == T0 + minutes(10)
    loop.pass_to(50)
    assert loop.alert.next_action_at == loop.alert.due_at


@pytest.mark.parametrize(
    ("known", "review", "unknown"),
    [(True, "", False), (False, "", True), (False, "machine", False)],
)
def test_the_orderer_is_unknown_only_where_somebody_is_to_be_told_in_their_place(
    known: bool, review: str, unknown: bool
) -> None:
    """What is to be reviewed first is nobody's yet."""
    roster = EVERYBODY if known else replace(EVERYBODY, ordering=None)
    assert new_alert(roster, review=review).provider_unknown is unknown


@pytest.mark.parametrize(("owner", "unknown"), [("carla", True), ("ben", False)])
def test_whoever_it_was_assigned_to_may_well_be_the_unknown_orderer(
    owner: str, unknown: bool
) -> None:
    alert = new_alert(replace(EVERYBODY, ordering=None))
    assert replace(alert, owner=owner).provider_unknown is unknown
