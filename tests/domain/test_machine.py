"""Whatever happens to an alert, in whatever order: the rules that must always hold."""

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from bot.domain.alert import State
from bot.domain.coverage import Role
from bot.domain.failover import GONE
from bot.domain.notices import holds
from bot.domain.page import NOT_YOURS
from bot.domain.paging import waits_for_retry
from bot.domain.state import Outcome
from tests.domain.happenings import HappeningAlert


class AlertMachine(HappeningAlert):
    """What always holds of it."""

    @invariant()
    def whoever_is_asked_has_a_page_or_everybody_is_tried_again(self) -> None:
        """Whose pages were all lost is not waited for till the next step."""
        if not hasattr(self, "alert") or not self.alert.is_open or waits_for_retry(self.alert):
            return
        outcomes = set(self.alert.outcomes(self.alert.owner).values())
        assert not outcomes or outcomes - GONE

    @invariant()
    def an_open_alert_waits_for_something_that_lies_ahead(self) -> None:
        if not hasattr(self, "alert") or self.alert.state is not State.OPEN:
            return
        due = self.alert.next_action_at
        assert due is not None
        if self.alert.due_event(self.now) is None:
            assert due > self.now

    @invariant()
    def an_alert_that_ended_waits_for_nothing(self) -> None:
        if hasattr(self, "alert") and self.alert.state is not State.OPEN:
            assert self.alert.next_action_at is None
            assert self.alert.due_event(self.now) is None

    @invariant()
    def an_open_alert_has_one_owner_or_nobody_can_own_it(self) -> None:
        if not hasattr(self, "alert") or self.alert.state is not State.OPEN:
            return
        alert = self.alert
        assert alert.owner_role in {Role.ORDERING_PROVIDER, Role.DESIGNEE, Role.COORDINATOR}
        assert alert.owner not in alert.declined
        if not alert.owner:
            assert alert.owner_role is Role.COORDINATOR
            assert alert.plan, "it is tried again"

    @invariant()
    def what_is_to_be_tried_again_waits_for_that(self) -> None:
        if not hasattr(self, "alert") or not self.alert.is_open or self.alert.shadow:
            return
        waiting = {(e.slip.person_id, e.slip.channel) for e in self.outbox + self.claimed
                   if e.slip.notice is None and e.slip.round == self.alert.round}  # fmt: skip
        for reach in self.alert.reach:
            if reach.outcome is Outcome.RETRYING:
                assert (reach.person_id, reach.channel) in waiting

    @invariant()
    def a_notice_that_waits_says_what_is_so(self) -> None:
        for one in self.outbox if hasattr(self, "alert") else []:
            if one.slip.notice:
                assert holds(self.alert, one.slip, one.slip.notice), one

    @invariant()
    def nobody_waits_to_be_told_that_their_own_alert_was_handed_over(self) -> None:
        if hasattr(self, "alert") and self.alert.is_open:
            waiting = {e.slip.person_id for e in self.outbox if e.slip.notice in NOT_YOURS}
            assert self.alert.owner not in waiting

    @invariant()
    def a_review_or_stale_alert_wakes_coordinators_only(self) -> None:
        if hasattr(self, "alert") and self.alert.is_open and self.alert.stale:
            assert self.alert.owner_role is Role.COORDINATOR


AlertMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestAlertMachine = pytest.mark.timeout(300)(pytest.mark.long(AlertMachine.TestCase))
