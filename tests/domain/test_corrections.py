"""A corrected ordering provider: who owns the alert then, and who hears of it."""

from dataclasses import replace

import pytest

from bot.domain.alert import State
from bot.domain.coverage import Person, Role
from bot.domain.events import Correction, Declined, DeclineReason, NotAllowed, Reassigned
from tests.domain.corrected import ANOTHER_PATIENT, SAM, TESS, UNKNOWN, naming
from tests.domain.loop import (
    ADA,
    BEN,
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


def test_the_new_provider_owns_it_and_is_paged_in_a_new_round() -> None:
    loop = Loop().open().pass_to(5)
    loop.amend(correction=naming(TESS, SAM))
    alert = loop.alert
    assert (alert.owner, alert.owner_role, alert.round) == ("tess", Role.ORDERING_PROVIDER, 2)
    assert loop.asked() == [(0, "ada"), (5, "tess")]
    assert loop.told("another_provider") == [(5, "ada")]
    assert loop.told("handed_over") == loop.told("changed") == []
    assert loop.pass_to(30).alert.owner == "sam"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("at", "who"), [(5, ADA), (31, ADA), (31, BEN)])
def test_whom_only_the_wrong_provider_brought_in_may_not_answer_for_the_right_one(
    at: int, who: Person, version: int
) -> None:
    loop = Loop().open().pass_to(at)
    loop.amend(correction=naming(TESS))
    with pytest.raises(NotAllowed, match="another_provider"):
        loop.acknowledge(who, version)
    loop.pass_to(46)
    loop.acknowledge(CARLA)
    assert loop.told("acknowledged") == [(46, "tess"), (46, "carla")]


@pytest.mark.parametrize("corrected_first", [True, False])
@pytest.mark.parametrize(("to", "owner"), [(TESS, "tess"), (None, "carla")])
def test_the_correction_and_the_wrong_providers_answer_end_alike_in_either_order(
    to: Person | None, owner: str, corrected_first: bool
) -> None:
    loop = Loop().open().pass_to(5)
    if corrected_first:
        loop.amend(correction=naming(to))
        with pytest.raises(NotAllowed):
            loop.acknowledge(ADA, version=1)
    else:
        loop.acknowledge(ADA)
        loop.amend(correction=naming(to))
    assert (loop.alert.state, loop.alert.owner) == (State.OPEN, owner)
    with pytest.raises(NotAllowed, match="another_provider"):
        loop.acknowledge(ADA)


def test_who_is_named_or_asked_again_may_answer_again() -> None:
    loop = Loop().open().pass_to(5)
    loop.amend(correction=naming(TESS))
    loop.amend(correction=naming(ADA))
    loop.acknowledge(ADA)
    assert loop.alert.state is State.ACKNOWLEDGED
    loop = Loop().open().pass_to(5)
    loop.amend(correction=naming(TESS))
    loop.do(Reassigned("carla", "ada"))
    loop.acknowledge(ADA)
    assert loop.alert.state is State.ACKNOWLEDGED


@pytest.mark.parametrize("ordering", [TESS, BEN])
@pytest.mark.parametrize("who", [BEN, CARLA])
def test_who_has_to_do_with_it_under_the_right_provider_too_may_still_answer(
    who: Person, ordering: Person
) -> None:
    loop = Loop().open().pass_to(46)
    loop.amend(correction=naming(ordering, BEN if ordering is TESS else None))
    loop.acknowledge(who)
    assert loop.alert.state is State.ACKNOWLEDGED


@pytest.mark.parametrize("correction", [None, ANOTHER_PATIENT])
def test_a_version_that_names_the_same_provider_ends_nobodys_right_to_answer(
    correction: Correction | None,
) -> None:
    roster = replace(EVERYBODY, others=(SAM,))
    loop = Loop(new_alert(roster)).open()
    loop.do(Reassigned("ada", "sam"))
    loop.do(Reassigned("sam", "ben"))
    loop.amend(finding="f2", correction=correction and replace(correction, roster=roster))
    loop.acknowledge(SAM)
    assert loop.alert.state is State.ACKNOWLEDGED


def test_who_was_told_of_a_wrong_patient_hears_so_though_it_is_no_longer_theirs() -> None:
    loop = Loop().open()
    loop.amend(correction=naming(TESS))
    loop.amend(correction=replace(ANOTHER_PATIENT, roster=loop.alert.roster))
    assert {who for _, who in loop.told("another_patient")} == {"ada", "tess"}


def test_a_new_provider_out_of_reach_is_passed_by_for_their_designee() -> None:
    loop = Loop().open()
    loop.amend(correction=naming(person("tess", ()), SAM))
    assert loop.asked() == [(0, "ada"), (0, "sam")]


@pytest.mark.parametrize(("at", "before"), [(31, "ben"), (46, "carla")])
def test_whoever_owns_it_by_escalation_gives_it_to_a_provider_who_was_never_asked(
    at: int, before: str
) -> None:
    loop = Loop().open().pass_to(at)
    assert loop.alert.owner == before
    loop.amend(correction=naming(TESS))
    assert loop.alert.owner == "tess"
    assert {who for _, who in loop.told("another_provider")} == {"ada", "ben", before}
    assert len(loop.told("another_provider")) == len({"ada", "ben", before})


