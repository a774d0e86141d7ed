"""Whatever providers, people, reports and the directory may do to an alert, in any order."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from bot.domain.alert import Alert, State
from bot.domain.coverage import Person, Roster
from bot.domain.effects import SendNotice, SendPage
from bot.domain.events import (
    Acknowledged,
    AcknowledgmentUndone,
    Amended,
    CallRecorded,
    Correction,
    Declined,
    DeclineReason,
    DirectoryChanged,
    Event,
    OlderVersion,
    PageDelivered,
    PageFailed,
    PageSent,
    PageUncertain,
    ReadBack,
    Reassigned,
    Reopened,
    ShadowEnded,
    Withdrawn,
)
from bot.domain.failover import all_gone
from bot.domain.ladder import RETRY
from bot.domain.page import Slip
from tests.domain.driven import NAMES, DrivenAlert
from tests.domain.loop import CRITICAL, SIGNIFICANT

OWNER, ANSWERER = "the owner", "who answered"
who = st.sampled_from(NAMES)
likely = st.sampled_from([*NAMES, *(OWNER, ANSWERER) * 4])


class HappeningAlert(DrivenAlert):
    """Anything happens to it but the passing of time."""

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
            own = name == before.owner
            assert own or (reason is DeclineReason.NOT_MY_PATIENT and before.handed_over_by(name))
            assert own or self.alert.owner == before.owner, "it stays where it was handed on to"
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

    @rule(moved=st.sampled_from([(), ("sms", "voice"), ("slack",)]))
    def the_directory_changes(self, moved: tuple[str, ...]) -> None:
        owner = self.alert.roster.person(self.alert.owner)
        self.apply(DirectoryChanged(moved))
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
