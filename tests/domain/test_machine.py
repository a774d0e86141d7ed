"""Whatever happens to an alert, in whatever order: the rules that must always hold."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.alert import TRANSITIONS, Alert, State, advance
from bot.domain.coverage import VOICE, Person, Role, Roster
from bot.domain.events import (
    Acknowledged,
    AcknowledgmentUndone,
    Amended,
    CallRecorded,
    CancelNotices,
    CancelPages,
    Correction,
    Declined,
    DeclineReason,
    DirectoryChanged,
    Effect,
    Event,
    NotAllowed,
    OlderVersion,
    Opened,
    PageDelivered,
    PageFailed,
    PageSent,
    PageUncertain,
    ReadBack,
    Reassigned,
    Reopened,
    SendNotice,
    SendPage,
    ShadowEnded,
    StepDue,
    Withdrawn,
)
from bot.domain.failover import GONE, all_gone
from bot.domain.ladder import CALL, RETRY
from bot.domain.notices import holds
from bot.domain.page import NOT_YOURS, Notice, Slip
from bot.domain.paging import waits_for_retry
from bot.domain.receipts import LONGEST_WAIT
from bot.domain.state import Outcome
from tests.domain.loop import CRITICAL, SIGNIFICANT, T0, new_alert, person
from tests.domain.test_calls import RINGS

NAMES = ["ada", "ben", "carla", "chris", "rosa", "sam"]
CHANNELS = [*[("slack", "sms", "voice")] * 2, ("slack", "sms"), ("sms",), ("slack",), ("voice",)]
MOST_EFFECTS = 60
"""For a roster of six people with at most three channels each."""

RECEIVED = [0, 1, 29, 50, 56, 58, 60, 61, 300, 60 * 23, 60 * 25, 60 * 24 * 8]
"""Minutes after the window opened."""

OWNER, ANSWERER = "the owner", "who answered"
who = st.sampled_from(NAMES)
likely = st.sampled_from([*NAMES, *(OWNER, ANSWERER) * 4])
some_minutes = st.floats(0, 90, allow_nan=False)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Anybody in any role, also one person in several, with any channels, or nobody."""
    made = {name: person(name, draw(st.sampled_from(CHANNELS)), _roles(name)) for name in NAMES}
    everybody = tuple(made.values())
    ada, ben, carla, chris, rosa, _ = everybody
    usual = Roster(ada, ben, (carla, chris), rosa, everybody)
    if draw(st.booleans()):
        return usual
    some = st.sampled_from([None, *everybody])
    coordinators = draw(st.lists(st.sampled_from(everybody), max_size=3, unique=True))
    return Roster(draw(some), draw(some), tuple(coordinators), draw(some), everybody)


def _roles(name: str) -> tuple[str, ...]:
    return {"carla": ("coordinator",), "chris": ("coordinator",), "rosa": ("radiologist",)}.get(
        name, ()
    )


