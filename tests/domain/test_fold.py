"""Several orders on one accession, and machines beside people: what all of it amounts to."""

from dataclasses import replace

import pytest

from bot.domain.alert import State, advance
from bot.domain.events import Acknowledged, Amended, NotAllowed, ReadBack, Reopened, Withdrawn
from bot.domain.fold import of_its_order, settle
from bot.domain.ordering import Version
from bot.domain.policy import Policy
from bot.domain.report import ROUTINE, Status
from bot.domain.settled import Settled
from bot.domain.settling import event_for
from bot.domain.triage import NOT_SIGNED
from tests.domain.arrivals import arrive, version
from tests.domain.loop import ADA, CRITICAL, POLICY, SIGNIFICANT, T0, Loop, new_alert

GONE = Status.WITHDRAWN


def settled(*told: Version, policy: Policy = POLICY) -> Settled:
    found = settle(told, policy)
    assert found
    assert settle(reversed(told), policy) == found
    return found


def shown(*told: Version) -> tuple[State, str, str]:
    """State, category and version of the alert, in whichever order they arrive."""
    ends = {
        (alert.state, alert.category, alert.report_id)
        for some in (told, told[::-1])
        if (alert := arrive(*some))
    }
    (end,) = ends
    return end


def test_a_mere_addendum_leaves_the_finding_as_it_was() -> None:
    first = version(1, "critical", finding="f1")
    added = version(2, status=Status.ADDENDED, finding="")
    found = settled(first, added)
    assert (found.newest, found.category, found.finding_hash) == (added, "critical", "f1")
    assert settled(added).finding_hash == ""


# ---- orders on one accession ----------------------------------------------------------------

CHEST = version(1, "critical", order="F1")


@pytest.mark.parametrize(
    "sibling",
    [
        version(2, order="F2"),
        version(2, ROUTINE, order="F2"),
        version(2, "significant", order="F2", finding="f1"),
        version(2, status=GONE, order="F2"),
        version(2, ROUTINE, Status.CORRECTED, order="F2"),
    ],
    ids=["silent", "routine", "milder", "cancelled", "corrected to routine"],
)
def test_a_sibling_neither_ends_nor_lowers_what_another_order_asks_for(sibling: Version) -> None:
    assert shown(CHEST, sibling) == (State.OPEN, "critical", "r1")
    assert settled(CHEST, sibling) == settled(CHEST)


def test_each_order_ends_what_it_asked_for_itself() -> None:
    both = CHEST, version(2, "significant", order="F2", finding="f2")
    end = version(3, status=GONE, order="F1")
    assert shown(*both, end) == (State.OPEN, "significant", "r2")
    assert shown(*both, end, version(4, ROUTINE, order="F2")) == (
        State.DOWNGRADED,
        "significant",
        "r4",
    )


def test_the_finding_of_another_order_that_asks_as_well_is_acknowledged_too() -> None:
    other = version(2, "critical", order="F2", finding="f2")
    alone, both = settled(CHEST), settled(CHEST, other)
    assert (both.newest, both.beside) == (CHEST, ("r2",))
    assert both.finding_hash not in {alone.finding_hash, other.finding_hash}
    event = event_for(new_alert(policy=CRITICAL), alone, both, POLICY, T0)
    assert isinstance(event, Amended)
    assert event.beside == ("r2",)
    same_words = settled(CHEST, replace(other, finding_hash="f1"))
    assert (same_words.finding_hash, same_words.beside) == ("f1", ())


def test_a_correction_of_one_of_two_does_not_make_the_other_the_alerts_report() -> None:
    other = version(2, "critical", order="F2", finding="f2")
    assert settled(CHEST, other, version(3, "critical", order="F1")).newest.report_id == "r3"


def test_the_versions_of_one_order_are_found_among_others() -> None:
    other, later = version(2, order="F2"), version(3, order="F1")
    waiting = version(4, status=Status.PRELIMINARY, order="F1")
    assert of_its_order(later, [CHEST, other, later, waiting]) == [CHEST, later]


