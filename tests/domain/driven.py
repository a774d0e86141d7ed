"""An alert that Hypothesis drives: it is opened somehow, time passes, and each step is checked."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bot.domain.alert import TRANSITIONS, Alert, State, advance
from bot.domain.coverage import VOICE, Person, Roster
from bot.domain.effects import CancelNotices, CancelPages, Effect, SendNotice, SendPage
from bot.domain.events import Amended, Event, NotAllowed, Opened, StepDue
from bot.domain.ladder import CALL
from bot.domain.page import Notice, Slip
from bot.domain.receipts import LONGEST_WAIT
from bot.domain.state import Outcome
from tests.domain.loop import CRITICAL, SIGNIFICANT, T0, new_alert, person
from tests.domain.test_calls import RINGS

NAMES = ["ada", "ben", "carla", "chris", "rosa", "sam"]
CHANNELS = [
    *[("slack", "sms", "voice")] * 2,
    *[("slack", "sms"), ("slack", "voice"), ("sms",), ("slack",), ("voice",)],
]
MOST_EFFECTS = 60
"""For a roster of six people with at most three channels each."""

RECEIVED = [0, 1, 29, 50, 56, 58, 60, 61, 300, 60 * 23, 60 * 25, 60 * 24 * 8]
"""Minutes after the window opened."""

some_minutes = st.floats(0, 90, allow_nan=False)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Anybody in any role, also one person in several, with any channels, or nobody."""
    made = {name: _person(name, draw(st.sampled_from(CHANNELS))) for name in NAMES}
    everybody = tuple(made.values())
    ada, ben, carla, chris, rosa, _ = everybody
    usual = Roster(ada, ben, (carla, chris), rosa, everybody)
    if draw(st.booleans()):
        return usual
    some = st.sampled_from([None, *everybody])
    coordinators = draw(st.lists(st.sampled_from(everybody), max_size=3, unique=True))
    return Roster(draw(some), draw(some), tuple(coordinators), draw(some), everybody)


def _person(name: str, channels: tuple[str, ...]) -> Person:
    """Whom only a call reaches has a PIN: else nothing would reach them."""
    return replace(person(name, channels, _roles(name)), pin=channels == (VOICE,))


def _roles(name: str) -> tuple[str, ...]:
    return {"carla": ("coordinator",), "chris": ("coordinator",), "rosa": ("radiologist",)}.get(
        name, ()
    )


class DrivenAlert(RuleBasedStateMachine):
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


def _stays(effect: SendPage | SendNotice, ringing: str) -> bool:
    rings = (effect.slip.channel, effect.slip.person_id) == (VOICE, ringing)
    return isinstance(effect, SendNotice) or rings


def _cancelled(effect: SendPage | SendNotice, who: str, kinds: frozenset[Notice]) -> bool:
    return effect.slip.notice in kinds and who in {"", effect.slip.person_id}
