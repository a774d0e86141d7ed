"""A corrected ordering provider or patient: who owns the alert then, and who hears of it."""

from dataclasses import replace

import pytest

from bot.domain.alert import State
from bot.domain.coverage import Person, Role, Roster
from bot.domain.events import (
    CallRecorded,
    Correction,
    Declined,
    DeclineReason,
    DirectoryChanged,
    NotAllowed,
    Reassigned,
    Withdrawn,
)
from tests.domain.loop import (
    ADA,
    BEN,
    BOTH,
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

SAM, TESS = person("sam"), person("tess")
UNKNOWN = replace(EVERYBODY, ordering=None, designee=None)


def naming(ordering: Person | None, designee: Person | None = None) -> Correction:
    others = tuple(p for p in (ADA, BEN, TESS) if p not in {ordering, designee})
    roster = replace(EVERYBODY, ordering=ordering, designee=designee, others=others)
    return Correction(roster, another_provider=True)


ANOTHER_PATIENT = Correction(EVERYBODY, another_patient=True)


# ---- the ordering provider ------------------------------------------------------------------


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


# ---- after an end ---------------------------------------------------------------------------


def test_what_somebody_else_acknowledged_is_open_again_for_the_new_provider() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.amend(correction=naming(TESS))
    assert (loop.alert.state, loop.alert.owner, loop.alert.cycle) == (State.OPEN, "tess", 2)
    assert (loop.told("another_provider"), loop.told("reopened")) == ([(0, "ada")], [])
    with pytest.raises(NotAllowed, match="another_provider"):
        loop.acknowledge(ADA, version=1)


def test_what_the_new_provider_has_acknowledged_stays_so() -> None:
    loop = Loop().open().pass_to(31)
    loop.acknowledge(BEN)
    loop.amend(correction=naming(BEN))
    assert (loop.alert.state, loop.alert.roster.ordering) == (State.ACKNOWLEDGED, BEN)


@pytest.mark.parametrize(("reached", "state"), [(TESS.name, State.ACKNOWLEDGED), ("X", State.OPEN)])
def test_a_phone_call_counts_for_whom_it_reached(reached: str, state: State) -> None:
    loop = Loop().open()
    loop.do(CallRecorded("carla", reached, "5550100", loop.now, repeated_back=True))
    loop.amend(correction=naming(TESS))
    assert loop.alert.state is state


def test_for_somebody_unknown_a_coordinators_answer_counts() -> None:
    loop = Loop().open().pass_to(46)
    loop.acknowledge(CARLA)
    loop.amend(correction=naming(None))
    assert loop.alert.state is State.ACKNOWLEDGED


def test_what_is_issued_again_goes_to_the_provider_whom_it_names() -> None:
    loop = Loop().open()
    loop.do(Withdrawn("r2"))
    loop.amend(correction=naming(TESS))
    assert (loop.alert.owner, loop.told("another_provider")) == ("tess", [(0, "ada")])


def test_a_result_that_is_routine_now_asks_nobody_whoever_ordered_it() -> None:
    loop = Loop().open()
    loop.amend(None, correction=naming(TESS))
    assert (loop.alert.state, loop.asked()) == (State.DOWNGRADED, [(0, "ada")])
    assert loop.told("downgraded") == [(0, "ada")]


# ---- the patient ----------------------------------------------------------------------------


def test_a_corrected_patient_pages_the_owner_again_and_everybody_paged_hears_of_it() -> None:
    loop = Loop().open().pass_to(31)
    loop.amend(correction=ANOTHER_PATIENT)
    assert (loop.alert.owner, loop.asked()[-1]) == ("ben", (31, "ben"))
    assert loop.told("another_patient") == [(31, "ada"), (31, "ben")]
    assert loop.told("changed") == []
    with pytest.raises(NotAllowed, match="superseded"):
        loop.acknowledge(ADA, version=1)


def test_a_corrected_patient_reopens_what_was_acknowledged() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.amend(correction=ANOTHER_PATIENT)
    assert (loop.alert.state, loop.alert.cycle, loop.alert.owner) == (State.OPEN, 2, "ada")
    assert (loop.told("another_patient"), loop.told("reopened")) == ([(0, "ada")], [])


def test_not_my_patient_was_said_of_the_other_patient() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    loop.do(Declined("ben", DeclineReason.OFF_SHIFT))
    loop.amend(correction=ANOTHER_PATIENT)
    assert (loop.alert.declined, loop.alert.no_access) == (("ben",), ())
    assert "ada" in {who for _, who in loop.told("another_patient")}
    loop.acknowledge(ADA)
    assert loop.alert.state is State.ACKNOWLEDGED


def test_another_patient_and_another_provider_are_told_in_one_notice() -> None:
    loop = Loop().open()
    loop.amend(correction=replace(naming(TESS), another_patient=True))
    assert loop.alert.owner == "tess"
    assert [(what, who) for _, what, who, _ in loop.notices] == [("another_patient", "ada")]


def test_the_radiologist_of_the_version_that_holds_is_the_one_to_be_told() -> None:
    loop = Loop().open()
    loop.amend(correction=Correction(replace(EVERYBODY, radiologist=SAM)))
    assert loop.asked() == [(0, "ada")]
    loop.pass_to(46)
    assert loop.told("please_phone") == [(45, "sam")]


# ---- the directory --------------------------------------------------------------------------


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
