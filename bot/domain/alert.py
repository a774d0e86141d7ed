"""THE state machine of an alert: ``advance(alert, event, now) -> (alert, effects)``.

A transition that is not in TRANSITIONS does not exist. Invariant: an open alert has an owner
role and a ``next_action_at``; there is no state in which it waits for nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.corrections import ask_corrected, moves_ownership
from bot.domain.coverage import SLACK, Role, out_of_reach
from bot.domain.effects import Effect
from bot.domain.events import (
    Acknowledged,
    AcknowledgmentUndone,
    Amended,
    CallRecorded,
    Declined,
    DeclineReason,
    DirectoryChanged,
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
    ReceiptOverdue,
    Reopened,
    ShadowEnded,
    StepDue,
    WindowPassed,
    Withdrawn,
)
from bot.domain.failover import all_gone, all_lost, fail_over
from bot.domain.ladder import CALL, RANK, REPEAT, RETRY
from bot.domain.page import Notice
from bot.domain.paging import (
    call_owner,
    channels_for,
    climb,
    expire,
    hand_over,
    new_round,
    note_miss,
    page_owner_again,
    page_owner_elsewhere,
    repeat,
    replan,
    retry,
    start,
    waits_for_retry,
)
from bot.domain.receipts import (
    page_delivered,
    page_failed,
    page_sent,
    page_uncertain,
    receipt_overdue,
)
from bot.domain.rungs import above, is_last
from bot.domain.state import Acknowledgment, Alert, Outcome, Reach, State
from bot.domain.turn import (
    Turn,
    channels_of,
    entitled,
    having,
    not_just_paged,
    notify,
    tell_a_coordinator,
    tell_handed_over,
    tell_radiologist,
)
from bot.domain.versions import (
    amend_ended,
    amend_open,
    begin,
    end_shadow,
    note_older,
    start_cycle,
    withdraw,
)
from bot.domain.window import not_the_call

__all__ = [
    "ADMINISTERS",
    "TRANSITIONS",
    "UNDO_WITHIN",
    "Acknowledgment",
    "Alert",
    "Outcome",
    "Reach",
    "State",
    "Transition",
    "advance",
]

UNDO_WITHIN = timedelta(minutes=15)
ADMINISTERS = {"coordinator", "radiologist"}
_BY_PEOPLE = (Acknowledged, AcknowledgmentUndone, Declined, Reassigned, CallRecorded, Reopened)


def advance(alert: Alert, event: Event, now: datetime) -> tuple[Alert, tuple[Effect, ...]]:
    """Apply one event. ``now`` is UTC.

    Raises NotAllowed where the person may not do this, or the state knows no such event.
    """
    transition = TRANSITIONS.get((alert.state, type(event)))
    if alert.joined and isinstance(event, _BY_PEOPLE):
        raise NotAllowed("joined", f"This report goes on as {alert.joined}: please answer that.")
    if transition is None:
        _must_be_told(alert, event)
        raise NotAllowed(*_NOTHING_TO_DO[alert.state])
    if alert.shadow and isinstance(event, _BY_PEOPLE):
        raise NotAllowed(*_NOTHING_TO_DO[State.SHADOW])
    turn = Turn(alert, now)
    transition.handler(turn, event)
    return turn.alert, tuple(turn.effects)


def _must_be_told(alert: Alert, event: Event) -> None:
    """How an alert stands is nobody's business whom it does not concern. Who has acknowledged it
    and cannot take it after all must not read that nothing more is needed."""
    match event:
        case Declined(person_id=who) if _has_answered(alert, who):
            raise NotAllowed(
                "undo_first",
                "You have acknowledged this, so nobody else is asked. To pass it on, undo that "
                "first, or ask a coordinator to reopen it.",
            )
        case Reopened(by=who) | CallRecorded(by=who):
            _must_administer(alert, who)
        case Reassigned(by=who):
            _must_own_or_administer(alert, who)


def _has_answered(alert: Alert, person_id: str) -> bool:
    given = alert.acknowledgment
    return given is not None and given.by == person_id and alert.withdrawn_at is None


_NOTHING_TO_DO = {
    State.OPEN: ("still_open", "This alert is open: nobody has acknowledged it yet."),
    State.ACKNOWLEDGED: ("ended", "This alert was acknowledged; nothing more is needed."),
    State.WITHDRAWN: ("ended", "This result was withdrawn; nothing more is needed."),
    State.DOWNGRADED: ("ended", "This result is now routine; nothing more is needed."),
    State.SHADOW: ("shadow", "Opened in shadow: nobody was paged, nothing more is needed."),
}


# ---- opening, and time ----------------------------------------------------------------------


def _open(turn: Turn, event: Opened) -> None:
    """The ordering provider is paged and owns it. Unknown, not understood or stale: a coordinator.
    Ended before it was received: recorded, and nobody is woken."""
    alert = turn.alert
    turn.record(
        "opened",
        category=alert.category,
        window_opens_at=alert.window_opens_at.isoformat(),
        due_at=alert.due_at.isoformat(),
        review=alert.review or None,
        shadow=alert.shadow or None,
    )
    if event.ended:
        turn.evolve(state=State(event.ended), withdrawn_at=turn.now)
        turn.record(event.ended, before_anybody_was_paged=True)
    else:
        begin(turn)


def _step_due(turn: Turn, _: StepDue) -> None:
    """The first ownership step that is due, or one reminder: never a bunch after an outage. In
    shadow nobody ever answers: instead of being repeated for ever it ends."""
    if turn.alert.shadow and turn.alert.expired_at:
        end_shadow(turn)
        return
    plan, now = turn.alert.plan, turn.now
    due = [planned.index for planned in plan if planned.at <= now]
    turn.evolve(plan=tuple(planned for planned in plan if planned.at > now))
    if RETRY in due:
        retry(turn)
    elif REPEAT in due:
        repeat(turn)
    else:
        _take_steps(turn, [index for index in due if index != CALL])
        if CALL in due and turn.alert.owner == turn.before.owner:
            call_owner(turn)


def _take_steps(turn: Turn, due: list[int]) -> None:
    alert = turn.alert
    steps = alert.policy.steps
    moves = [i for i in due if RANK.get(steps[i].who, -1) > RANK[alert.owner_role]]
    reminders = [i for i in due if steps[i].who is Role.OWNER]
    if moves:
        turn.record("step_due", step=moves[0])
        climb(turn, steps[moves[0]].who)
    elif reminders:
        turn.record("reminder_due", step=reminders[-1])
        page_owner_again(turn, steps[reminders[-1]].channels)
    taken = [i for i in due if i not in moves[1:]]
    if any(steps[i].please_phone for i in taken):
        tell_radiologist(turn)


def _window_passed(turn: Turn, _: WindowPassed) -> None:
    """The miss is recorded, the radiologist is asked to phone, coordinators are paged in turn."""
    expire(turn)


def _directory_changed(turn: Turn, event: DirectoryChanged) -> None:
    """An owner whom no channel reaches any more is passed by at once, and so is one whose last
    page that got through is on a channel which reaches them no more; one who was paged at a number
    or account that is not theirs is paged at the right one; where nobody could be reached,
    everybody is tried again. A provider whom it knows only now is asked as a corrected one is, but
    not of what was stale when it came."""
    alert = turn.alert
    owner = alert.roster.person(alert.owner)
    if event.provider_known and not alert.stale and moves_ownership(alert, turn.before):
        turn.record("provider_known")
        ask_corrected(turn)
    elif waits_for_retry(alert):
        retry(turn)
    elif owner is None or not owner.channels:
        reason = out_of_reach(owner)
        turn.record("directory_changed", person=alert.owner or None, reason=reason)
        climb(turn, alert.owner_role)
    elif set(event.moved) & set(alert.outcomes(alert.owner)):
        turn.record("address_changed", person=owner.id, channels=",".join(event.moved))
        page_owner_elsewhere(turn, owner, event.moved)
    elif all_gone(alert, alert.owner):
        fail_over(turn, alert.owner, alert.owner_role, for_good=True)


def _go_live(turn: Turn, _: ShadowEnded) -> None:
    """Opened in shadow, it ends without anybody having been paged."""
    if not turn.alert.shadow:
        raise NotAllowed("not_shadow", "People were paged for this alert: it goes on.")
    end_shadow(turn)


def _too_late(_: Turn, __: Event) -> None:
    """Time moved on, or the directory, for an alert that has ended meanwhile: nothing happens."""


# ---- people ---------------------------------------------------------------------------------


def _acknowledge(turn: Turn, event: Acknowledged) -> None:
    """Whoever was paged may answer, for the version that holds; all paging ends."""
    _must_have_been_paged(turn.alert, event.person_id)
    _must_be_of_the_version_that_holds(turn.alert, event.version)
    given = Acknowledgment(event.person_id, event.channel, turn.now, event.version, event.read_back)
    _end_acknowledged(turn, given)
    turn.record(
        "acknowledged",
        event.person_id,
        channel=event.channel,
        version=event.version,
        read_back=event.read_back.value,
        words=event.words or None,
        already_called=event.already_called or None,
        unproven=event.unproven or None,
        late=turn.alert.expired_at is not None,
    )


def _end_acknowledged(turn: Turn, given: Acknowledgment) -> None:
    if turn.alert.expired_at is None and turn.alert.due_at <= turn.now:
        note_miss(turn)
    turn.evolve(state=State.ACKNOWLEDGED, acknowledgment=given, plan=())
    turn.cancel_pages()
    turn.cancel_told()
    notify(turn, Notice.ACKNOWLEDGED, _but_by_slack(turn, given.by, entitled(turn.alert)))


def _but_by_slack(turn: Turn, actor: str, people: tuple[str, ...]) -> tuple[str, ...]:
    """Whoever acts by SMS gets an answer there; their Slack message must change all the same."""
    on_slack = SLACK in channels_of(turn.alert, actor)
    return tuple(person_id for person_id in people if person_id != actor or on_slack)


def _already_acknowledged(turn: Turn, event: Acknowledged) -> None:
    """Refused with the reason: it is answered already. A repeated click changes nothing."""
    _must_have_been_paged(turn.alert, event.person_id)
    given = turn.alert.acknowledgment
    who = "You have" if given and given.by == event.person_id else "Somebody else has"
    raise NotAllowed("already_acknowledged", f"{who} already acknowledged this.")


def _undo(turn: Turn, event: AcknowledgmentUndone) -> None:
    """Within 15 minutes, by who gave it: the ladder goes on where it stands, and due_at stays."""
    alert = turn.alert
    given = alert.acknowledgment
    if given is None or event.person_id not in {given.by, given.recorded_by} - {""}:
        raise NotAllowed("not_yours", "Only the person who acknowledged can undo it.")
    if turn.now - given.at > UNDO_WITHIN:
        raise NotAllowed("too_late", "Undo is open for 15 minutes; ask a coordinator to reopen it.")
    if alert.withdrawn_at:
        raise NotAllowed("withdrawn", "The result no longer stands: there is nothing to answer.")
    turn.evolve(state=State.OPEN, acknowledgment=None)
    turn.cancel_told()
    turn.record("acknowledgment_undone", event.person_id)
    _resume(turn, holder=event.person_id)
    notify(turn, Notice.REOPENED, _but_by_slack(turn, event.person_id, not_just_paged(turn)))


def _resume(turn: Turn, holder: str) -> None:
    """Take up the ladder where it stands; who just undid it holds it in hand and needs no page,
    unless none has reached them: then nobody else waits to be tried again either. Nor could one
    that they have read be answered where its channel reaches them no more."""
    alert = turn.alert
    expired = alert.expired_at is not None
    late = alert.too_late_for_a_ladder(turn.now) and alert.owner_role is not Role.COORDINATOR
    if not expired and (late or alert.due_at <= turn.now):
        start(turn)
        return
    replan(turn)
    if alert.owner != holder or all_lost(alert) or all_gone(alert, holder):
        page_owner_again(turn, channels_for(alert, alert.owner_role))
    else:
        new_round(turn)  # what was to be tried again in the last one was cancelled by the answer


def _decline(turn: Turn, event: Declined) -> None:
    """By the owner: the next person up the ladder at once. The last coordinator stays, in whichever
    role. From whom it was handed on meanwhile "not my patient" counts, and moves nothing."""
    alert = turn.alert
    if not alert.owner or event.person_id != alert.owner:
        _disown(turn, event)
        return
    if is_last(alert):
        raise nobody_left(alert)
    turn.evolve(declined=having(alert.declined, event.person_id))
    turn.record("declined", event.person_id, reason=event.reason.value)
    not_theirs = event.reason is DeclineReason.NOT_MY_PATIENT
    if not_theirs:
        turn.evolve(no_access=having(alert.no_access, event.person_id))
    climb(turn, above(alert.owner_role))
    if not_theirs:
        tell_a_coordinator(turn, Notice.DIRECTORY_ENTRY)


def nobody_left(alert: Alert) -> NotAllowed:
    """Why the last one cannot decline, and what they can do."""
    return NotAllowed(
        "last_one",
        "Nobody is left to take it. Acknowledge it, or hand it over in Slack: "
        f"/readback assign {alert.ref} @person",
    )


def _disown(turn: Turn, event: Declined) -> None:
    """Of a former owner, whose form was open while it was handed on: that it is not their patient
    still ends their access, and still tells of a wrong entry in the directory."""
    alert, who = turn.alert, event.person_id
    theirs = alert.handed_over_by(who) and alert.may_answer(who)
    if event.reason is not DeclineReason.NOT_MY_PATIENT or not theirs:
        raise NotAllowed(
            "not_owner", "Only the present owner can pass this on; it is not with you."
        )
    turn.evolve(declined=having(alert.declined, who), no_access=having(alert.no_access, who))
    turn.record("declined", who, reason=event.reason.value)
    tell_handed_over(turn, who)
    tell_a_coordinator(turn, Notice.DIRECTORY_ENTRY)


def _reassign(turn: Turn, event: Reassigned) -> None:
    """By the owner, a coordinator or a radiologist, to anybody who can be paged and has not
    declined."""
    alert = turn.alert
    _must_own_or_administer(alert, event.by)
    person = alert.roster.person(event.to)
    if person is None or not person.channels or person.id in alert.declined:
        raise NotAllowed(
            "cannot_take_it", "That person cannot be paged, or has declined this alert."
        )
    if person.id == alert.owner:
        raise NotAllowed("already_owner", "This alert is with that person already.")
    turn.record("reassigned", event.by, to=person.id)
    turn.evolve(unreachable=())
    hand_over(turn, person)


def _record_call(turn: Turn, event: CallRecorded) -> None:
    """A coordinator or radiologist has reached somebody by phone: that is the acknowledgment."""
    _must_administer(turn.alert, event.by)
    version = event.version or turn.alert.version
    _must_be_of_the_version_that_holds(turn.alert, version)
    if wrong := not_the_call(event.called_at, turn.alert.window_opens_at, turn.now):
        raise NotAllowed("no_such_call", wrong)
    read_back = ReadBack.REPEATED if event.repeated_back else ReadBack.NONE
    given = Acknowledgment(event.reached, "phone", turn.now, version, read_back, event.by)
    _end_acknowledged(turn, given)
    turn.record(
        "call_recorded",
        event.by,
        reached=event.reached,
        number=event.number,
        called_at=event.called_at.isoformat(),
        repeated_back=event.repeated_back,
        late=turn.alert.expired_at is not None,
    )


def _reopen(turn: Turn, event: Reopened) -> None:
    """By a coordinator or radiologist, at any time: a new cycle; due_at stays."""
    _must_administer(turn.alert, event.by)
    turn.record("reopened", event.by)
    start_cycle(turn)
    start(turn)
    notify(turn, Notice.REOPENED, not_just_paged(turn))


def _owns(alert: Alert, person_id: str) -> bool:
    """Nobody is the owner in name of an alert that nobody can own."""
    return person_id == alert.owner and person_id != ""


def _must_have_been_paged(alert: Alert, person_id: str) -> None:
    if person_id in alert.no_access:
        raise NotAllowed("no_access", "You said that this is not your patient.")
    if person_id in alert.not_theirs:
        raise NotAllowed(
            "another_provider",
            "The report now names another ordering provider: this is no longer with you.",
        )
    if person_id not in alert.paged:
        raise NotAllowed("not_paged", "This alert was not sent to you, so you cannot answer it.")


def _must_be_of_the_version_that_holds(alert: Alert, version: int) -> None:
    if version < alert.material_version:
        raise NotAllowed(
            "superseded",
            "The report has changed since you were shown it. "
            "Please read the newer version and acknowledge that.",
        )


def _administers(alert: Alert, person_id: str) -> bool:
    person = alert.roster.person(person_id)
    return person is not None and bool(ADMINISTERS & set(person.roles))


def _must_administer(alert: Alert, person_id: str) -> None:
    if not _administers(alert, person_id):
        raise NotAllowed("not_entitled", "Only a coordinator or a radiologist can do this.")


def _must_own_or_administer(alert: Alert, person_id: str) -> None:
    if not _owns(alert, person_id) and not _administers(alert, person_id):
        raise NotAllowed(
            "not_entitled", "Only its owner, a coordinator or a radiologist can do this."
        )


# ---- the table ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transition:
    """What an event does in a state, and the states it may lead to."""

    handler: Callable[[Turn, Any], None]
    to: tuple[State, ...]


_OPEN, _ACKED, _SHADOW = State.OPEN, State.ACKNOWLEDGED, State.SHADOW
_GONE, _LOWERED = State.WITHDRAWN, State.DOWNGRADED
_RECEIPTS: dict[type, Callable[[Turn, Any], None]] = {
    PageSent: page_sent,
    PageFailed: page_failed,
    PageUncertain: page_uncertain,
    PageDelivered: page_delivered,
}
_PASSED: dict[type, Callable[[Turn, Any], None]] = {
    StepDue: _too_late,
    WindowPassed: _too_late,
    ReceiptOverdue: _too_late,
    DirectoryChanged: _too_late,
}


def _staying(
    state: State, handlers: dict[type, Callable[[Turn, Any], None]]
) -> dict[type, Transition]:
    return {event: Transition(handler, (state,)) for event, handler in handlers.items()}


_TABLE: dict[State, dict[type, Transition]] = {
    State.OPEN: {
        Opened: Transition(_open, (_OPEN, _GONE, _LOWERED)),
        Amended: Transition(amend_open, (_OPEN, _LOWERED, _SHADOW)),
        Withdrawn: Transition(withdraw, (_GONE,)),
        OlderVersion: Transition(note_older, (_OPEN,)),
        ShadowEnded: Transition(_go_live, (_SHADOW,)),
        StepDue: Transition(_step_due, (_OPEN, _SHADOW)),
        WindowPassed: Transition(_window_passed, (_OPEN,)),
        ReceiptOverdue: Transition(receipt_overdue, (_OPEN,)),
        DirectoryChanged: Transition(_directory_changed, (_OPEN,)),
        Acknowledged: Transition(_acknowledge, (_ACKED,)),
        Declined: Transition(_decline, (_OPEN,)),
        Reassigned: Transition(_reassign, (_OPEN,)),
        CallRecorded: Transition(_record_call, (_ACKED,)),
        **_staying(_OPEN, _RECEIPTS),
    },
    State.ACKNOWLEDGED: {
        Amended: Transition(amend_ended, (_ACKED, _OPEN)),
        Withdrawn: Transition(withdraw, (_ACKED,)),
        OlderVersion: Transition(note_older, (_ACKED,)),
        Acknowledged: Transition(_already_acknowledged, (_ACKED,)),
        AcknowledgmentUndone: Transition(_undo, (_OPEN,)),
        Reopened: Transition(_reopen, (_OPEN,)),
        **_staying(_ACKED, {**_PASSED, **_RECEIPTS}),
    },
    State.WITHDRAWN: {
        Amended: Transition(amend_ended, (_OPEN, _LOWERED)),
        Withdrawn: Transition(withdraw, (_GONE,)),
        OlderVersion: Transition(note_older, (_GONE,)),
        Reopened: Transition(_reopen, (_OPEN,)),
        **_staying(_GONE, {**_PASSED, **_RECEIPTS}),
    },
    State.DOWNGRADED: {
        Amended: Transition(amend_ended, (_OPEN, _LOWERED)),
        Withdrawn: Transition(withdraw, (_GONE,)),
        OlderVersion: Transition(note_older, (_LOWERED,)),
        Reopened: Transition(_reopen, (_OPEN,)),
        **_staying(_LOWERED, {**_PASSED, **_RECEIPTS}),
    },
    State.SHADOW: {
        Amended: Transition(amend_ended, (_SHADOW, _OPEN, _LOWERED)),
        Withdrawn: Transition(withdraw, (_GONE,)),
        OlderVersion: Transition(note_older, (_SHADOW,)),
        **_staying(_SHADOW, {**_PASSED, **_RECEIPTS}),
    },
}
TRANSITIONS: dict[tuple[State, type], Transition] = {
    (state, event): transition for state, row in _TABLE.items() for event, transition in row.items()
}
