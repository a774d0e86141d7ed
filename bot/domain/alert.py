"""THE state machine of an alert: ``advance(alert, event, now) -> (alert, effects)``.

A transition that is not in TRANSITIONS does not exist. Invariant: an open alert has an owner
role and a ``next_action_at``; there is no state in which it waits for nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.domain import ladder
from bot.domain.coverage import SLACK, Person, Role, Roster
from bot.domain.events import (
    Acknowledged,
    AcknowledgmentUndone,
    Amended,
    CallRecorded,
    CancelPages,
    Declined,
    DeclineReason,
    Effect,
    Event,
    NotAllowed,
    Opened,
    PageDelivered,
    PageFailed,
    PageSent,
    PageUncertain,
    ReadBack,
    Reassigned,
    Record,
    Reopened,
    SendNotice,
    SendPage,
    StepDue,
    WindowPassed,
    Withdrawn,
)
from bot.domain.ladder import REPEAT, RETRY, Planned
from bot.domain.page import Notice, Slip
from bot.domain.policy import CategoryPolicy
from bot.domain.report import ReportKey

UNDO_WITHIN = timedelta(minutes=15)
MAX_TRIES = 5
LONGEST_BACKOFF = 30.0
ADMINISTERS = {"coordinator", "radiologist"}


class State(StrEnum):
    """Expiry is a fact beside the state, not a state: paging goes on."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"
    DOWNGRADED = "downgraded"


class Outcome(StrEnum):
    """What is known of one channel in the current paging round."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Reach:
    """One person's channel in the current round."""

    person_id: str
    channel: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Acknowledgment:
    """Who answered for which version, and how. ``by`` is a person's id, or the name that a
    recorded phone call reached; ``at`` is UTC."""

    by: str
    channel: str
    at: datetime
    version: int
    read_back: ReadBack
    recorded_by: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """The loop for one order's result. Times are UTC.

    ``version`` counts the report versions shown, ``material_version`` is the last one that
    changed what an acknowledgment means. ``round`` counts pagings; receipts of an older round
    change no plan. ``roster`` is not stored: the engine fills it in at every load.
    ``note`` says where receipt had to stand in for a time that the sender got wrong.
    ``unreachable`` are owners all of whose channels failed since the last successful climb.
    """

    id: str
    ref: str
    key: ReportKey
    policy: CategoryPolicy
    window_opens_at: datetime
    due_at: datetime
    opened_at: datetime
    report_id: str
    finding_hash: str
    review: str = ""
    note: str = ""
    roster: Roster = field(default_factory=Roster)
    state: State = State.OPEN
    cycle: int = 1
    version: int = 1
    material_version: int = 1
    owner: str = ""
    owner_role: Role = Role.ORDERING_PROVIDER
    round: int = 0
    stale: bool = False
    plan: tuple[Planned, ...] = ()
    reach: tuple[Reach, ...] = ()
    paged: tuple[str, ...] = ()
    paged_in_cycle: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    no_access: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    expired_at: datetime | None = None
    withdrawn_at: datetime | None = None
    acknowledgment: Acknowledgment | None = None

    @property
    def category(self) -> str:
        """The name of the policy's category."""
        return self.policy.name

    @property
    def next_action_at(self) -> datetime | None:
        """When time alone moves this alert next: None only where it has ended."""
        if self.state is not State.OPEN:
            return None
        times = [planned.at for planned in self.plan]
        if self.expired_at is None:
            times.append(self.due_at)
        return min(times)

    def due_event(self, now: datetime) -> StepDue | WindowPassed | None:
        """The event that time has brought, None where nothing is due yet."""
        if self.state is not State.OPEN:
            return None
        if self.expired_at is None and self.due_at <= now:
            return WindowPassed()
        return StepDue() if any(planned.at <= now for planned in self.plan) else None


@dataclass(slots=True)
class _Turn:
    """One call of advance: the alert as it changes, and the effects in their order."""

    alert: Alert
    now: datetime
    effects: list[Effect] = field(default_factory=list)

    def evolve(self, **changes: Any) -> None:  # noqa: ANN401 - as dataclasses.replace
        self.alert = replace(self.alert, **changes)

    def record(
        self, what: str, actor: str = "readback", /, **data: str | int | bool | None
    ) -> None:
        self.effects.append(Record(what, actor, data))


