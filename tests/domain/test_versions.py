from dataclasses import replace

import pytest

from bot.domain.alert import State
from bot.domain.coverage import Role, Roster
from bot.domain.events import (
    AcknowledgmentUndone,
    CancelPages,
    Declined,
    DeclineReason,
    NotAllowed,
    OlderVersion,
    Reopened,
    Withdrawn,
)
from tests.domain.loop import (
    ADA,
    CARLA,
    CRITICAL,
    EVERYBODY,
    SIGNIFICANT,
    T0,
    Loop,
    minutes,
    new_alert,
    person,
)


def significant() -> Loop:
    return Loop(new_alert(policy=SIGNIFICANT)).open()


# ---- while open ------------------------------------------------------------------------------


def test_a_version_that_changes_nothing_pages_nobody() -> None:
    loop = Loop().open().pass_to(5)
    loop.amend()
    assert loop.asked() == [(0, "ada")]
    assert (loop.alert.version, loop.alert.material_version) == (2, 1)


def test_a_changed_finding_pages_the_owner_again_and_tells_the_others() -> None:
    loop = Loop().open().pass_to(31)
    loop.amend(finding="f2")
    assert loop.asked()[-1] == (31, "ben")
    assert loop.told("changed") == [(31, "ada")]
    assert loop.alert.next_action_at == T0 + minutes(45)


def test_an_upgrade_gives_the_new_window_from_now_at_most() -> None:
    loop = significant().pass_to(60)
    loop.amend(CRITICAL)
    assert loop.alert.due_at == T0 + minutes(120)
    loop.pass_to(119)
    assert loop.asked()[1:] == [(60, "ada"), (70, "ada"), (80, "ada"), (90, "ben"), (105, "carla")]


def test_an_upgrade_never_gives_more_time() -> None:
    loop = significant().pass_to(60 * 23 + 30)
    loop.amend(CRITICAL)
    assert loop.alert.due_at == T0 + SIGNIFICANT.window


def test_an_upgrade_when_no_step_fits_any_more_pages_everybody() -> None:
    loop = significant().pass_to(60 * 24 - 1)
    loop.amend(CRITICAL)
    assert sorted(who for _, who in loop.asked()[-3:]) == ["ada", "ben", "carla"]
    assert loop.alert.owner == "carla"


def test_an_upgrade_after_expiry_pages_everybody_for_the_new_finding() -> None:
    loop = significant().pass_to(60 * 24 + 1)
    loop.amend(CRITICAL)
    assert sorted(who for _, who in loop.asked()[-3:]) == ["ada", "ben", "chris"]
    assert loop.alert.due_at == T0 + SIGNIFICANT.window
    assert loop.alert.next_action_at == loop.now + CRITICAL.repeat_every


def test_a_downgrade_counts_from_the_opening_and_never_moves_ownership_back() -> None:
    loop = Loop().open().pass_to(31)
    loop.amend(SIGNIFICANT)
    assert loop.alert.due_at == T0 + SIGNIFICANT.window
    assert (loop.alert.owner, loop.alert.category) == ("ben", "significant")
    assert loop.told("changed") == [(31, "ada"), (31, "ben")]
    loop.pass_to(60 * 22)
    assert [(m, who) for m, who in loop.asked() if m > 31] == [
        (240, "ben"),
        (720, "ben"),
        (1260, "carla"),
    ]


def test_a_downgrade_after_expiry_does_not_undo_the_miss() -> None:
    loop = Loop().open().pass_to(61)
    loop.amend(SIGNIFICANT)
    assert loop.alert.due_at == T0 + minutes(60)
    assert loop.alert.next_action_at == loop.now + SIGNIFICANT.repeat_every


def test_a_downgrade_while_nobody_can_be_reached_is_tried_again_all_the_same() -> None:
    loop = Loop(new_alert(Roster())).open()
    loop.now = T0 + minutes(1)
    loop.amend(SIGNIFICANT)
    assert loop.alert.next_action_at == T0 + minutes(3)


def test_a_category_of_one_name_is_one_category_wherever_the_file_ranks_it_now() -> None:
    loop = Loop().open()
    loop.amend(replace(CRITICAL, severity=3, window=minutes(5)))
    assert loop.alert.policy == CRITICAL
    assert loop.asked() == [(0, "ada")]


