"""Versions in any order: the same result, and the same alert."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alert import Alert, State, advance
from bot.domain.coverage import Roster
from bot.domain.events import Amended, Correction, Opened, Withdrawn
from bot.domain.report import REISSUED, ROUTINE, Settled, Status, Version, settle
from bot.domain.settling import UNKNOWN_CATEGORY, event_for, governing
from tests.domain.loop import CRITICAL, POLICY, SIGNIFICANT, T0, new_alert


def version(
    n: int,
    category: str | None = None,
    status: Status = Status.FINAL,
    finding: str = "f1",
    review: str = "",
) -> Version:
    at = T0 + timedelta(minutes=n)
    return Version(f"r{n}", status, at, f"hash{n}", category, finding, review)


def arrive(*versions: Version) -> Alert | None:
    """What the engine does with versions in the order of their arrival."""
    alert: Alert | None = None
    known: list[Version] = []
    for one in versions:
        before = settle(known)
        if one not in known:
            known.append(one)
        after = settle(known)
        if after is None:
            continue
        event = event_for(alert, before, after, POLICY, T0)
        if event is None:
            continue
        start = alert or _started(after)
        alert, _ = advance(start, event, T0 + timedelta(minutes=1))
    return alert


def _started(settled: Settled) -> Alert:
    policy = governing(POLICY, settled.flagged_category)
    alert = new_alert(policy=policy, review=settled.review)
    return replace(alert, report_id=settled.newest.report_id, finding_hash=settled.finding_hash)


categories = st.sampled_from([None, None, ROUTINE, "critical", "significant"])
versions = st.lists(
    st.builds(
        version,
        st.integers(1, 6),
        categories,
        st.sampled_from([*Status, Status.FINAL, Status.FINAL]),
        st.sampled_from(["f1", "f2"]),
    ),
    max_size=6,
    unique_by=lambda v: v.report_id,
)


@given(versions, st.randoms(use_true_random=False))
def test_any_permutation_and_repetition_of_versions_settles_the_same(
    told: list[Version], random: object
) -> None:
    shuffled = [*told, *told[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # Hypothesis gives a random.Random
    assert settle(shuffled) == settle(told)


@settings(deadline=None)
@given(versions, st.randoms(use_true_random=False))
def test_any_permutation_and_repetition_of_versions_ends_in_the_same_alert(
    told: list[Version], random: object
) -> None:
    shuffled = [*told, *told[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # Hypothesis gives a random.Random
    assert _shown(arrive(*shuffled)) == _shown(arrive(*told))


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
    assert event_for(_started(settled), settled, settled, POLICY, T0) is None


def test_a_version_that_only_corrects_people_is_news_too() -> None:
    settled = settle([version(1, "critical")])
    assert settled
    alert, correction = _started(settled), Correction(Roster(), another_provider=True)
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


def test_equal_times_are_ordered_by_status_and_then_by_content() -> None:
    first = version(1, "critical")
    corrected = replace(first, report_id="r2", status=Status.CORRECTED, category=ROUTINE)
    other = replace(first, report_id="r3", content_hash="zzz", category="significant")
    for told in ([first, corrected, other], [other, corrected, first]):
        settled = settle(told)
        assert settled
        assert (settled.newest.report_id, settled.category) == ("r2", ROUTINE)


# ---- when the policy file or the stored reports are no longer what they were ---------------


def later(settled: Settled, **changes: object) -> Settled:
    return replace(settled, **changes)  # type: ignore[arg-type] # any field of it


def test_an_alert_keeps_its_own_policy_where_the_file_has_lost_its_category() -> None:
    settled = settle([version(1, "minutes")])
    assert settled
    alert = new_alert(policy=replace(CRITICAL, name="minutes"))
    event = event_for(alert, None, settled, POLICY, T0)
    assert isinstance(event, Amended)
    assert (event.policy, event.review) == (alert.policy, "")


def test_a_category_that_nobody_knows_any_more_counts_as_the_most_severe_and_is_reviewed() -> None:
    settled = settle([version(1, "minutes")])
    assert settled
    event = event_for(new_alert(policy=SIGNIFICANT), None, settled, POLICY, T0)
    assert isinstance(event, Amended)
    assert (event.policy, event.review) == (CRITICAL, UNKNOWN_CATEGORY)


def test_silence_lowers_nothing_where_the_version_that_spoke_was_deleted_by_now() -> None:
    settled = settle([version(5)])
    assert settled
    event = event_for(new_alert(policy=SIGNIFICANT), None, settled, POLICY, T0)
    assert isinstance(event, Amended)
    assert event.policy == SIGNIFICANT


def test_the_events_carry_what_the_alert_needs() -> None:
    one, two = version(1, "significant"), version(2, "critical", finding="f2")
    gone, routine = version(3, status=Status.WITHDRAWN), version(3, ROUTINE)
    alert = new_alert(policy=SIGNIFICANT)
    settled = [settle([one]), settle([one, two]), settle([one, two, gone])]
    first, second, third = settled
    assert first
    assert second
    assert third
    assert event_for(None, None, first, POLICY, T0) == Opened()
    raised = event_for(alert, first, second, POLICY, T0)
    assert raised == Amended("r2", CRITICAL, "f2", T0)
    assert event_for(alert, second, third, POLICY, T0) == Withdrawn("r3", CRITICAL)
    lowered = settle([one, two, routine])
    assert lowered
    expected = Amended("r3", None, "f1", T0, held=CRITICAL)
    assert event_for(alert, second, lowered, POLICY, T0) == expected