def advance(alert: Alert, event: Event, now: datetime) -> tuple[Alert, tuple[Effect, ...]]:
    """Apply one event. ``now`` is UTC.

    Raises NotAllowed where the person may not do this, or the state knows no such event.
    """
    handler = TRANSITIONS.get((alert.state, type(event)))
    if handler is None:
        raise NotAllowed("ended", f"This alert is {alert.state.value}; nothing more is needed.")
    turn = _Turn(alert, now)
    handler(turn, event)
    return turn.alert, tuple(turn.effects)


# ---- opening, and starting over -------------------------------------------------------------


def _open(turn: _Turn, event: Opened) -> None:
    alert = turn.alert
    turn.record(
        "opened",
        category=alert.category,
        window_opens_at=alert.window_opens_at.isoformat(),
        due_at=alert.due_at.isoformat(),
        review=alert.review or None,
    )
    if event.ended:
        turn.evolve(state=State(event.ended))
        turn.record(event.ended, before_anybody_was_paged=True)
    elif turn.now - alert.window_opens_at > alert.policy.stale_after:
        _review_stale(turn)
    else:
        _start(turn)


def _start(turn: _Turn) -> None:
    """Begin a cycle: the ladder where it fits, everybody at once where it no longer does."""
    alert = turn.alert
    if alert.due_at <= turn.now:
        _expire(turn)
    elif alert.review:
        _climb(turn, Role.COORDINATOR)
    elif not ladder.fits(alert.policy, alert.due_at, turn.now):
        _page_everybody(turn)
    else:
        _climb(turn, Role.ORDERING_PROVIDER)


def _review_stale(turn: _Turn) -> None:
    turn.evolve(stale=True, expired_at=turn.now)
    turn.record("stale_on_receipt")
    _climb(turn, Role.COORDINATOR)


def _start_cycle(turn: _Turn) -> None:
    turn.evolve(
        state=State.OPEN,
        cycle=turn.alert.cycle + 1,
        acknowledgment=None,
        expired_at=None,
        withdrawn_at=None,
        stale=False,
        paged_in_cycle=(),
        unreachable=(),
    )


# ---- paging ---------------------------------------------------------------------------------


def _new_round(turn: _Turn) -> None:
    turn.effects.append(CancelPages())
    turn.evolve(round=turn.alert.round + 1, reach=())


def _page(turn: _Turn, person: Person, role: Role, channels: tuple[str, ...]) -> None:
    """Page one person on the step's channels, or on what they have if they have none of these."""
    wanted = tuple(c for c in channels if c in person.channels) or person.channels
    alert = turn.alert
    for channel in wanted:
        turn.effects.append(SendPage(Slip(person.id, role, channel, alert.round), turn.now))
    turn.evolve(
        reach=(*alert.reach, *(Reach(person.id, c, Outcome.PENDING) for c in wanted)),
        paged=_with(alert.paged, person.id),
        paged_in_cycle=_with(alert.paged_in_cycle, person.id),
    )
    turn.record("page_due", person=person.id, role=role.value, channels=",".join(wanted))


def _climb(turn: _Turn, role: Role) -> None:
    """Make the first reachable person from ``role`` upward the owner, page them, plan the rest."""
    _new_round(turn)
    _climb_in_round(turn, role)


def _climb_in_round(turn: _Turn, role: Role) -> None:
    for role_found, person in _candidates(turn.alert, role):
        if person.channels:
            _own(turn, role_found, person)
            return
        turn.record("unreachable", person=person.id, role=role_found.value)
    _nobody_answers_to(turn)


def _own(turn: _Turn, role: Role, person: Person) -> None:
    previous = turn.alert.owner
    turn.evolve(owner=person.id, owner_role=role)
    if previous != person.id:
        turn.record("owner", person=person.id, role=role.value, before=previous or None)
        _notify(turn, Notice.HANDED_OVER, [previous])
    _page(turn, person, role, _channels_for(turn.alert, role))
    turn.evolve(plan=_plan(turn.alert, turn.now))


def _nobody_answers_to(turn: _Turn) -> None:
    """No one can be reached: the coordinator owns it in name, and is tried again after a gap."""
    alert = turn.alert
    able = [p for p in alert.roster.coordinators if p.id not in alert.declined]
    owner = next(iter(able or alert.roster.coordinators), None)
    turn.evolve(
        owner=owner.id if owner else "",
        owner_role=Role.COORDINATOR,
        unreachable=(),
        plan=(Planned(turn.now + alert.policy.least_gap, RETRY),),
    )
    turn.record("nobody_reachable", owner=owner.id if owner else None)


