"""An alert whose people are unknown, out of reach, or in several roles."""

from dataclasses import replace

from bot.domain.coverage import Role, Roster
from tests.domain.loop import ADA, CARLA, CRITICAL, EVERYBODY, T0, Loop, minutes, new_alert, person


def test_an_unknown_provider_brings_it_to_the_coordinator_at_once() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, ordering=None))).open().pass_to(59)
    assert loop.asked() == [(0, "carla"), (10, "carla"), (20, "carla")]
    assert loop.told("please_phone") == [(45, "rosa")]


def test_a_provider_without_contact_brings_it_to_the_designee_at_once() -> None:
    roster = replace(EVERYBODY, ordering=person("ada", ()))
    assert Loop(new_alert(roster)).open().asked() == [(0, "ben")]


def test_a_missing_designee_brings_the_coordinator_at_the_designees_time() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, designee=None))).open().pass_to(59)
    assert loop.asked()[3:] == [(30, "carla")]


def test_a_designee_who_is_the_ordering_provider_is_not_asked_again() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, designee=ADA))).open().pass_to(59)
    assert loop.asked()[3:] == [(30, "carla")]


def test_the_coordinator_step_goes_past_a_designee_who_is_a_coordinator() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, designee=CARLA))).open().pass_to(45)
    assert loop.asked()[3:] == [(30, "carla"), (45, "chris")]


def test_a_designee_whom_the_policy_never_asks_is_not_asked_late_either() -> None:
    steps = tuple(step for step in CRITICAL.steps if step.who is not Role.DESIGNEE)
    loop = Loop(new_alert(policy=replace(CRITICAL, steps=steps))).open(61)
    assert sorted(loop.asked()) == [(61, "ada"), (61, "carla")]


def test_an_ordering_provider_who_is_the_only_coordinator_is_asked_again_as_such() -> None:
    roster = Roster(ordering=CARLA, coordinators=(CARLA,))
    loop = Loop(new_alert(roster)).open().pass_to(30)
    assert loop.asked()[-1] == (30, "carla")
    assert loop.alert.owner_role is Role.COORDINATOR


def test_without_any_roster_the_alert_is_tried_again_after_each_gap() -> None:
    loop = Loop(new_alert(Roster())).open().pass_to(9)
    assert loop.alert.owner == ""
    assert [minute for minute, _ in loop.entries("nobody_reachable")] == [0, 3, 6, 9]
    assert loop.alert.next_action_at == T0 + minutes(12)