def test_what_names_no_order_is_the_only_ones_and_stands_for_itself_among_several() -> None:
    nameless = version(3, ROUTINE)
    assert shown(CHEST, nameless) == (State.DOWNGRADED, "critical", "r3")
    other = version(2, order="F2")
    assert shown(CHEST, other, nameless) == (State.OPEN, "critical", "r1")


def test_a_resource_is_the_only_orders_unless_its_server_has_another() -> None:
    first = replace(version(2, ROUTINE), resource="ehr/r1")
    assert shown(CHEST, first)[0] is State.DOWNGRADED
    elsewhere = replace(version(3, ROUTINE), resource="archive/r1")
    assert shown(CHEST, elsewhere)[0] is State.DOWNGRADED
    second = replace(version(4), resource="ehr/r2")
    assert shown(CHEST, first, second)[0] is State.OPEN
    linked = replace(version(3, order="F1"), resource="ehr/r1")
    assert shown(CHEST, first, linked, second)[0] is State.DOWNGRADED


# ---- one report for several orders ----------------------------------------------------------

JOINT = version(1, "critical", order="F1 F2")
CORRECTED, ADDED = Status.CORRECTED, Status.ADDENDED


@pytest.mark.parametrize(
    "later",
    [
        version(2, "significant", CORRECTED, order="F2", finding="f2"),
        version(2, None, ADDED, order="F2", finding=""),
        version(2, ROUTINE, order="F1 F2"),
        version(2, status=GONE, order="F2 F1"),
    ],
    ids=["corrected", "added to", "routine for both", "withdrawn for both"],
)
def test_what_corrects_one_report_for_two_orders_by_one_of_them_is_the_reports(
    later: Version,
) -> None:
    found = settled(JOINT, later)
    assert (found.newest, found.beside) == (later, ())


@pytest.mark.parametrize(
    "later",
    [
        version(2, ROUTINE, CORRECTED, order="F2"),
        version(2, status=GONE, order="F2"),
        version(2, None, CORRECTED, order="F2", finding="f2"),
        version(2, "critical", order="F2", finding="f2"),
    ],
    ids=["routine", "withdrawn", "silent about it", "no correction"],
)
def test_what_lowers_or_ends_it_by_one_of_its_orders_leaves_the_others_share(
    later: Version,
) -> None:
    found = settled(JOINT, later)
    assert found.category == "critical"
    assert JOINT.report_id in {found.newest.report_id, *found.beside}
    assert settled(JOINT, later, version(3, status=GONE, order="F1 F2")).withdrawn


def test_one_report_whose_orders_are_corrected_in_different_words_was_two() -> None:
    left = version(2, "critical", CORRECTED, order="F1", finding="left")
    right = version(3, "critical", CORRECTED, order="F2", finding="right")
    both = settled(JOINT, left, right)
    assert {both.newest.report_id, *both.beside} == {"r2", "r3"}
    agreed = version(4, "critical", CORRECTED, order="F1", finding="right")
    assert settled(JOINT, left, right, agreed).beside == ()


def test_what_names_no_order_belongs_to_each_share_of_a_joint_report() -> None:
    gone = version(2, status=GONE, order="F2")
    nameless = replace(version(3, "significant", finding="f3"), resource="ehr/r1")
    assert settled(JOINT, gone, nameless).newest == nameless


# ---- machines beside people -----------------------------------------------------------------

SIGNED = version(2, "significant")


@pytest.mark.parametrize(
    "by_machine",
    [
        version(3, ROUTINE, machine=True),
        version(3, status=GONE, machine=True),
        version(3, finding="f2", machine=True),
        version(3, "significant", finding="f2", machine=True),
    ],
    ids=["routine", "withdrawn", "silent", "the same category"],
)
def test_a_machine_neither_lowers_nor_replaces_what_somebody_signed(by_machine: Version) -> None:
    assert settled(SIGNED, by_machine) == settled(SIGNED)


