"""One call of ``advance`` while it runs: the alert as it changes, its effects, and the notices."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.domain.coverage import SLACK
from bot.domain.effects import CancelNotices, CancelPages, Effect, Record, SendNotice, SendPage
from bot.domain.page import OF_THE_STATE, Notice, Slip
from bot.domain.state import TAKEN, Alert, Outcome, State


@dataclass(slots=True)
class Turn:
    """``before`` is the alert as the event found it; effects keep their order.

    ``handing_over`` is what an owner hears who loses the alert in this turn. ``in_doubt`` are
    people with channels on which a page may have arrived before everybody is tried again.
    """

    before: Alert
    now: datetime
    handing_over: Notice = Notice.HANDED_OVER
    in_doubt: frozenset[tuple[str, str]] = frozenset()
    alert: Alert = field(init=False)
    effects: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alert = self.before

    def evolve(self, **changes: Any) -> None:
        self.alert = replace(self.alert, **changes)

    def record(
        self, what: str, actor: str = "readback", /, **data: str | int | bool | None
    ) -> None:
        self.effects.append(Record(what, actor, data))

    def send(self, slip: Slip, not_before: datetime | None = None) -> None:
        """Put it into the outbox, to leave now unless told otherwise. What is new takes the place
        of what still waits and tells less."""
        repeats = slip.possible_repeat and (slip.person_id, slip.channel) not in self.in_doubt
        if slip.tries == 1 and not repeats:
            self.cancel_notices(slip.person_id, _superseded_by(slip))
        kind = SendNotice if slip.notice else SendPage
        self.effects.append(kind(slip, not_before or self.now))

    def cancel_pages(self, ringing: str = "") -> None:
        self.effects.append(CancelPages(ringing))

    def cancel_notices(self, person_id: str, kinds: frozenset[Notice]) -> None:
        cancel = CancelNotices(person_id, kinds)
        notices = [effect for effect in self.effects if not isinstance(effect, SendPage)]
        if notices[-1:] != [cancel]:
            self.effects.append(cancel)

    def cancel_told(self) -> None:
        """The alert ends or begins anew: nobody needs to hear how it stood before."""
        self.cancel_notices("", OF_THE_STATE | {Notice.PLEASE_PHONE})


def _superseded_by(slip: Slip) -> frozenset[Notice]:
    return slip.notice.supersedes if slip.notice else OF_THE_STATE


ENDED = {
    State.ACKNOWLEDGED: Notice.ACKNOWLEDGED,
    State.WITHDRAWN: Notice.WITHDRAWN,
    State.DOWNGRADED: Notice.DOWNGRADED,
}


def notify(turn: Turn, notice: Notice, people: tuple[str, ...]) -> None:
    """One notice a person, on Slack where they have it; a quiet one nowhere else."""
    for person_id in dict.fromkeys(people):
        channels = written_of(turn.alert, person_id)
        if channels and not (notice.quiet and SLACK not in channels):
            notify_on(turn, notice, person_id, channels[0])


def notify_on(turn: Turn, notice: Notice, person_id: str, channel: str) -> None:
    alert = turn.alert
    turn.send(Slip(person_id, alert.owner_role, channel, alert.round, notice=notice))


def tell_handed_over(turn: Turn, person_id: str) -> None:
    """Their Slack message says so; a phone rings for it only where it has rung for the page, and
    not for whoever has just passed it on: they get an answer where they did."""
    channels = written_of(turn.alert, person_id)
    outcomes = turn.before.outcomes(person_id)
    stands = person_id in turn.alert.in_slack or outcomes.get(SLACK) is not Outcome.FAILED
    if SLACK in channels and stands:
        notify_on(turn, _for_former_owner(turn, person_id), person_id, SLACK)
        return
    if person_id in set(turn.alert.declined) - set(turn.before.declined):
        return
    rung = [c for c in channels if outcomes.get(c) in TAKEN]
    if rung:
        notify_on(turn, turn.handing_over, person_id, rung[0])


def _for_former_owner(turn: Turn, person_id: str) -> Notice:
    return Notice.NOT_MY_PATIENT if person_id in turn.alert.no_access else turn.handing_over


def rewrite(turn: Turn, slip: Slip) -> None:
    """A page that was in flight while things changed: its Slack message tells the truth."""
    if slip.channel == SLACK:
        former = _for_former_owner(turn, slip.person_id)
        stands = ENDED.get(turn.alert.taken_back or turn.alert.state, former)
        ended = former if former is Notice.NOT_MY_PATIENT else stands
        notify_on(turn, ended, slip.person_id, SLACK)


def tell_radiologist(turn: Turn) -> None:
    """Ask the reading radiologist to phone."""
    radiologist = turn.alert.roster.radiologist
    if radiologist and radiologist.written:
        notify(turn, Notice.PLEASE_PHONE, (radiologist.id,))
        turn.evolve(radiologist_told_at=turn.now)
        turn.record("radiologist_asked_to_phone", person=radiologist.id)
    else:
        turn.record("radiologist_unreachable")


def tell_a_coordinator(turn: Turn, notice: Notice) -> None:
    """The first who can be reached."""
    able = [p.id for p in turn.alert.roster.coordinators if p.written]
    notify(turn, notice, tuple(able[:1]))


def channels_of(alert: Alert, person_id: str) -> tuple[str, ...]:
    person = alert.roster.person(person_id)
    return person.channels if person else ()


def written_of(alert: Alert, person_id: str) -> tuple[str, ...]:
    """The channels for notices."""
    person = alert.roster.person(person_id)
    return person.written if person else ()


def entitled(alert: Alert) -> tuple[str, ...]:
    """Who was paged and may still answer."""
    return tuple(person_id for person_id in alert.paged if alert.may_answer(person_id))


def not_just_paged(turn: Turn) -> tuple[str, ...]:
    """Who is entitled to hear of a change and is not being paged for it anyway."""
    new_round = turn.alert.round != turn.before.round
    fresh = {reach.person_id for reach in turn.alert.reach} if new_round else set()
    return tuple(person_id for person_id in entitled(turn.alert) if person_id not in fresh)


def not_told(turn: Turn, notice: Notice, people: tuple[str, ...]) -> tuple[str, ...]:
    """Those of them who have not got this notice in this turn already."""
    told = {e.slip.person_id for e in turn.effects
            if isinstance(e, SendNotice) and e.slip.notice is notice}  # fmt: skip
    return tuple(person_id for person_id in people if person_id not in told)


def having(people: tuple[str, ...], person_id: str) -> tuple[str, ...]:
    return people if person_id in people else (*people, person_id)