class AlertMachine(RuleBasedStateMachine):
    """Drives ``advance`` with every event, and keeps the outbox as storage would."""

    alert: Alert
    now: datetime

    @initialize(
        roster=rosters(),
        policy=st.sampled_from([CRITICAL, SIGNIFICANT, RINGS]),
        received=st.sampled_from(
            [0, 1, 29, 50, 56, 58, 60, 61, 300, 60 * 23, 60 * 25, 60 * 24 * 8]
        ),
        review=st.sampled_from(["", "", "", "code not known"]),
        ended=st.sampled_from([*[""] * 10, "withdrawn", "downgraded"]),
        shadow=st.sampled_from([False, False, True]),
    )
    def open(
        self, roster: Roster, policy: object, received: int, review: str, ended: str, shadow: bool
    ) -> None:
        chosen = {CRITICAL: CRITICAL, SIGNIFICANT: SIGNIFICANT, RINGS: RINGS}[policy]  # type: ignore[index] # one of its keys
        self.now = T0 + timedelta(minutes=received)
        self.alert = replace(new_alert(roster, chosen, review), shadow=shadow)
        self.outbox: list[SendPage | SendNotice] = []
        self.claimed: list[SendPage | SendNotice] = []
        self.pages: set[Slip] = set()
        self.misses = 0
        self.apply(Opened(ended))

    # ---- the shell ----

    def apply(self, event: Event) -> bool:
        before = self.alert
        try:
            after, effects = advance(before, event, self.now)
        except NotAllowed:
            return False
        self._check(before, event, after, effects)
        self.alert = after
        for effect in effects:
            match effect:
                case CancelPages(ringing):
                    self.outbox = [e for e in self.outbox if _stays(e, ringing)]
                case CancelNotices(person_id, kinds):
                    self.outbox = [e for e in self.outbox if not _cancelled(e, person_id, kinds)]
                case SendPage() | SendNotice() if not after.shadow:
                    self.outbox.append(effect)
                case _:
                    pass
        return True

    def _check(
        self, before: Alert, event: Event, after: Alert, effects: tuple[Effect, ...]
    ) -> None:
        assert after.state in TRANSITIONS[before.state, type(event)].to
        assert len(effects) <= MOST_EFFECTS
        assert after.version >= before.version
        assert after.material_version <= after.version
        assert after.round >= before.round
        assert set(before.paged) <= set(after.paged)
        forgiven = set(before.no_access) if not after.no_access else set()
        assert set(before.declined) - forgiven <= set(after.declined)
        pages = [effect for effect in effects if isinstance(effect, SendPage)]
        if after.state is not State.OPEN:
            assert not pages, "an alert that has ended pages nobody"
        if before.shadow:
            assert after.shadow or isinstance(event, Amended), "only a newer report pages really"
        elif before.is_open:
            assert not after.shadow, "what people were paged for never falls silent"
        if isinstance(event, StepDue) and CALL in [p.index for p in before.plan]:
            self._a_call_rings_anew_after_one_in_vain(before)
        for page in pages:
            self._check_page(after, page)

    def _a_call_rings_anew_after_one_in_vain(self, before: Alert) -> None:
        owner = before.owner
        if before.outcomes(owner).get(VOICE) is Outcome.FAILED:
            calls = {s for s in self.pages if (s.person_id, s.channel) == (owner, VOICE)}
            self.pages -= {slip for slip in calls if slip.round == before.round}

    def _check_page(self, after: Alert, page: SendPage) -> None:
        slip = page.slip
        found = after.roster.person(slip.person_id)
        assert found is not None
        assert slip.channel in found.channels, "a page goes where its person can be reached"
        assert slip.person_id not in after.declined, "who declined is not paged again"
        assert after.shadow or slip.person_id in after.paged, "who is paged may answer"
        rings = (slip.channel, slip.person_id) == (VOICE, after.owner)
        again = slip.tries == 2 or slip.possible_repeat
        assert slip.round == after.round or (rings and again), "only a second call outlives a round"
        assert page.not_before >= self.now
        assert page.not_before <= self.now + timedelta(seconds=LONGEST_WAIT)
        assert slip not in self.pages, "each try once on one channel in a round"
        self.pages.add(slip)

    # ---- time ----

    @rule(by=some_minutes, swept=st.booleans())
    def time_passes(self, by: float, swept: bool) -> None:
        """Possibly a long outage: what fell due is done late, and in a bounded number of events."""
        self.now += timedelta(minutes=by)
        if swept:
            self.do_what_is_due()

    @rule()
    def the_next_action_comes(self) -> None:
        if self.alert.next_action_at:
            self.now = max(self.now, self.alert.next_action_at)
            self.do_what_is_due()

    def do_what_is_due(self) -> None:
        for _ in range(3):
            event = self.alert.due_event(self.now)
            if event is None:
                return
            assert self.apply(event)
        assert self.alert.due_event(self.now) is None, "time never spins in one instant"

    # ---- providers ----

    @precondition(lambda self: self.outbox)
    @rule(data=st.data())
    def the_dispatcher_claims(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.outbox))
        self.outbox.remove(chosen)
        self.claimed.append(chosen)

    @precondition(lambda self: self.claimed)
    @rule(data=st.data(), outcome=st.sampled_from(["sent", "lost", "refused", "busy", "later"]))
    def a_provider_answers(self, data: st.DataObject, outcome: str) -> None:
        chosen = data.draw(st.sampled_from(self.claimed))
        self.claimed.remove(chosen)
        self.apply(_answer(chosen.slip, outcome))

    @rule(outcome=st.sampled_from(["sent", "lost", "refused", "busy"]))
    def everything_goes_the_same_way(self, outcome: str) -> None:
        """Even where every attempt fails, the instant ends, and the next action lies ahead."""
        for _ in range(1000):
            waiting = self.claimed + [e for e in self.outbox if not self._is_later(e)]
            if not waiting:
                break
            self.outbox = list(filter(self._is_later, self.outbox))
            self.claimed = []
            for one in waiting:
                self.apply(_answer(one.slip, outcome))
        assert all(map(self._is_later, self.outbox))
        self.do_what_is_due()

    @rule(outcome=st.sampled_from(["lost", "refused"]))
    def every_page_goes_the_same_way_before_a_notice_leaves(self, outcome: str) -> None:
        """Notices go by a slower channel, or by one that is down."""
        for _ in range(1000):
            waiting = [e for e in self.outbox if isinstance(e, SendPage) and not self._is_later(e)]
            if not waiting:
                break
            self.outbox = [e for e in self.outbox if e not in waiting]
            for one in waiting:
                self.apply(_answer(one.slip, outcome))
        self.do_what_is_due()

    def _is_later(self, effect: SendPage | SendNotice) -> bool:
        """A page that is tried again goes on for as long as its round; notices come to an end."""
        return isinstance(effect, SendPage) and effect.not_before > self.now

    @precondition(lambda self: self.claimed)
    @rule(data=st.data())
    def a_carrier_confirms(self, data: st.DataObject) -> None:
        before = self.alert
        self.apply(PageDelivered(data.draw(st.sampled_from(self.claimed)).slip))
        assert replace(self.alert, reach=before.reach) == before, "a receipt moves nothing"
        assert len(self.alert.reach) == len(before.reach)

    # ---- people ----

    def meant(self, name: str) -> str:
        given = self.alert.acknowledgment
        return {OWNER: self.alert.owner, ANSWERER: given.by if given else ""}.get(name, name)

    @rule(name=likely, stale=st.booleans())
    def somebody_acknowledges(self, name: str, stale: bool) -> None:
        before, name = self.alert, self.meant(name)
        version = 0 if stale else before.version
        done = self.apply(Acknowledged(name, "slack", version, ReadBack.VIEWED))
        if done:
            assert name in before.paged
            assert name not in before.no_access
            assert version >= before.material_version
            assert not [e for e in self.outbox if isinstance(e, SendPage)], "no page afterwards"

    @rule(name=likely, later=st.integers(0, 16))
    def somebody_undoes(self, name: str, later: int) -> None:
        self.now += timedelta(minutes=later)
        self.apply(AcknowledgmentUndone(self.meant(name)))
        self.do_what_is_due()

    @rule(name=likely, reason=st.sampled_from(DeclineReason))
    def somebody_declines(self, name: str, reason: DeclineReason) -> None:
        before, name = self.alert, self.meant(name)
        if self.apply(Declined(name, reason)):
            assert name == before.owner
            assert self.alert.owner != name, "a decliner never owns it again"

    @rule(by=likely, to=who)
    def somebody_reassigns(self, by: str, to: str) -> None:
        if self.apply(Reassigned(self.meant(by), to)):
            assert self.alert.owner == to

    @rule(by=who, version=st.integers(0, 3))
    def somebody_records_a_call(self, by: str, version: int) -> None:
        self.apply(CallRecorded(by, "Dr. X", "5550100", self.now, True, version))

    @rule(by=who)
    def somebody_reopens(self, by: str) -> None:
        self.apply(Reopened(by))
        self.do_what_is_due()

    # ---- reports and the directory ----

    @rule(
        policy=st.sampled_from([CRITICAL, SIGNIFICANT, CRITICAL, SIGNIFICANT, None]),
        finding=st.sampled_from(["f1", "f2"]),
        age=st.sampled_from([0, 5, 59, 300, 60 * 24 * 10]),
        review=st.sampled_from(["", "", "code not known"]),
        shadow=st.booleans(),
    )
    def a_newer_version_comes(
        self, policy: object, finding: str, age: int, review: str, shadow: bool
    ) -> None:
        chosen = {CRITICAL: CRITICAL, SIGNIFICANT: SIGNIFICANT, None: None}[policy]  # type: ignore[index] # one of its keys
        opens_at = self.now - timedelta(minutes=age)
        self.apply(Amended("r2", chosen, finding, opens_at, review, SIGNIFICANT, shadow=shadow))
        self.do_what_is_due()

    @rule(
        ordering=st.sampled_from([None, *NAMES]),
        designee=st.sampled_from([None, *NAMES]),
        corrected=st.tuples(st.booleans(), st.booleans()),
        finding=st.sampled_from(["f1", "f1", "f2"]),
    )
    def a_newer_version_names_other_people(
        self,
        ordering: str | None,
        designee: str | None,
        corrected: tuple[bool, bool],
        finding: str,
    ) -> None:
        before, roster = self.alert, self.alert.roster
        everybody = tuple(p for p in map(roster.person, NAMES) if p)
        named = {p.id: p for p in everybody}
        now = replace(
            roster,
            ordering=named.get(ordering or ""),
            designee=named.get(designee or ""),
            others=everybody,
        )
        correction = Correction(now, *corrected)
        self.apply(
            Amended("r2", before.policy, finding, self.now, before.review, correction=correction)
        )
        self._check_correction(before, correction)
        self.do_what_is_due()

    def _check_correction(self, before: Alert, correction: Correction) -> None:
        after, ordering = self.alert, correction.roster.ordering
        if correction.another_patient and before.state is State.ACKNOWLEDGED:
            assert after.is_open, "nobody has acknowledged it for this patient"
        if correction.another_patient:
            assert after.material_version == after.version
        was = before.roster.ordering
        if was is None or was == ordering or before.owner != was.id or before.review:
            return
        # What was opened in shadow ends with the first version that pages people.
        if correction.another_provider and before.is_open and after.is_open:
            named = {after.roster.designee, *after.roster.coordinators}
            assert after.owner != was.id or was in named, "the wrong provider keeps nothing"

    @rule()
    def the_directory_changes(self) -> None:
        owner = self.alert.roster.person(self.alert.owner)
        self.apply(DirectoryChanged())
        if self.alert.is_open and not (owner and owner.channels):
            now = self.alert.roster.person(self.alert.owner)
            waits = [planned.index for planned in self.alert.plan]
            assert (now and now.channels) or waits == [RETRY], "nobody waits for who has left"
        if self.alert.is_open and self.alert.plan:
            waits = [planned.index for planned in self.alert.plan]
            assert waits == [RETRY] or not all_gone(self.alert, self.alert.owner)

    @precondition(lambda self: self.alert.version % 3 == 1)
    @rule()
    def the_result_is_withdrawn(self) -> None:
        self.apply(Withdrawn("r3", SIGNIFICANT))

    @rule(doubtful=st.booleans())
    def an_older_version_says_more(self, doubtful: bool) -> None:
        self.apply(OlderVersion("critical", doubtful=doubtful))

    @rule()
    def the_site_goes_live(self) -> None:
        if self.apply(ShadowEnded()):
            assert self.alert.state is State.SHADOW

    @rule(name=who)
    def somebody_leaves_the_hospital(self, name: str) -> None:
        self.alert = replace(self.alert, roster=_without(self.alert.roster, name))

    @rule(name=who)
    def somebody_becomes_coordinator(self, name: str) -> None:
        found = self.alert.roster.person(name)
        if found and found not in self.alert.roster.coordinators:
            coordinators = (*self.alert.roster.coordinators, found)
            self.alert = replace(
                self.alert, roster=replace(self.alert.roster, coordinators=coordinators)
            )

    # ---- what always holds ----

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