def _candidates(alert: Alert, role: Role) -> Iterator[tuple[Role, Person]]:
    """Who could own it from ``role`` upward, best first: nobody who declined, whose channels
    failed, or who owns it already in another role."""
    barred = {*alert.declined, *alert.unreachable}
    if role is Role.ORDERING_PROVIDER and alert.roster.ordering:
        yield from _unless_barred(Role.ORDERING_PROVIDER, [alert.roster.ordering], barred)
    if role is not Role.COORDINATOR and alert.roster.designee:
        yield from _unless_barred(Role.DESIGNEE, [alert.roster.designee], {*barred, alert.owner})
    yield from _unless_barred(Role.COORDINATOR, _coordinators_in_turn(alert), barred)


def _unless_barred(
    role: Role, people: list[Person], barred: set[str]
) -> Iterator[tuple[Role, Person]]:
    return ((role, person) for person in people if person.id not in barred)


def _coordinators_in_turn(alert: Alert) -> list[Person]:
    """The roster from the one after the present owner round to the owner."""
    people = list(alert.roster.coordinators)
    ids = [person.id for person in people]
    if alert.owner not in ids:
        return people
    after = ids.index(alert.owner) + 1
    return people[after:] + people[:after]


def _channels_for(alert: Alert, role: Role) -> tuple[str, ...]:
    step = ladder.step_for(alert.policy, role)
    if alert.expired_at or step is None:
        return alert.policy.repeat_channels
    return step.channels


def _plan(alert: Alert, now: datetime) -> tuple[Planned, ...]:
    if alert.expired_at:
        every = alert.policy.window if alert.stale else alert.policy.repeat_every
        return (Planned(now + every, REPEAT),)
    return ladder.plan(alert.policy, alert.due_at, now, alert.owner_role)


# ---- time -----------------------------------------------------------------------------------


def _step_due(turn: _Turn, _: StepDue) -> None:
    """Do the first ownership step that is due, else one reminder: never a bunch after a restart."""
    steps = turn.alert.policy.steps
    due = [planned for planned in turn.alert.plan if planned.at <= turn.now]
    moves = [p for p in due if p.index >= 0 and steps[p.index].who is not Role.OWNER]
    if moves:
        step = steps[moves[0].index]
        turn.record("step_due", step=moves[0].index)
        _climb(turn, step.who)
        if step.please_phone:
            _tell_radiologist(turn)
    elif due and due[-1].index >= 0:
        _remind(turn, due[-1].index)
    elif due:
        turn.evolve(unreachable=())
        _repeat(turn)


def _remind(turn: _Turn, index: int) -> None:
    alert = turn.alert
    turn.record("reminder_due", step=index)
    left = tuple(planned for planned in alert.plan if planned.at > turn.now)
    turn.evolve(plan=left)
    _page_owner_again(turn, alert.policy.steps[index].channels)


def _page_owner_again(turn: _Turn, channels: tuple[str, ...]) -> None:
    """A new round for the same owner; the plan stays, unless they cannot be reached any more."""
    alert = turn.alert
    owner = alert.roster.person(alert.owner)
    _new_round(turn)
    if owner and owner.channels:
        _page(turn, owner, alert.owner_role, channels)
    else:
        turn.record("unreachable", person=alert.owner, role=alert.owner_role.value)
        turn.evolve(unreachable=_with(alert.unreachable, alert.owner))
        _climb_in_round(turn, alert.owner_role)


def _repeat(turn: _Turn) -> None:
    """After expiry the next coordinator owns it; a stale alert stays with the one who has it."""
    if turn.alert.stale:
        turn.evolve(plan=_plan(turn.alert, turn.now))
        _page_owner_again(turn, turn.alert.policy.repeat_channels)
    else:
        _climb(turn, Role.COORDINATOR)


def _window_passed(turn: _Turn, _: WindowPassed) -> None:
    _expire(turn)


def _expire(turn: _Turn) -> None:
    turn.evolve(expired_at=turn.now)
    turn.record("expired", due_at=turn.alert.due_at.isoformat())
    _tell_radiologist(turn)
    _notify(turn, Notice.EXPIRED, list(turn.alert.paged))
    _page_everybody(turn)


