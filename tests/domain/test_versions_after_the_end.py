"""Newer versions after an alert has ended: what reopens it, and who hears of the rest."""

from dataclasses import replace

import pytest

from bot.domain.alert import State
from bot.domain.coverage import Role
from bot.domain.effects import CancelPages
from bot.domain.events import (
    AcknowledgmentUndone,
    Declined,
    DeclineReason,
    NotAllowed,
    OlderVersion,
    Reopened,
    Withdrawn,
)
from tests.domain.loop import (
    ADA,
    BEN,
    CRITICAL,
    EVERYBODY,
    SIGNIFICANT,
    T0,
    Loop,
    minutes,
    new_alert,
    person,
    significant,
)

# ---- after the end ---------------------------------------------------------------------------


def test_an_acknowledged_alert_reopens_for_a_changed_finding_with_a_window_of_its_own() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.pass_to(600)
    loop.amend(finding="f2")
    assert loop.alert.is_open
    assert (loop.alert.cycle, loop.alert.due_at) == (2, T0 + minutes(660))
    loop.pass_to(631)
    assert [(m, w) for m, w in loop.asked() if m >= 600] == [
        (600, "ada"),
        (610, "ada"),
        (620, "ada"),
        (630, "ben"),
    ]


def test_an_acknowledged_alert_stays_so_for_a_version_that_changes_nothing() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.amend()
    assert loop.alert.state is State.ACKNOWLEDGED


def test_an_acknowledged_alert_that_becomes_less_urgent_tells_those_who_were_paged() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.amend(SIGNIFICANT)
    assert (loop.alert.state, loop.alert.category) == (State.ACKNOWLEDGED, "significant")
    assert loop.told("changed") == [(0, "ada")]
    loop.amend(CRITICAL)
    assert loop.alert.is_open


def test_an_acknowledgment_of_what_is_less_urgent_by_now_is_undone_into_the_longer_window() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.amend(SIGNIFICANT)
    loop.pass_to(5)
    loop.do(AcknowledgmentUndone("ada"))
    assert loop.alert.due_at == T0 + SIGNIFICANT.window
    assert (loop.alert.owner, loop.asked()) == ("ada", [(0, "ada")])


def test_a_miss_stays_a_miss_where_the_result_is_less_urgent_by_now() -> None:
    loop = Loop().open().pass_to(61)
    due_at = loop.alert.due_at
    loop.acknowledge(ADA)
    loop.amend(SIGNIFICANT)
    assert loop.alert.due_at == due_at


def test_an_old_version_that_arrives_after_an_acknowledgment_goes_to_a_coordinator() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.pass_to(60 * 72)
    loop.amend(finding="f2", opens=10)
    assert loop.alert.owner_role is Role.COORDINATOR
    assert loop.alert.stale


def test_a_withdrawal_ends_the_alert_and_those_who_were_paged_are_told() -> None:
    loop = Loop(held=True).open()
    effects = loop.do(Withdrawn("r2"))
    assert CancelPages() in effects
    assert loop.alert.state is State.WITHDRAWN
    assert loop.told("withdrawn") == [(0, "ada")]


def test_a_second_withdrawal_tells_nobody_again() -> None:
    loop = Loop().open()
    loop.do(Withdrawn("r2"))
    loop.do(Withdrawn("r3"))
    assert len(loop.told("withdrawn")) == 1


@pytest.mark.parametrize("routine", [False, True])
def test_what_is_taken_back_after_the_acknowledgment_keeps_its_state_and_is_told(
    routine: bool,
) -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    for _ in range(2):
        loop.amend(None) if routine else loop.do(Withdrawn("r2"))
    assert loop.alert.state is State.ACKNOWLEDGED
    assert loop.told("downgraded" if routine else "withdrawn") == [(0, "ada")]
    loop.amend()
    assert loop.alert.is_open


@pytest.mark.parametrize("answered", [False, True])
def test_what_is_withdrawn_and_then_routine_or_the_other_way_round_is_told_as_both(
    answered: bool,
) -> None:
    for routine_first in (False, True):
        loop = Loop().open()
        if answered:
            loop.acknowledge(ADA)
        for routine in (routine_first, routine_first, not routine_first, routine_first):
            loop.amend(None) if routine else loop.do(Withdrawn("r"))
        first, second = ("downgraded", "withdrawn")[:: 1 if routine_first else -1]
        assert [len(loop.told(what)) for what in (first, second)] == [2, 1]