def _stays(effect: SendPage | SendNotice, ringing: str) -> bool:
    rings = (effect.slip.channel, effect.slip.person_id) == (VOICE, ringing)
    return isinstance(effect, SendNotice) or rings


def _cancelled(effect: SendPage | SendNotice, who: str, kinds: frozenset[Notice]) -> bool:
    return effect.slip.notice in kinds and who in {"", effect.slip.person_id}


def _without(roster: Roster, name: str) -> Roster:
    def kept(found: Person | None) -> Person | None:
        return None if found is None or found.id == name else found

    return Roster(
        kept(roster.ordering),
        kept(roster.designee),
        tuple(p for p in roster.coordinators if p.id != name),
        kept(roster.radiologist),
        tuple(p for p in roster.others if p.id != name),
    )


def _answer(slip: Slip, outcome: str) -> Event:
    match outcome:
        case "sent":
            return PageSent(slip)
        case "lost":
            return PageUncertain(slip)
        case "refused":
            return PageFailed(slip, "number-unknown", permanent=True)
        case "later":
            return PageFailed(slip, "rate-limited", permanent=False, retry_after=3600)
        case _:
            return PageFailed(slip, "busy", permanent=False)


AlertMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestAlertMachine = pytest.mark.timeout(300)(pytest.mark.no_cover(AlertMachine.TestCase))
