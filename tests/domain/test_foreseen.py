"""Whom an alert would ask, as the state machine does it."""

from dataclasses import replace

import pytest

from bot.domain.coverage import Role, Roster
from bot.domain.foreseen import Asked, asked, opened
from tests.domain.loop import (
    ADA,
    BEN,
    CARLA,
    CHRIS,
    CRITICAL,
    EVERYBODY,
    SIGNIFICANT,
    T0,
    Loop,
    minutes,
    new_alert,
    person,
)

MUTE = person("mute", ())
VOCAL = replace(person("vocal", ("slack", "sms", "voice")), rings=True)
ROSTERS = [
    EVERYBODY,
    Roster(),
    Roster(coordinators=(CARLA,)),
    Roster(coordinators=(MUTE, CHRIS)),
    replace(EVERYBODY, designee=None),
    replace(EVERYBODY, designee=MUTE),
    replace(EVERYBODY, designee=CARLA),
    replace(EVERYBODY, ordering=MUTE),
    replace(EVERYBODY, ordering=MUTE, designee=None),
    replace(EVERYBODY, ordering=CARLA),
    replace(EVERYBODY, ordering=VOCAL, coordinators=(VOCAL, CHRIS)),
]


def of(roster: Roster, review: str = "") -> list[Asked]:
    return list(asked(CRITICAL, roster, review, T0))


@pytest.mark.parametrize("roster", ROSTERS)
@pytest.mark.parametrize("policy", [CRITICAL, SIGNIFICANT])
@pytest.mark.parametrize("review", ["", "category code not known to the policy"])
def test_it_is_who_an_open_alert_asks(roster: Roster, policy: object, review: str) -> None:
    category = SIGNIFICANT if policy is SIGNIFICANT else CRITICAL
    loop = Loop(new_alert(roster, category, review)).open()
    loop.pass_to(category.window.total_seconds() / 60 - 1)
    turns: list[tuple[float, str]] = []
    for minute, name in loop.asked():
        if not turns or turns[-1][1] != name:
            turns.append((minute, name))
    told = asked(category, roster, review, T0)
    assert [(one.after / minutes(1), one.person.id) for one in told] == turns


def test_each_comes_with_how_they_are_asked() -> None:
    first, second, third = of(replace(EVERYBODY, ordering=VOCAL))
    assert (first.role, first.channels) == (Role.ORDERING_PROVIDER, ("slack", "sms"))
    assert (first.call_after, second.call_after) == (minutes(5), None)
    assert (third.role, third.person, third.after) == (Role.COORDINATOR, CARLA, minutes(45))


@pytest.mark.parametrize(
    ("roster", "passed_by"),
    [
        (EVERYBODY, [(), (), ()]),
        (Roster(coordinators=(CARLA,)), [((Role.ORDERING_PROVIDER, None),)]),
        (replace(EVERYBODY, designee=None), [(), ((Role.DESIGNEE, None),)]),
        (replace(EVERYBODY, designee=MUTE), [(), ((Role.DESIGNEE, MUTE),)]),
        (replace(EVERYBODY, ordering=MUTE), [((Role.ORDERING_PROVIDER, MUTE),), ()]),
        (
            replace(EVERYBODY, ordering=MUTE, designee=None),
            [((Role.ORDERING_PROVIDER, MUTE), (Role.DESIGNEE, None))],
        ),
        (
            Roster(ADA, BEN, (MUTE, CHRIS)),
            [(), (), ((Role.COORDINATOR, MUTE),)],
        ),
    ],
)
def test_whoever_is_passed_by_is_named(
    roster: Roster, passed_by: list[tuple[tuple[Role, object], ...]]
) -> None:
    assert [one.passed_by for one in of(roster)] == passed_by


def test_of_an_alert_for_review_nobody_is_passed_by() -> None:
    (one,) = of(replace(EVERYBODY, coordinators=(CARLA,)), "interpreted by a machine")
    assert (one.person, one.passed_by) == (CARLA, ())


def test_how_late_a_report_is_for_its_ladder_is_seen_of_the_alert_that_it_opens() -> None:
    told = [opened(CRITICAL, T0 - minutes(age), T0) for age in (2, 30, 90, 1500)]
    assert [one.late_by for one in told] == [None, minutes(30), minutes(90), minutes(1500)]
    assert [one.too_late_for_a_ladder(T0) for one in told] == [False, False, True, True]
    assert [one.stale for one in told] == [False, False, False, True]
