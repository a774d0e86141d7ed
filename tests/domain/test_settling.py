"""Versions in any order: the same result, and the same alert."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alert import Alert, State, advance
from bot.domain.coverage import Roster
from bot.domain.events import Amended, Correction, OlderVersion, Opened, Withdrawn
from bot.domain.fold import settle as settle_by
from bot.domain.ordering import NO_TIME, Version, in_order
from bot.domain.report import ROUTINE, Status
from bot.domain.settled import REISSUED, Settled
from bot.domain.settling import (
    UNKNOWN_CATEGORY,
    event_for,
    governing,
    older_than_what_holds,
)
from bot.domain.triage import NOT_SIGNED
from tests.domain.loop import CRITICAL, POLICY, SIGNIFICANT, T0, new_alert

LATER = T0 + timedelta(hours=1)


def version(
    n: int,
    category: str | None = None,
    status: Status = Status.FINAL,
    finding: str = "f1",
    review: str = "",
    *,
    order: str = "",
    machine: bool = False,
) -> Version:
    at = T0 + timedelta(minutes=n)
    if machine and category not in {None, ROUTINE}:
        review = NOT_SIGNED
    made = Version(f"r{n}", status, at, at, LATER, f"hash{n}", category, finding, review)
    return replace(made, order=order, machine=machine)


def settle(told: Iterable[Version]) -> Settled | None:
    return settle_by(told, POLICY)


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


# ---- versions that the status time does not tell apart ---------------------------------------


def at(
    minute: int,
    category: str | None = None,
    status: Status = Status.FINAL,
    *,
    reached: int = 0,
    words: str = "",
    resource: str = "",
) -> Version:
    """Sent and received at that minute, with a status time that stands still unless told."""
    made = version(reached, category, status)
    sent_at = T0 + timedelta(minutes=minute)
    return replace(
        made,
        report_id=f"at {minute}",
        content_hash=words or f"{category} {status}",
        sent_at=sent_at,
        received_at=sent_at,
        resource=resource,
    )


GONE = Status.WITHDRAWN


@pytest.mark.parametrize(
    ("told", "holds", "category"),
    [
        ([at(1, "critical"), at(2, "critical")], 1, "critical"),
        ([at(1, "critical"), at(2, status=GONE), at(3, "critical")], 3, "critical"),
        ([at(1, "critical"), at(2, status=GONE), at(3), at(4, status=GONE)], 4, "critical"),
        ([at(1, "critical"), at(2, ROUTINE, Status.CORRECTED), at(3, "critical")], 3, "critical"),
        (
            [at(1, "significant"), at(2, "critical", Status.CORRECTED), at(3, "significant")],
            2,
            "critical",
        ),
        ([at(1), at(2, "critical", Status.CORRECTED), at(3)], 2, "critical"),
        ([at(1, "significant"), at(2, "critical"), at(3, "significant")], 2, "critical"),
        (
            [
                at(1, "critical", words="A"),
                at(2, "critical", words="B"),
                at(3, "critical", words="A"),
            ],
            3,
            "critical",
        ),
    ],
    ids=[
        "the same again",
        "issued again",
        "withdrawn again",
        "flagged again after a downgrade",
        "an old version repeated after its correction",
        "an old version without a flag repeated",
        "a milder one of the same rank repeated",
        "other words of the same rank and category repeated",
    ],
)
def test_content_that_came_before_counts_only_where_it_asks_for_more(
    told: list[Version], holds: int, category: str
) -> None:
    for some in (told, list(reversed(told))):
        settled = settle(some)
        assert settled
        assert (settled.newest.report_id, settled.category) == (f"at {holds}", category)


def test_a_clock_that_is_ahead_gains_nothing_not_even_when_it_sends_again() -> None:
    first, correction = at(0, "significant", reached=4), at(1, "critical", reached=1)
    again = replace(at(9, "significant", reached=4), report_id="again")
    settled = settle([again, correction, first])
    assert settled
    assert settled.newest is correction


def test_sending_counts_where_a_status_time_lies_after_it() -> None:
    ahead = at(1, "significant", reached=60)
    assert _newest(at(2, "critical", reached=2), ahead) == "at 2"


def test_what_tells_no_time_comes_before_everything_that_does() -> None:
    timeless = replace(at(9, ROUTINE, Status.CORRECTED), status_at=NO_TIME, sent_at=NO_TIME)
    assert _newest(timeless, at(1, "critical")) == "at 1"
    again = replace(timeless, report_id="rank", status=GONE, content_hash="gone")
    assert _newest(timeless, again) == "rank"


def _newest(*told: Version) -> str:
    """Which of them holds, whichever comes first."""
    ends = {found.newest.report_id for some in (told, told[::-1]) if (found := settle(some))}
    (end,) = ends
    return end


def test_a_server_that_shows_a_resource_final_again_has_said_so_after_it_was_withdrawn() -> None:
    gone = at(5, status=GONE, reached=5, resource="ehr/r1")
    first, again = at(1, "critical", resource="ehr/r1"), at(9, "critical", resource="ehr/r1")
    settled = settle([again, gone, first])
    assert settled
    assert settled.newest is again
    by_another = replace(again, resource="other/r1")
    settled = settle([by_another, gone, first])
    assert settled
    assert settled.newest is gone


# ---- a severe version that does not hold ----------------------------------------------------


@pytest.mark.parametrize(
    ("told", "older", "expected"),
    [
        (
            at(3, "critical"),
            at(2, "significant", reached=1),
            OlderVersion("critical", doubtful=True),
        ),
        (
            at(1, "critical"),
            at(2, "significant", reached=1),
            OlderVersion("critical", doubtful=False),
        ),
        (
            at(3, "significant"),
            at(2, status=GONE, reached=1),
            OlderVersion("significant", doubtful=True),
        ),
        (at(3, "significant"), at(2, "critical", reached=1), None),
        (at(3), at(2, "critical", reached=1), None),
        (at(3, "critical"), at(2, reached=1), None),
        (at(3, "critical", reached=2), at(2, "significant", reached=1), None),
    ],
)
def test_a_more_severe_version_that_does_not_hold_is_told(
    told: Version, older: Version, expected: OlderVersion | None
) -> None:
    after = settle([told, older])
    assert after
    late = replace(told, received_at=LATER)
    assert older_than_what_holds(late, after.newest, after, POLICY) == expected


def test_what_tells_no_time_or_loses_to_a_clock_that_is_ahead_is_doubtful() -> None:
    holds = at(9, "significant", reached=9)
    timeless = replace(at(1, "critical"), status_at=NO_TIME, sent_at=NO_TIME, received_at=LATER)
    before_it_was_sent = replace(at(1, "critical"), received_at=T0 + timedelta(minutes=8))
    for told in (timeless, before_it_was_sent):
        after = settle([told, holds])
        assert after
        assert after.newest == holds
        event = older_than_what_holds(told, holds, after, POLICY)
        assert event == OlderVersion("critical", doubtful=True)
