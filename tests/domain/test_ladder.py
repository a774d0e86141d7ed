from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.coverage import Role
from bot.domain.ladder import RANK, fits, plan, step_for
from tests.domain.loop import CRITICAL, SIGNIFICANT, T0, minutes, shipped

DUE = T0 + CRITICAL.window
CATEGORIES = [CRITICAL, SIGNIFICANT, *shipped("acr-three-categories").categories]


@pytest.mark.parametrize("role", list(RANK))
@given(policy=st.sampled_from(CATEGORIES), elapsed=st.floats(0, 1))
def test_a_plan_lies_ahead_within_the_window_and_in_order(
    role: Role, policy: object, elapsed: float
) -> None:
    chosen = next(category for category in CATEGORIES if category == policy)
    due, now = T0 + chosen.window, T0 + chosen.window * elapsed
    times = [planned.at for planned in plan(chosen, due, now, role)]
    assert all(now < at < due for at in times)
    assert times == sorted(times)


@given(policy=st.sampled_from(CATEGORIES), elapsed=st.floats(0, 1))
def test_ownership_steps_keep_the_least_gap_but_for_a_designee_pressed_for_time(
    policy: object, elapsed: float
) -> None:
    chosen = next(category for category in CATEGORIES if category == policy)
    due, now = T0 + chosen.window, T0 + chosen.window * elapsed
    planned = plan(chosen, due, now, Role.ORDERING_PROVIDER)
    moves = [p for p in planned if chosen.steps[p.index].who is not Role.OWNER]
    for earlier, later in pairwise(moves):
        assert later.at - earlier.at >= chosen.least_gap
    if fits(chosen, due, now):
        assert chosen.steps[moves[0].index].who is Role.DESIGNEE
        assert moves[0].at <= due - chosen.least_gap


def test_a_higher_owner_is_not_paged_by_a_lower_step_but_the_phone_call_still_comes() -> None:
    planned = plan(CRITICAL, DUE, T0, Role.COORDINATOR)
    assert [(p.at - T0, CRITICAL.steps[p.index].who) for p in planned] == [
        (minutes(10), Role.OWNER),
        (minutes(20), Role.OWNER),
        (minutes(45), Role.COORDINATOR),
    ]


def test_the_phone_call_that_has_passed_is_not_planned_again() -> None:
    assert plan(CRITICAL, DUE, T0 + minutes(45), Role.COORDINATOR) == ()


def test_a_ladder_without_a_designee_goes_straight_to_the_coordinator() -> None:
    steps = tuple(step for step in CRITICAL.steps if step.who is not Role.DESIGNEE)
    short = replace(CRITICAL, steps=steps)
    planned = plan(short, DUE, T0 + minutes(30), Role.ORDERING_PROVIDER)
    assert [p.at - T0 for p in planned] == [minutes(45)]
    assert step_for(short, Role.DESIGNEE) is None
