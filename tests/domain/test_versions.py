"""Newer versions of a report while its alert is open."""

from dataclasses import replace

from bot.domain.alert import State
from bot.domain.coverage import Roster
from bot.domain.events import Amended
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
    significant,
)

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


# ---- of a machine beside people --------------------------------------------------------------


def found_by_machine(loop: Loop, review: str = "") -> None:
    """With a number of its own for the order, so that its finding stands beside the other."""
    loop.do(Amended("r2", CRITICAL, "f1 and f2", loop.now, review, beside=("r2",), by_machine=True))


def test_a_machine_s_finding_beside_a_person_s_pages_nobody_again() -> None:
    loop = Loop().open().pass_to(5)
    found_by_machine(loop)
    assert loop.asked() == [(0, "ada")]
    assert loop.alert.beside == ("r2",)


def test_after_the_answer_to_a_person_s_it_is_the_coordinator_s_to_review() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    found_by_machine(loop)
    assert (loop.alert.state, loop.alert.owner, loop.alert.cycle) == (State.OPEN, "carla", 2)
    assert loop.asked() == [(0, "ada"), (0, "carla")]


def test_another_finding_of_a_machine_alone_pages_the_coordinator_again() -> None:
    loop = Loop(new_alert(review="signed by nobody")).open().pass_to(5)
    found_by_machine(loop, "signed by nobody")
    assert loop.asked() == [(0, "carla"), (5, "carla")]


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


def test_the_final_report_in_time_wakes_the_provider_though_its_preliminary_was_stale() -> None:
    loop = Loop().open(60 * 48)
    loop.amend(first_final=True)
    assert (loop.alert.owner, loop.alert.stale) == ("ada", False)
    assert loop.alert.due_at == loop.now + CRITICAL.window


def test_a_final_report_as_late_as_its_preliminary_is_for_the_coordinator_too() -> None:
    loop = Loop().open(60 * 48)
    loop.amend(opens=60, first_final=True)
    assert loop.alert.stale
    assert len(loop.asked()) == 1