def _page_everybody(turn: _Turn) -> None:
    """Too late for a ladder: whoever was not paged in this cycle is paged once, and the next
    coordinator owns it."""
    _new_round(turn)
    roster = turn.alert.roster
    for role, person in (
        (Role.ORDERING_PROVIDER, roster.ordering),
        (Role.DESIGNEE, roster.designee),
    ):
        asked = {*turn.alert.paged_in_cycle, *turn.alert.declined}
        if person and person.channels and person.id not in asked and not turn.alert.review:
            _page(turn, person, role, _channels_for(turn.alert, role))
    _climb_in_round(turn, Role.COORDINATOR)


# ---- receipts -------------------------------------------------------------------------------


def _page_sent(turn: _Turn, event: PageSent) -> None:
    slip = event.slip
    turn.record(_named("sent", slip), **_about(slip))
    if slip.notice:
        return
    _mark(turn, slip, Outcome.SENT)
    alert = turn.alert
    if alert.state is not State.OPEN:
        _rewrite(turn, slip, _ENDED[alert.state])
    elif slip.person_id != alert.owner and slip.round != alert.round:
        _rewrite(turn, slip, Notice.HANDED_OVER)


def _rewrite(turn: _Turn, slip: Slip, notice: Notice) -> None:
    """A page that was in flight while things changed: its Slack message tells the truth."""
    if slip.channel == SLACK:
        late = replace(slip, notice=notice, tries=1, possible_repeat=False)
        turn.effects.append(SendNotice(late, turn.now))


def _page_delivered(turn: _Turn, event: PageDelivered) -> None:
    turn.record(_named("delivered", event.slip), **_about(event.slip))


def _page_failed(turn: _Turn, event: PageFailed) -> None:
    slip = event.slip
    turn.record(
        _named("failed", slip), reason=event.reason, permanent=event.permanent, **_about(slip)
    )
    again = not event.permanent and slip.tries < MAX_TRIES
    if again and (slip.notice or _is_current(turn.alert, slip)):
        _try_again(turn, slip, event.retry_after)
    if slip.notice:
        if not again:
            _notice_by_another_channel(turn, slip)
        return
    _mark(turn, slip, Outcome.PENDING if again else Outcome.FAILED)
    _fail_over(turn, slip)


def _page_uncertain(turn: _Turn, event: PageUncertain) -> None:
    """Repeated at most once and marked; if that is unknown too, the next channel takes over."""
    slip = event.slip
    turn.record(_named("uncertain", slip), **_about(slip))
    wanted = slip.notice or _is_current(turn.alert, slip)
    if not slip.possible_repeat and wanted:
        _send(turn, replace(slip, possible_repeat=True), turn.now)
    elif slip.notice:
        _notice_by_another_channel(turn, slip)
    else:
        _mark(turn, slip, Outcome.UNCERTAIN)
        _fail_over(turn, slip)


def _try_again(turn: _Turn, slip: Slip, retry_after: float | None) -> None:
    wait = min(2.0**slip.tries, LONGEST_BACKOFF) if retry_after is None else retry_after
    _send(turn, replace(slip, tries=slip.tries + 1), turn.now + timedelta(seconds=wait))


def _send(turn: _Turn, slip: Slip, not_before: datetime) -> None:
    kind = SendNotice if slip.notice else SendPage
    turn.effects.append(kind(slip, not_before))


def _fail_over(turn: _Turn, slip: Slip) -> None:
    """The same person's next channel now; all of the owner's channels gone, the next person."""
    alert = turn.alert
    if not _is_current(alert, slip):
        return
    tried = {r.channel for r in alert.reach if r.person_id == slip.person_id}
    person = alert.roster.person(slip.person_id)
    unused = [c for c in person.channels if c not in tried] if person else []
    if person and unused:
        _page(turn, person, slip.role, (unused[0],))
    elif slip.person_id == alert.owner and _all_gone(alert, slip.person_id):
        turn.record("unreachable", person=slip.person_id, role=slip.role.value)
        turn.evolve(unreachable=_with(alert.unreachable, slip.person_id))
        _climb(turn, slip.role)


def _all_gone(alert: Alert, person_id: str) -> bool:
    outcomes = [r.outcome for r in alert.reach if r.person_id == person_id]
    return all(outcome in {Outcome.FAILED, Outcome.UNCERTAIN} for outcome in outcomes)


def _is_current(alert: Alert, slip: Slip) -> bool:
    return alert.state is State.OPEN and slip.round == alert.round


