"""What an alert refuses, by its table of transitions, and to whom it tells nothing."""

from dataclasses import replace

import pytest

from bot.domain.alert import TRANSITIONS, State, advance
from bot.domain.coverage import Roster
from bot.domain.events import (
    AcknowledgmentUndone,
    Declined,
    DeclineReason,
    Event,
    NotAllowed,
    Opened,
    Reassigned,
    Reopened,
)
from tests.domain.loop import ADA, T0, Loop, new_alert


def test_nobody_in_particular_can_neither_decline_nor_reassign_nor_undo() -> None:
    loop = Loop(new_alert(Roster())).open()
    with pytest.raises(NotAllowed, match="not_owner"):
        loop.do(Declined("", DeclineReason.OFF_SHIFT))
    with pytest.raises(NotAllowed, match="not_entitled"):
        loop.do(Reassigned("", "ada"))
    answered = Loop().open()
    answered.acknowledge(ADA)
    with pytest.raises(NotAllowed, match="not_yours"):
        answered.do(AcknowledgmentUndone(""))


@pytest.mark.parametrize("ended", ["withdrawn", "downgraded"])
def test_a_result_that_ended_before_it_was_received_is_recorded_and_wakes_nobody(
    ended: str,
) -> None:
    loop = Loop().open(ended=ended)
    assert loop.alert.state == ended
    assert loop.alert.next_action_at is None
    assert (loop.pages, loop.notices) == ([], [])


@pytest.mark.parametrize("state", [s for s in State if s is not State.OPEN])
def test_what_the_table_does_not_list_is_refused(state: State) -> None:
    alert = replace(new_alert(), state=state)
    with pytest.raises(NotAllowed) as refused:
        advance(alert, Opened(), T0)
    assert refused.value.reason == ("shadow" if state is State.SHADOW else "ended")
    assert "nothing more is needed" in refused.value.explain


def test_every_transition_says_what_it_does() -> None:
    assert all(transition.handler.__doc__ for transition in TRANSITIONS.values())


@pytest.mark.parametrize(
    "event", [Reopened("stranger"), Reassigned("stranger", "ben"), Reopened(ADA.id)]
)
def test_how_an_alert_stands_is_not_told_to_whom_it_does_not_concern(event: Event) -> None:
    loop = Loop().open()
    if isinstance(event, Reassigned):
        loop.acknowledge(ADA)
    with pytest.raises(NotAllowed, match="not_entitled"):
        loop.do(event)