def test_a_provider_who_owns_it_already_is_not_paged_again() -> None:
    loop = Loop().open().pass_to(31)
    loop.amend(correction=naming(BEN))
    assert (loop.alert.owner, loop.asked()[-1]) == ("ben", (31 - 1, "ben"))
    assert loop.told("changed") == [(31, "ben")]
    assert loop.told("another_provider") == [(31, "ada")]


def test_a_provider_who_was_asked_already_does_not_get_it_back() -> None:
    loop = Loop().open().pass_to(46)
    loop.amend(correction=naming(BEN))
    assert loop.alert.owner == "carla"
    assert set(loop.told("changed")) == {(46, "ben"), (46, "carla")}


def test_the_wrong_provider_never_keeps_it_even_where_the_right_one_was_asked_before() -> None:
    loop = Loop().open().pass_to(31)
    loop.do(Reassigned("ben", "ada"))
    loop.amend(correction=naming(BEN))
    assert loop.alert.owner == "ben"


def test_a_provider_who_declined_is_passed_by() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.OFF_SHIFT))
    loop.amend(correction=naming(TESS))
    loop.amend(correction=naming(ADA, BEN))
    assert loop.alert.owner == "ben"


def test_a_provider_who_is_known_now_begins_the_ladder() -> None:
    loop = Loop(new_alert(UNKNOWN)).open()
    loop.amend(correction=naming(ADA, BEN))
    assert (loop.alert.owner, loop.told("another_provider")) == ("ada", [(0, "carla")])
    assert loop.pass_to(30).alert.owner == "ben"


@pytest.mark.parametrize(("at", "owner"), [(5, "carla"), (31, "carla"), (46, "carla")])
def test_where_the_report_names_somebody_unknown_a_coordinator_owns_it(at: int, owner: str) -> None:
    loop = Loop().open().pass_to(at)
    rounds = loop.alert.round
    loop.amend(correction=naming(None))
    assert (loop.alert.owner, loop.alert.owner_role) == (owner, Role.COORDINATOR)
    assert loop.alert.round == rounds + (at < 45)
    assert (at, "ada") in loop.told("another_provider")


@pytest.mark.parametrize("at", [46, 58])
def test_whom_a_coordinator_gave_it_loses_it_as_the_provider_whom_the_report_had_wrong(
    at: int,
) -> None:
    loop = Loop().open().pass_to(at)
    loop.do(Reassigned("carla", "ada"))
    loop.amend(correction=replace(naming(ADA), another_provider=False))
    loop.amend(correction=naming(None))
    assert loop.alert.owner == "carla"


def test_whom_a_coordinator_gave_it_otherwise_keeps_it() -> None:
    loop = Loop().open().pass_to(46)
    loop.do(Reassigned("carla", "ben"))
    loop.amend(correction=naming(None))
    assert loop.alert.owner == "ben"
    loop.acknowledge(BEN)


def test_shortly_before_the_end_a_coordinator_owns_it_and_the_provider_is_paged_beside() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, designee=None, coordinators=()))).open()
    loop.alert = replace(loop.alert, roster=EVERYBODY)
    loop.now = T0 + minutes(58)
    loop.amend(correction=naming(TESS))
    assert (loop.alert.owner, loop.asked()[-2:]) == ("carla", [(58, "carla"), (58, "tess")])
    assert loop.told("another_provider") == [(58, "ada")]


def test_after_expiry_the_coordinator_keeps_it_and_the_provider_is_paged_beside() -> None:
    loop = Loop().open().pass_to(61)
    owner, missed = loop.alert.owner, loop.alert.expired_at
    loop.amend(correction=naming(TESS, SAM))
    assert (loop.alert.owner, loop.alert.expired_at) == (owner, missed)
    assert loop.asked()[-3:] == [(61, owner), (61, "tess"), (61, "sam")]


def test_a_result_under_review_stays_with_the_coordinator() -> None:
    loop = Loop(new_alert(review="code not known")).open()
    loop.amend(correction=naming(TESS), review="code not known")
    assert loop.alert.owner == "carla"
    loop.amend()
    assert loop.alert.owner == "tess"


def test_a_stale_result_is_told_to_the_provider_whom_a_fresh_version_names() -> None:
    loop = Loop().open(received=60 * 25)
    assert loop.asked() == [(1500, "carla")]
    loop.amend(correction=naming(TESS))
    assert (loop.alert.owner, loop.alert.stale, loop.alert.cycle) == ("tess", False, 2)


def test_a_raised_category_and_a_new_provider_page_that_provider_once() -> None:
    loop = Loop(new_alert(policy=SIGNIFICANT)).open()
    loop.amend(CRITICAL, correction=naming(TESS))
    assert loop.asked() == [(0, "ada"), (0, "tess")]
    assert (loop.told("changed"), loop.told("another_provider")) == ([], [(0, "ada")])