def _mark(turn: _Turn, slip: Slip, outcome: Outcome) -> None:
    if not _is_current(turn.alert, slip):
        return
    here = (slip.person_id, slip.channel)
    turn.evolve(
        reach=tuple(
            replace(r, outcome=outcome) if (r.person_id, r.channel) == here else r
            for r in turn.alert.reach
        )
    )


# ---- people ---------------------------------------------------------------------------------


def _acknowledge(turn: _Turn, event: Acknowledged) -> None:
    alert = turn.alert
    _must_have_been_paged(alert, event.person_id)
    if event.version < alert.material_version:
        raise NotAllowed(
            "superseded",
            "The report has changed since you were shown it. "
            "Please read the newer version and acknowledge that.",
        )
    _end_acknowledged(
        turn,
        Acknowledgment(event.person_id, event.channel, turn.now, event.version, event.read_back),
    )
    turn.record(
        "acknowledged",
        event.person_id,
        channel=event.channel,
        version=event.version,
        read_back=event.read_back.value,
        words=event.words or None,
        late=alert.expired_at is not None,
    )


def _end_acknowledged(turn: _Turn, acknowledgment: Acknowledgment) -> None:
    turn.evolve(state=State.ACKNOWLEDGED, acknowledgment=acknowledgment, plan=(), reach=())
    turn.effects.append(CancelPages())
    others = [p for p in turn.alert.paged if p != acknowledgment.by or SLACK in _channels(turn, p)]
    _notify(turn, Notice.ACKNOWLEDGED, others)


def _already_acknowledged(turn: _Turn, event: Acknowledged) -> None:
    _must_have_been_paged(turn.alert, event.person_id)
    given = turn.alert.acknowledgment
    mine = given is not None and given.by == event.person_id
    raise NotAllowed(
        "already_acknowledged",
        "You have already acknowledged this."
        if mine
        else "Somebody else has already acknowledged this.",
    )


def _undo(turn: _Turn, event: AcknowledgmentUndone) -> None:
    given = turn.alert.acknowledgment
    if given is None or event.person_id not in {given.by, given.recorded_by}:
        raise NotAllowed("not_yours", "Only the person who acknowledged can undo it.")
    if turn.now - given.at > UNDO_WITHIN:
        raise NotAllowed("too_late", "Undo is open for 15 minutes; ask a coordinator to reopen it.")
    turn.evolve(state=State.OPEN, acknowledgment=None)
    turn.record("acknowledgment_undone", event.person_id)
    _resume(turn, holder=event.person_id)


def _resume(turn: _Turn, holder: str) -> None:
    """Take up the ladder where it stands; who just undid it holds it in hand and needs no page."""
    alert = turn.alert
    turn.evolve(plan=_plan(alert, turn.now))
    if alert.owner != holder:
        _page_owner_again(turn, _channels_for(alert, alert.owner_role))
    _notify(turn, Notice.REOPENED, [p for p in alert.paged if p != alert.owner or p == holder])


def _decline(turn: _Turn, event: Declined) -> None:
    alert = turn.alert
    if event.person_id != alert.owner:
        raise NotAllowed(
            "not_owner", "Only the present owner can pass this on; it is not with you."
        )
    turn.evolve(declined=_with(alert.declined, event.person_id))
    if not any(_candidates(turn.alert, alert.owner_role)):
        raise NotAllowed("last_one", "Nobody is left to take it: acknowledge it, or reassign it.")
    turn.record("declined", event.person_id, reason=event.reason.value)
    if event.reason is DeclineReason.NOT_MY_PATIENT:
        turn.evolve(no_access=_with(alert.no_access, event.person_id))
        coordinators = [p.id for p in alert.roster.coordinators if p.channels]
        _notify(turn, Notice.DIRECTORY_ENTRY, coordinators[:1])
    _climb(turn, alert.owner_role)


def _reassign(turn: _Turn, event: Reassigned) -> None:
    alert = turn.alert
    if event.by != alert.owner:
        _must_administer(alert, event.by)
    person = alert.roster.person(event.to)
    if person is None or not person.channels or person.id in alert.declined:
        raise NotAllowed(
            "cannot_take_it", "That person cannot be paged, or has declined this alert."
        )
    turn.record("reassigned", event.by, to=person.id)
    _new_round(turn)
    _own(turn, alert.owner_role, person)