@pytest.mark.parametrize("routine", [False, True])
def test_a_result_taken_back_reopens_as_soon_as_it_is_flagged_again(routine: bool) -> None:
    loop = Loop().open().pass_to(31)
    loop.amend(None) if routine else loop.do(Withdrawn("r2"))
    loop.amend()
    assert (loop.alert.state, loop.alert.cycle, loop.alert.owner) == (State.OPEN, 2, "ada")
    assert loop.told("reopened") == [(31, "ben")]


def test_what_had_ended_before_it_came_asks_people_once_it_is_flagged_again() -> None:
    """Nobody had been paged: it must not go on in silence for that."""
    loop = Loop().open(ended="withdrawn")
    loop.amend(finding="f2")
    assert (loop.alert.shadow, loop.asked()) == (False, [(0, "ada")])


def test_what_is_flagged_again_and_acknowledged_can_be_undone() -> None:
    loop = Loop().open()
    loop.do(Withdrawn("r2"))
    loop.amend(finding="f2")
    loop.acknowledge(ADA)
    loop.do(AcknowledgmentUndone("ada"))
    assert loop.alert.is_open


def test_a_new_cycle_begins_with_whom_the_last_one_could_not_reach() -> None:
    loop = Loop(broken={("ada", "slack"), ("ada", "sms")}).open()
    loop.acknowledge(BEN)
    loop.broken.clear()
    loop.now += minutes(1)
    loop.amend(finding="f2")
    assert (loop.alert.owner, loop.asked()[-1]) == ("ada", (1, "ada"))


def test_who_said_not_my_patient_hears_nothing_more() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    loop.amend(finding="f2")
    loop.do(Withdrawn("r3"))
    assert [what for _, what, who, _ in loop.notices if who == "ada"] == ["not_my_patient"]


def test_a_decliner_stays_out_of_the_next_cycle() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.OFF_SHIFT))
    loop.do(Withdrawn("r2"))
    loop.amend()
    assert loop.alert.owner == "ben"


def test_the_designee_of_the_last_cycle_is_asked_again_in_the_next() -> None:
    roster = replace(EVERYBODY, ordering=person("ada", ()))
    loop = Loop(new_alert(roster)).open()
    loop.acknowledge(EVERYBODY.designee or ADA)
    loop.do(Reopened("rosa"))
    assert loop.asked() == [(0, "ben")]
    assert loop.alert.owner == "ben"


def test_after_a_new_cycle_the_old_acknowledgment_cannot_be_undone() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.amend(finding="f2")
    with pytest.raises(NotAllowed, match="still_open"):
        loop.do(AcknowledgmentUndone("ada"))


def test_an_alert_that_ended_shows_the_category_that_was_held_last() -> None:
    loop = significant()
    loop.do(Withdrawn("r2", CRITICAL))
    assert loop.alert.category == "critical"


# ---- a more severe version that does not hold -------------------------------------------------


@pytest.mark.parametrize("ended", ["", "withdrawn", "downgraded", "acknowledged"])
def test_of_a_severe_version_in_doubt_one_coordinator_hears_and_nobody_is_paged(ended: str) -> None:
    loop = Loop().open(ended=ended.replace("acknowledged", ""))
    if ended == "acknowledged":
        loop.acknowledge(ADA)
    before, asked = loop.alert, loop.asked()
    loop.do(OlderVersion("critical", doubtful=True))
    assert loop.told("older_version") == [(0, "carla")]
    assert (loop.alert, loop.asked()) == (before, asked)
    ((_, entry),) = loop.entries("older_version")
    assert entry.data == {"category": "critical", "doubtful": True}


def test_a_severe_version_that_only_came_late_is_recorded_and_told_nobody() -> None:
    loop = Loop().open()
    loop.do(OlderVersion("critical", doubtful=False))
    assert loop.told("older_version") == []
    assert len(loop.entries("older_version")) == 1