def test_a_routine_version_ends_the_alert_and_everybody_paged_is_told() -> None:
    loop = Loop().open().pass_to(31)
    loop.amend(None)
    assert loop.alert.state is State.DOWNGRADED
    assert loop.told("downgraded") == [(31, "ada"), (31, "ben")]


def test_an_owner_who_has_left_is_replaced_when_the_finding_changes() -> None:
    loop = Loop().open()
    loop.alert = replace(loop.alert, roster=replace(EVERYBODY, ordering=None))
    loop.amend(finding="f2")
    assert loop.alert.owner == "ben"


def test_an_owner_who_has_left_is_replaced_at_the_next_reminder() -> None:
    loop = Loop().open()
    loop.alert = replace(loop.alert, roster=replace(EVERYBODY, ordering=None))
    loop.pass_to(10)
    assert loop.asked()[-1] == (10, "ben")


def test_a_changed_finding_finds_the_owner_that_there_was_none_of() -> None:
    loop = Loop(new_alert(Roster())).open()
    loop.alert = replace(loop.alert, roster=Roster(coordinators=(CARLA,)))
    loop.amend(finding="f2")
    assert loop.alert.owner == "carla"


# ---- review ----------------------------------------------------------------------------------


def test_what_cannot_be_understood_pages_coordinators_only() -> None:
    loop = Loop(new_alert(review="code not known")).open().pass_to(75)
    assert {who for _, who in loop.asked()} == {"carla", "chris"}


def test_a_version_that_can_be_understood_starts_the_ladder_with_the_ordering_provider() -> None:
    loop = Loop(new_alert(review="code not known")).open().pass_to(5)
    loop.amend()
    assert loop.alert.owner == "ada"
    assert loop.told("handed_over") == [(5, "carla")]
    loop.pass_to(46)
    assert [w for m, w in loop.asked() if m >= 5] == ["ada", "ada", "ada", "ben", "carla"]


def test_understood_after_expiry_everybody_is_paged() -> None:
    loop = Loop(new_alert(review="code not known")).open().pass_to(61)
    loop.amend(SIGNIFICANT)
    assert sorted(w for m, w in loop.asked() if m == 61) == ["ada", "ben", "chris"]


def test_a_version_that_cannot_be_understood_goes_to_the_coordinator() -> None:
    loop = significant().pass_to(5)
    loop.amend(CRITICAL, review="code not known")
    assert loop.alert.owner == "carla"
    assert loop.told("changed") == [(5, "ada")]
    assert loop.alert.due_at == T0 + minutes(65)


def test_a_coordinator_keeps_what_becomes_unclear() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, ordering=None))).open().pass_to(5)
    loop.amend(review="code not known")
    assert loop.asked()[-1] == (5, "carla")


def test_an_acknowledged_review_reopens_once_the_result_is_understood() -> None:
    loop = Loop(new_alert(review="code not known")).open()
    loop.acknowledge(CARLA)
    loop.amend()
    assert loop.alert.owner == "ada"


# ---- stale -----------------------------------------------------------------------------------


def test_a_new_critical_finding_wakes_the_provider_though_the_old_one_was_stale() -> None:
    week = 60 * 24 * 8
    loop = Loop(new_alert(policy=SIGNIFICANT)).open(week)
    assert loop.alert.stale
    loop.amend(CRITICAL, finding="f2")
    assert (loop.alert.owner, loop.alert.stale) == ("ada", False)
    assert loop.alert.due_at == loop.now + CRITICAL.window


def test_a_stale_alert_stays_stale_for_a_version_that_changes_nothing() -> None:
    loop = Loop().open(60 * 48)
    loop.amend()
    assert loop.alert.stale
    assert len(loop.asked()) == 1


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


@pytest.mark.parametrize("routine", [False, True])
def test_a_result_taken_back_reopens_as_soon_as_it_is_flagged_again(routine: bool) -> None:
    loop = Loop().open().pass_to(31)
    loop.amend(None) if routine else loop.do(Withdrawn("r2"))
    loop.amend()
    assert (loop.alert.state, loop.alert.cycle, loop.alert.owner) == (State.OPEN, 2, "ada")
    assert loop.told("reopened") == [(31, "ben")]


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
