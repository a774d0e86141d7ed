"""How an alert goes up its ladder: in time, late, and after an outage."""

from dataclasses import replace

import pytest

from bot.domain.coverage import Person, Role
from bot.domain.events import StepDue, WindowPassed
from tests.domain.loop import (
    ADA,
    BOTH,
    CARLA,
    CHRIS,
    EVERYBODY,
    ROSA,
    SIGNIFICANT,
    T0,
    Loop,
    minutes,
    new_alert,
    person,
)

# ---- the ladder of the default policy --------------------------------------------------------


def test_a_critical_alert_follows_the_table_of_the_default_policy() -> None:
    loop = Loop().open().pass_to(81)
    assert loop.asked() == [
        (0, "ada"),
        (10, "ada"),
        (20, "ada"),
        (30, "ben"),
        (45, "carla"),
        (60, "chris"),
        (70, "carla"),
        (80, "chris"),
    ]
    assert loop.told("please_phone") == [(45, "rosa"), (60, "rosa")]
    assert loop.alert.expired_at == T0 + minutes(60)


def test_a_significant_alert_follows_the_table_of_the_default_policy() -> None:
    loop = Loop(new_alert(policy=SIGNIFICANT)).open().pass_to(60 * 28 + 1)
    hours = [(minute / 60, who) for minute, who in loop.asked()]
    assert hours == [
        (0, "ada"),
        (4, "ada"),
        (12, "ada"),
        (18, "ben"),
        (21, "carla"),
        (24, "chris"),
        (26, "carla"),
        (28, "chris"),
    ]
    assert loop.told("please_phone") == [(60 * 24, "rosa")]


def test_every_step_goes_out_on_slack_and_sms() -> None:
    loop = Loop().open().pass_to(60)
    assert loop.asked()
    for minute, who in loop.asked():
        assert {c for m, w, c in loop.pages if (m, w) == (minute, who)} == set(BOTH)


def test_who_hands_over_is_told_so() -> None:
    loop = Loop().open().pass_to(45)
    assert loop.told("handed_over") == [(30, "ada"), (45, "ben")]


def test_everybody_who_was_paged_sees_that_the_window_has_passed() -> None:
    loop = Loop().open().pass_to(60)
    assert loop.told("expired") == [(60, "ada"), (60, "ben"), (60, "carla")]


def test_chris_is_never_paged_while_carla_answers_in_time() -> None:
    loop = Loop().open().pass_to(50)
    loop.acknowledge(CARLA)
    loop.pass_to(500)
    assert CHRIS.id not in {who for _, who in loop.asked()}
    assert ROSA.id not in {who for _, who in loop.asked()}


# ---- late receipt ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "designee", "coordinator"), [(5, 30, 45), (28, 31, 45), (50, 53, 56), (52, 55, 58)]
)
def test_a_late_report_has_a_compressed_ladder(
    received: float, designee: float, coordinator: float
) -> None:
    loop = Loop().open(received).pass_to(59)
    moves = [m for m, who in loop.asked() if who in {"ben", "carla"}]
    assert moves == [designee, coordinator]


def test_the_designee_is_paged_a_gap_before_the_window_passes_at_the_latest() -> None:
    loop = Loop().open(56).pass_to(59)
    assert loop.asked() == [(56, "ada"), (57, "ben")]


def test_reminders_that_no_longer_fit_are_dropped() -> None:
    loop = Loop().open(18).pass_to(30)
    assert loop.asked() == [(18, "ada"), (30, "ben")]


def test_when_nothing_fits_everybody_is_paged_once_and_the_coordinator_owns_it() -> None:
    loop = Loop().open(57)
    assert sorted(loop.asked()) == [(57, "ada"), (57, "ben"), (57, "carla")]
    assert (loop.alert.owner, loop.alert.owner_role) == ("carla", Role.COORDINATOR)
    loop.pass_to(60)
    assert loop.asked()[3:] == [(60, "chris")]


def test_when_the_window_has_passed_already_everybody_is_paged_once_and_the_miss_recorded() -> None:
    loop = Loop().open(90)
    assert sorted(loop.asked()) == [(90, "ada"), (90, "ben"), (90, "carla")]
    assert loop.alert.owner == "carla"
    assert loop.alert.expired_at == T0 + minutes(90)
    assert loop.told("please_phone") == [(90, "rosa")]
    assert loop.alert.next_action_at == T0 + minutes(100)


def test_somebody_in_two_roles_is_paged_once_when_everybody_is_paged() -> None:
    roster = replace(EVERYBODY, ordering=CARLA, designee=CARLA, coordinators=(CARLA,))
    loop = Loop(new_alert(roster)).open(90)
    assert sorted(loop.pages) == [(90, "carla", "slack"), (90, "carla", "sms")]


def test_a_stale_report_wakes_one_coordinator_and_nobody_else() -> None:
    loop = Loop().open(60 * 24 + 1).pass_to(60 * 26 + 2)
    assert loop.asked() == [(1441, "carla"), (1501, "carla"), (1561, "carla")]
    assert {what for _, what, _, _ in loop.notices} == {"superseded"}
    assert loop.alert.stale


def test_a_significant_report_is_stale_after_seven_days() -> None:
    week = 60 * 24 * 7
    assert not Loop(new_alert(policy=SIGNIFICANT)).open(week).alert.stale
    assert Loop(new_alert(policy=SIGNIFICANT)).open(week + 1).alert.stale


# ---- time ------------------------------------------------------------------------------------


def test_after_an_outage_the_designee_is_paged_before_the_coordinator() -> None:
    loop = Loop().open().jump_to(50)
    assert loop.asked() == [(0, "ada"), (50, "ben")]
    loop.pass_to(54)
    assert loop.asked()[2:] == [(53, "carla")]


def test_after_an_outage_one_reminder_makes_up_for_all_that_were_missed() -> None:
    assert Loop().open().jump_to(25).asked() == [(0, "ada"), (25, "ada")]


def test_after_an_outage_beyond_the_window_nobody_is_paged_twice() -> None:
    loop = Loop().open().jump_to(300)
    assert sorted(loop.asked()[1:]) == [(300, "ben"), (300, "carla")]


def test_a_step_that_is_not_due_does_nothing() -> None:
    loop = Loop().open()
    before = loop.alert
    assert loop.do(StepDue()) == ()
    assert loop.alert == before


def test_time_events_change_nothing_after_the_end() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    before = loop.alert
    assert loop.do(StepDue()) + loop.do(WindowPassed()) == ()
    assert loop.alert == before
    assert loop.alert.due_event(T0 + minutes(500)) is None


def test_a_reminder_may_ask_the_radiologist_to_phone() -> None:
    policy = new_alert().policy
    steps = tuple(replace(s, please_phone=s.who is Role.OWNER) for s in policy.steps)
    loop = Loop(new_alert(policy=replace(policy, steps=steps))).open().pass_to(10)
    assert loop.told("please_phone") == [(10, "rosa")]


@pytest.mark.parametrize("radiologist", [None, person("rosa", ("voice",))])
def test_a_radiologist_who_cannot_be_told_is_recorded(radiologist: Person | None) -> None:
    """No phone rings for a notice."""
    loop = Loop(new_alert(replace(EVERYBODY, radiologist=radiologist))).open().pass_to(45)
    assert loop.entries("radiologist_unreachable")
    assert loop.alert.radiologist_told_at is None
