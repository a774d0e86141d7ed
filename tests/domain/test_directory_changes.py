"""A directory that changes while an alert is open: who can no longer be paged is passed by."""

from dataclasses import replace

import pytest

from bot.domain.coverage import Person, Roster
from bot.domain.events import DirectoryChanged
from tests.domain.loop import ADA, BEN, BOTH, CARLA, CHRIS, EVERYBODY, Loop, new_alert, person


def without_channels(loop: Loop, *people: Person) -> None:
    gone = {p.id: replace(p, channels=()) for p in people}
    old = loop.alert.roster
    roster = Roster(
        ordering=gone.get("ada", old.ordering),
        designee=gone.get("ben", old.designee),
        coordinators=tuple(p for p in old.coordinators if p.id not in gone),
        radiologist=old.radiologist,
    )
    loop.alert = replace(loop.alert, roster=roster)


@pytest.mark.parametrize(
    ("at", "gone", "next_one"), [(5, ADA, "ben"), (31, BEN, "carla"), (46, CARLA, "chris")]
)
def test_an_owner_who_is_out_of_reach_is_passed_by(at: int, gone: Person, next_one: str) -> None:
    loop = Loop().open().pass_to(at)
    without_channels(loop, gone)
    loop.do(DirectoryChanged())
    assert (loop.alert.owner, loop.asked()[-1]) == (next_one, (at, next_one))
    assert loop.told("handed_over") == [t for t in loop.told("handed_over") if t[0] < at]


def test_an_owner_in_reach_keeps_it_whoever_else_has_left() -> None:
    loop = Loop().open()
    without_channels(loop, BEN, CHRIS)
    before = loop.alert
    loop.do(DirectoryChanged())
    assert loop.alert == before


def test_an_owner_who_loses_the_one_channel_that_a_page_got_through_on_is_passed_by() -> None:
    loop = Loop(broken={("ada", "slack")}).open().pass_to(5)
    assert loop.alert.owner == "ada"
    stopped = replace(loop.alert.roster, ordering=replace(ADA, channels=("slack",)))
    loop.alert = replace(loop.alert, roster=stopped)
    loop.do(DirectoryChanged())
    assert (loop.alert.owner, loop.asked()[-1]) == ("ben", (5, "ben"))


def test_an_owner_who_gets_another_channel_for_the_one_they_lose_is_paged_there() -> None:
    by_sms = replace(ADA, channels=("sms",))
    loop = Loop(new_alert(replace(EVERYBODY, ordering=by_sms))).open()
    moved = replace(loop.alert.roster, ordering=replace(ADA, channels=("slack",)))
    loop.alert = replace(loop.alert, roster=moved)
    loop.do(DirectoryChanged())
    assert (loop.alert.owner, loop.pages[-1]) == ("ada", (0, "ada", "slack"))


def test_an_owner_who_gets_a_channel_more_is_not_paged_again() -> None:
    by_slack = replace(ADA, channels=("slack",))
    loop = Loop(new_alert(replace(EVERYBODY, ordering=by_slack))).open()
    loop.alert = replace(loop.alert, roster=EVERYBODY)
    assert loop.do(DirectoryChanged()) == ()


@pytest.mark.parametrize(("at", "owner"), [(5, "ada"), (58, "carla")])
def test_a_provider_whom_the_directory_knows_only_now_is_asked_at_once(at: int, owner: str) -> None:
    """Too late for a ladder of their own: beside the coordinator."""
    loop = Loop(new_alert(replace(EVERYBODY, ordering=None, designee=None))).open().pass_to(at)
    assert loop.alert.owner == "carla"
    loop.alert = replace(loop.alert, roster=EVERYBODY)
    loop.do(DirectoryChanged(provider_known=True))
    assert loop.alert.owner == owner
    assert (at, "ada") in loop.asked()


def test_a_provider_who_is_known_only_now_is_not_asked_what_a_coordinator_has_to_review() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, ordering=None), review="what is this?")).open()
    loop.alert = replace(loop.alert, roster=EVERYBODY)
    loop.do(DirectoryChanged(provider_known=True))
    assert loop.asked() == [(0, "carla")]


def test_of_what_was_too_old_when_it_came_nobody_is_paged_for_a_provider_known_only_now() -> None:
    nobody = replace(EVERYBODY, ordering=None, designee=None)
    loop = Loop(new_alert(nobody)).open(received=60 * 30)
    assert loop.alert.stale
    loop.alert = replace(loop.alert, roster=EVERYBODY)
    before = list(loop.pages)
    loop.do(DirectoryChanged(provider_known=True))
    assert loop.pages == before


def test_where_nobody_was_in_reach_everybody_is_tried_again_at_once() -> None:
    nobody = Roster(coordinators=(person("carla", ()),))
    loop = Loop(new_alert(nobody)).open()
    assert loop.asked() == []
    loop.alert = replace(loop.alert, roster=Roster(coordinators=(person("carla", BOTH),)))
    loop.do(DirectoryChanged())
    assert loop.asked() == [(0, "carla")]


def test_the_directory_moves_nothing_that_has_ended() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    without_channels(loop, ADA)
    before = loop.alert
    loop.do(DirectoryChanged())
    assert loop.alert == before
