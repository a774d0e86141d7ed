"""Versions that cannot be understood, or can be from now on: who is asked to look."""

from dataclasses import replace

from tests.domain.loop import (
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
