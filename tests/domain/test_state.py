from dataclasses import replace

import pytest

from tests.domain.loop import T0, Loop, minutes, new_alert


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