def _record_call(turn: _Turn, event: CallRecorded) -> None:
    _must_administer(turn.alert, event.by)
    read_back = ReadBack.REPEATED if event.repeated_back else ReadBack.NONE
    version = turn.alert.version
    _end_acknowledged(
        turn, Acknowledgment(event.reached, "phone", turn.now, version, read_back, event.by)
    )
    turn.record(
        "call_recorded",
        event.by,
        reached=event.reached,
        number=event.number,
        called_at=event.called_at.isoformat(),
        repeated_back=event.repeated_back,
    )


def _reopen(turn: _Turn, event: Reopened) -> None:
    _must_administer(turn.alert, event.by)
    turn.record("reopened", event.by)
    _start_cycle(turn)
    _start(turn)
    _notify(turn, Notice.REOPENED, _not_just_paged(turn.alert))


def _must_have_been_paged(alert: Alert, person_id: str) -> None:
    if person_id in alert.no_access or person_id not in alert.paged:
        raise NotAllowed("not_paged", "This alert was not sent to you, so you cannot answer it.")


def _must_administer(alert: Alert, person_id: str) -> None:
    person = alert.roster.person(person_id)
    if person is None or not ADMINISTERS & set(person.roles):
        raise NotAllowed("not_entitled", "Only a coordinator or a radiologist can do this.")


# ---- later versions of the report -----------------------------------------------------------


def _amend_open(turn: _Turn, event: Amended) -> None:
    alert = turn.alert
    if event.policy is None:
        _downgrade(turn, event)
        return
    raised = event.policy.severity < alert.policy.severity
    changed = event.finding_hash != alert.finding_hash
    _take_version(turn, event, material=raised or changed)
    if raised:
        due_at = min(alert.due_at, turn.now + event.policy.window)
        turn.evolve(policy=event.policy, due_at=due_at)
    elif event.policy.severity > alert.policy.severity:
        turn.evolve(policy=event.policy, due_at=alert.window_opens_at + event.policy.window)
    if event.policy.severity != alert.policy.severity:
        turn.evolve(plan=_plan(turn.alert, turn.now))
    if raised or changed:
        _page_owner_again(turn, _channels_for(turn.alert, turn.alert.owner_role))
        _notify(turn, Notice.CHANGED, _not_just_paged(turn.alert))


def _amend_ended(turn: _Turn, event: Amended) -> None:
    """An acknowledged alert reopens for a raised category or a changed finding; one that was
    withdrawn or downgraded reopens as soon as the result is flagged again."""
    alert = turn.alert
    if event.policy is None:
        _downgrade(turn, event)
        return
    raised = event.policy.severity < alert.policy.severity
    changed = event.finding_hash != alert.finding_hash
    stands = alert.state is State.ACKNOWLEDGED and alert.withdrawn_at is None
    if stands and not raised and not changed:
        _take_version(turn, event, material=False)
        return
    _take_version(turn, event, material=True)
    _start_cycle(turn)
    turn.evolve(
        policy=event.policy,
        window_opens_at=event.opens_at,
        due_at=event.opens_at + event.policy.window,
    )
    turn.record("reopened", cycle=turn.alert.cycle)
    _start(turn)
    _notify(turn, Notice.REOPENED, _not_just_paged(turn.alert))


def _take_version(turn: _Turn, event: Amended, *, material: bool) -> None:
    version = turn.alert.version + 1
    turn.evolve(
        version=version,
        material_version=version if material else turn.alert.material_version,
        report_id=event.report_id,
        finding_hash=event.finding_hash,
        review=event.review,
    )
    turn.record(
        "amended",
        version=version,
        material=material,
        category=event.policy.name if event.policy else None,
    )


def _downgrade(turn: _Turn, event: Amended) -> None:
    _take_version(turn, event, material=True)
    _end_by_report(turn, State.DOWNGRADED)


def _withdraw(turn: _Turn, event: Withdrawn) -> None:
    version = turn.alert.version + 1
    turn.evolve(report_id=event.report_id, version=version, withdrawn_at=turn.now)
    _end_by_report(turn, State.WITHDRAWN)


def _end_by_report(turn: _Turn, state: State) -> None:
    """An acknowledged alert keeps its state; the people who were paged hear of it all the same."""
    turn.record(state.value, version=turn.alert.version)
    if turn.alert.state is State.ACKNOWLEDGED:
        turn.evolve(withdrawn_at=turn.now)
    else:
        turn.evolve(state=state, plan=(), reach=())
        turn.effects.append(CancelPages())
    _notify(turn, _ENDED[state], list(turn.alert.paged))