def test_a_machine_that_asks_for_more_raises_the_category_and_no_more() -> None:
    raised = settled(SIGNED, version(3, "critical", finding="f2", machine=True))
    assert (raised.category, raised.newest, raised.review) == ("critical", SIGNED, "")
    assert (raised.finding_hash, raised.unsigned) == ("f1", True)
    event = event_for(new_alert(policy=SIGNIFICANT), settled(SIGNED), raised, POLICY, T0)
    assert isinstance(event, Amended)
    assert event.unsigned, "who has answered the person's is not asked again"


@pytest.mark.parametrize("end", [version(3, ROUTINE), version(3, status=GONE)])
def test_a_machine_does_not_reopen_what_somebody_has_ended(end: Version) -> None:
    state, category, _ = shown(SIGNED, end, version(4, "critical", machine=True))
    assert (state, category) == (
        State.WITHDRAWN if end.status is GONE else State.DOWNGRADED,
        "significant",
    )


def test_what_only_a_machine_says_is_reviewed_and_stays_so_while_people_are_silent() -> None:
    alone = version(1, "critical", machine=True)
    assert settled(alone).review == NOT_SIGNED
    beside = settled(alone, version(2))
    assert (beside.newest.report_id, beside.category, beside.review) == (
        "r2",
        "critical",
        NOT_SIGNED,
    )


@pytest.mark.parametrize(
    ("end", "state"),
    [(version(2, ROUTINE), State.DOWNGRADED), (version(2, status=GONE), State.WITHDRAWN)],
)
def test_people_end_in_words_what_only_a_machine_said_before(end: Version, state: State) -> None:
    assert shown(version(1, "critical", machine=True), end)[0] is state
    later = shown(end, version(3, "critical", machine=True))
    assert later == (State.OPEN, "critical", "r3")


def test_what_a_machine_has_taken_back_asks_for_nothing_and_is_on_record() -> None:
    gone = version(1, "significant", status=GONE, machine=True)
    assert shown(gone, version(2, ROUTINE)) == (State.DOWNGRADED, "significant", "r2")
    told = version(3, "critical", machine=True), version(4, status=GONE, machine=True)
    assert settled(SIGNED, *told) == settled(SIGNED)
    assert shown(*told)[0] is State.WITHDRAWN


def test_an_answered_alert_is_not_asked_again_because_a_machine_says_more() -> None:
    loop = Loop(new_alert(policy=SIGNIFICANT)).open()
    loop.acknowledge(ADA)
    raised = Amended("r1", CRITICAL, loop.alert.finding_hash, T0, unsigned=True)
    after, _ = advance(loop.alert, raised, loop.now)
    assert (after.state, after.category) == (State.ACKNOWLEDGED, "significant")
    people, _ = advance(loop.alert, replace(raised, unsigned=False), loop.now)
    assert people.state is State.OPEN


def test_an_open_alert_is_raised_by_a_machine_and_stays_with_its_owner() -> None:
    loop = Loop(new_alert(policy=SIGNIFICANT)).open()
    owner = loop.alert.owner
    raised = Amended("r1", CRITICAL, loop.alert.finding_hash, T0, unsigned=True)
    after, _ = advance(loop.alert, raised, loop.now)
    assert (after.category, after.owner) == ("critical", owner)
    taken_back, _ = advance(after, Withdrawn("r2"), loop.now)
    assert taken_back.state is State.WITHDRAWN


# ---- one report under two alerts ------------------------------------------------------------


@pytest.mark.parametrize("answered", [False, True])
def test_an_alert_that_goes_on_as_another_asks_nobody_and_says_as_which(answered: bool) -> None:
    loop = Loop().open()
    if answered:
        loop.acknowledge(ADA)
    loop.do(Withdrawn("r1", joined="B2C3"))
    assert loop.alert.state is (State.ACKNOWLEDGED if answered else State.WITHDRAWN)
    assert "ada" in {who for _, who in loop.told("withdrawn")}
    ((_, entry),) = loop.entries("joined")
    assert entry.data == {"into": "B2C3"}
    for act in (Acknowledged("ada", "slack", 9, ReadBack.VIEWED), Reopened("carla")):
        with pytest.raises(NotAllowed) as refused:
            loop.do(act)
        assert "B2C3" in refused.value.explain
