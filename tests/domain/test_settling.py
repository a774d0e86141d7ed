"""Versions in any order: the same result, and the same alert."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alert import Alert, State
from bot.domain.coverage import Roster
from bot.domain.events import Amended, Correction
from bot.domain.ordering import Version, in_order
from bot.domain.report import ROUTINE, Preliminary, Status
from bot.domain.settled import REISSUED
from bot.domain.settling import event_for
from tests.domain.arrivals import arrive, settle, started, version
from tests.domain.loop import CRITICAL, POLICY, T0

categories = st.sampled_from([None, None, ROUTINE, "critical", "significant"])
orders = st.sampled_from(["", "", "F1", "F2"])
versions = st.lists(
    st.builds(
        version,
        st.integers(1, 6),
        categories,
        st.sampled_from([*Status, Status.FINAL, Status.FINAL]),
        st.sampled_from(["f1", "f2"]),
        order=orders,
        machine=st.sampled_from([False, False, True]),
    ),
    max_size=6,
    unique_by=lambda v: v.report_id,
)


def sent(
    number: int, reached: int, minute: int, said: tuple[str | None, Status, str], resource: str
) -> Version:
    """One of a few contents, by a sender whose status time may stand still or be ahead."""
    category, status, finding = said
    known = f"{category} {status} {finding} {reached}"
    made = version(reached, category, status, finding)
    at, received = T0 + timedelta(minutes=minute), T0 + timedelta(minutes=minute + number % 3)
    return replace(
        made,
        report_id=f"{known} at {minute}",
        content_hash=known,
        sent_at=at,
        received_at=received,
        resource=resource,
    )


unmoved = st.lists(
    st.builds(
        sent,
        st.integers(0, 5),
        st.sampled_from([1, 1, 1, 5]),
        st.integers(1, 6),
        st.tuples(
            categories, st.sampled_from([*Status, Status.FINAL]), st.sampled_from(["f1", "f2"])
        ),
        st.sampled_from(["", "", "ehr/r1"]),
    ),
    max_size=7,
    unique_by=lambda v: v.report_id,
)


@given(versions | unmoved, st.randoms(use_true_random=False))
def test_any_permutation_and_repetition_of_versions_settles_the_same(
    told: list[Version], random: object
) -> None:
    shuffled = [*told, *told[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # Hypothesis gives a random.Random
    assert settle(shuffled) == settle(told)


@settings(deadline=None)
@given(versions | unmoved, st.randoms(use_true_random=False))
def test_any_permutation_and_repetition_of_versions_ends_in_the_same_alert(
    told: list[Version], random: object
) -> None:
    shuffled = [*told, *told[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # Hypothesis gives a random.Random
    assert _shown(arrive(*_received(shuffled))) == _shown(arrive(*_received(told)))


def _received(arriving: list[Version]) -> list[Version]:
    """With the times of receipt that this order of arrival gives them."""
    first = {one.report_id: n for n, one in reversed(list(enumerate(arriving)))}
    return [
        replace(one, received_at=T0 + timedelta(minutes=first[one.report_id])) for one in arriving
    ]


def _shown(alert: Alert | None) -> tuple[str, str, State, str] | None:
    if alert is None:
        return None
    review = alert.review if alert.is_open else "nobody is asked any more"
    return alert.report_id, alert.category, alert.state, review


def test_a_report_that_was_never_flagged_has_no_alert() -> None:
    assert arrive(version(1), version(2, ROUTINE)) is None


def test_preliminary_versions_do_not_count() -> None:
    assert arrive(version(1, "critical", Status.PRELIMINARY)) is None
    assert settle([version(1, "critical", Status.PRELIMINARY)]) is None


def test_a_flagged_report_opens_an_alert() -> None:
    alert = arrive(version(1, "significant"))
    assert alert
    assert (alert.state, alert.category) == (State.OPEN, "significant")


@pytest.mark.parametrize(
    ("later", "state"),
    [
        (version(2, status=Status.WITHDRAWN), State.WITHDRAWN),
        (version(2, ROUTINE), State.DOWNGRADED),
    ],
)
def test_a_flagged_version_that_comes_after_its_end_is_recorded_as_ended(
    later: Version, state: State
) -> None:
    alert = arrive(later, version(1, "critical"))
    assert alert
    assert (alert.state, alert.report_id) == (state, "r2")
    assert alert.paged == ()


def test_a_missing_flag_never_lowers_what_an_earlier_version_said() -> None:
    alert = arrive(version(1, "critical"), version(2))
    assert alert
    assert (alert.state, alert.category, alert.report_id) == (State.OPEN, "critical", "r2")


def test_a_version_in_between_that_says_routine_ends_the_alert_though_it_is_not_the_newest() -> (
    None
):
    alert = arrive(version(1, "critical"), version(3), version(2, ROUTINE))
    assert alert
    assert alert.state is State.DOWNGRADED


def test_the_same_version_again_means_nothing() -> None:
    settled = settle([version(1, "critical")])
    assert settled
    assert event_for(started(settled), settled, settled, POLICY, T0) is None


@pytest.mark.parametrize(
    ("before", "status", "first"),
    [
        (Status.PRELIMINARY, Status.FINAL, True),
        (Status.PRELIMINARY, Status.PRELIMINARY, False),
        (Status.FINAL, Status.CORRECTED, False),
    ],
)
def test_the_first_final_after_a_preliminary_is_told_from_later_ones(
    before: Status, status: Status, first: bool
) -> None:
    early = replace(version(1, "critical", before), if_preliminary=Preliminary.OPEN)
    late = replace(version(2, "critical", status), if_preliminary=Preliminary.OPEN)
    one, both = settle([early]), settle([early, late])
    assert one
    assert both
    event = event_for(started(one), one, both, POLICY, T0)
    assert isinstance(event, Amended)
    assert event.first_final is first


def test_a_version_that_only_corrects_people_is_news_too() -> None:
    settled = settle([version(1, "critical")])
    assert settled
    alert, correction = started(settled), Correction(Roster(), another_provider=True)
    event = event_for(alert, settled, settled, POLICY, T0, correction)
    assert event == Amended("r1", CRITICAL, "f1", T0, correction=correction)


def test_what_is_issued_again_after_a_withdrawal_without_a_flag_is_for_a_coordinator() -> None:
    alert = arrive(version(1, "critical"), version(2, status=Status.WITHDRAWN), version(3))
    assert alert
    assert (alert.state, alert.owner, alert.review) == (State.OPEN, "carla", REISSUED)


def test_what_is_issued_again_with_a_flag_goes_to_the_ordering_provider() -> None:
    gone = version(2, status=Status.WITHDRAWN)
    alert = arrive(version(1, "critical"), gone, version(3, "critical"))
    assert alert
    assert (alert.state, alert.owner, alert.review) == (State.OPEN, "ada", "")


def test_equal_times_are_ordered_by_status_and_then_by_severity_and_content() -> None:
    first = version(1, "critical")
    corrected = replace(
        first, report_id="r2", status=Status.CORRECTED, category=ROUTINE, content_hash="h2"
    )
    other = replace(first, report_id="r3", content_hash="zzz", category="significant")
    for told in ([first, corrected, other], [other, corrected, first]):
        settled = settle(told)
        assert settled
        assert (settled.newest.report_id, settled.category) == ("r2", ROUTINE)
    silent, same = replace(first, category=None), replace(first, content_hash="a")
    ordered = in_order([same, first, other, silent], POLICY)
    assert ordered == [silent, other, same, first]
