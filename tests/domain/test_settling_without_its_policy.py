"""Versions whose policy file or stored reports are no longer what they were."""

from dataclasses import replace

from bot.domain.events import Amended, Opened, Withdrawn
from bot.domain.report import ROUTINE, Status
from bot.domain.settled import Settled
from bot.domain.settling import UNKNOWN_CATEGORY, event_for
from tests.domain.arrivals import settle, version
from tests.domain.loop import CRITICAL, POLICY, SIGNIFICANT, T0, new_alert


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