def _ignore(turn: _Turn, _: Event) -> None:
    """Time moved on for an alert that has ended meanwhile."""


# ---- notices --------------------------------------------------------------------------------


def _notify(turn: _Turn, notice: Notice, people: list[str]) -> None:
    """One notice a person, on Slack where they have it; a quiet one nowhere else."""
    for person_id in dict.fromkeys(people):
        channels = _channels(turn, person_id)
        if not channels or (notice.quiet and SLACK not in channels):
            continue
        role = turn.alert.owner_role
        channel = SLACK if SLACK in channels else channels[0]
        slip = Slip(person_id, role, channel, turn.alert.round, notice=notice)
        turn.effects.append(SendNotice(slip, turn.now))


def _notice_by_another_channel(turn: _Turn, slip: Slip) -> None:
    channels = _channels(turn, slip.person_id)
    later = channels[channels.index(slip.channel) + 1 :] if slip.channel in channels else ()
    if later and slip.notice and not slip.notice.quiet:
        other = replace(slip, channel=later[0], tries=1, possible_repeat=False)
        turn.effects.append(SendNotice(other, turn.now))


def _tell_radiologist(turn: _Turn) -> None:
    radiologist = turn.alert.roster.radiologist
    if radiologist and radiologist.channels:
        _notify(turn, Notice.PLEASE_PHONE, [radiologist.id])
    else:
        turn.record("radiologist_unreachable")


def _channels(turn: _Turn, person_id: str) -> tuple[str, ...]:
    person = turn.alert.roster.person(person_id)
    return person.channels if person else ()


def _not_just_paged(alert: Alert) -> list[str]:
    fresh = {r.person_id for r in alert.reach}
    return [person_id for person_id in alert.paged if person_id not in fresh]


def _with(people: tuple[str, ...], person_id: str) -> tuple[str, ...]:
    return people if person_id in people else (*people, person_id)


def _named(what: str, slip: Slip) -> str:
    return f"notice_{what}" if slip.notice else f"page_{what}"


def _about(slip: Slip) -> dict[str, str | int | bool | None]:
    return {
        "person": slip.person_id,
        "channel": slip.channel,
        "try": slip.tries,
        "possible_repeat": slip.possible_repeat or None,
        "notice": slip.notice.value if slip.notice else None,
    }


_ENDED = {
    State.ACKNOWLEDGED: Notice.ACKNOWLEDGED,
    State.WITHDRAWN: Notice.WITHDRAWN,
    State.DOWNGRADED: Notice.DOWNGRADED,
}

Handler = Callable[[_Turn, Any], None]
_RECEIPTS: dict[type, Handler] = {
    PageSent: _page_sent,
    PageFailed: _page_failed,
    PageUncertain: _page_uncertain,
    PageDelivered: _page_delivered,
}
_TABLE: dict[State, dict[type, Handler]] = {
    State.OPEN: {
        Opened: _open,
        Amended: _amend_open,
        Withdrawn: _withdraw,
        StepDue: _step_due,
        WindowPassed: _window_passed,
        Acknowledged: _acknowledge,
        Declined: _decline,
        Reassigned: _reassign,
        CallRecorded: _record_call,
        **_RECEIPTS,
    },
    State.ACKNOWLEDGED: {
        Amended: _amend_ended,
        Withdrawn: _withdraw,
        StepDue: _ignore,
        WindowPassed: _ignore,
        Acknowledged: _already_acknowledged,
        AcknowledgmentUndone: _undo,
        Reopened: _reopen,
        **_RECEIPTS,
    },
    State.WITHDRAWN: {
        Amended: _amend_ended,
        Withdrawn: _withdraw,
        StepDue: _ignore,
        WindowPassed: _ignore,
        Reopened: _reopen,
        **_RECEIPTS,
    },
    State.DOWNGRADED: {
        Amended: _amend_ended,
        Withdrawn: _withdraw,
        StepDue: _ignore,
        WindowPassed: _ignore,
        Reopened: _reopen,
        **_RECEIPTS,
    },
}
TRANSITIONS: dict[tuple[State, type], Handler] = {
    (state, event): handler for state, row in _TABLE.items() for event, handler in row.items()
}
