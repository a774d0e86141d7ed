"""Who owns an alert and who is paged: rounds, climbing, repeats, and what is planned next."""

from datetime import datetime, timedelta

from bot.domain import ladder
from bot.domain.coverage import VOICE, Person, Role
from bot.domain.ladder import REPEAT, RETRY, Planned
from bot.domain.page import NOT_YOURS, Notice, Slip
from bot.domain.rungs import above, candidates
from bot.domain.state import TAKEN, Alert, HandedOver, Outcome, Reach
from bot.domain.turn import (
    Turn,
    channels_of,
    having,
    notify,
    tell_handed_over,
    tell_radiologist,
)

SHORTEST_RETRY = timedelta(seconds=30)


def start(turn: Turn) -> None:
    """Begin a ladder where one fits; else everybody at once, with the coordinator as the owner."""
    alert = turn.alert
    if alert.due_at <= turn.now:
        expire(turn)
    elif alert.review or alert.too_late_for_a_ladder(turn.now):
        climb(turn, Role.COORDINATOR)
    else:
        if alert.roster.ordering is None:
            turn.record("provider_unknown")
        climb(turn, Role.ORDERING_PROVIDER)


def expire(turn: Turn) -> None:
    """Record the miss, ask the radiologist to phone, and page whoever has not been reached yet."""
    note_miss(turn)
    turn.evolve(unreachable=())
    tell_radiologist(turn)
    notify(turn, Notice.EXPIRED, turn.alert.paged)
    climb(turn, Role.COORDINATOR)


def note_miss(turn: Turn) -> None:
    """The window has passed without acknowledgment: a fact, whatever happens next."""
    turn.evolve(expired_at=turn.now)
    turn.record("expired", due_at=turn.alert.due_at.isoformat())


def repeat(turn: Turn) -> None:
    """After expiry the next coordinator owns it; a stale alert stays with the one who has it."""
    turn.evolve(unreachable=())
    if turn.alert.stale:
        replan(turn)
        page_owner_again(turn, turn.alert.policy.repeat_channels)
    else:
        climb(turn, Role.COORDINATOR)


def retry(turn: Turn) -> None:
    """Nobody could be reached. From the bottom where no page of this cycle has got through yet."""
    alert = turn.alert
    turn.in_doubt = frozenset(
        (r.person_id, r.channel) for r in alert.reach if r.outcome is Outcome.UNCERTAIN
    )
    if alert.paged_in_cycle or alert.review or alert.too_late_for_a_ladder(turn.now):
        repeat(turn)
    else:
        turn.evolve(unreachable=())
        climb(turn, Role.ORDERING_PROVIDER)


# ---- ownership ------------------------------------------------------------------------------


def climb(turn: Turn, role: Role) -> None:
    """A new round: the first reachable person from ``role`` upward owns the alert and is paged."""
    new_round(turn)
    climb_in_round(turn, role)
    _page_aside(turn)


def climb_in_round(turn: Turn, role: Role) -> None:
    """The same without touching the pages under way: the next person after a failed page."""
    for rung, person in candidates(turn.alert, role):
        if person.channels:
            own(turn, rung, person)
            return
        turn.record("unreachable", person=person.id, role=rung.value)
    _nobody_answers_to(turn)


def give_up_on_owner(turn: Turn) -> None:
    """The owner cannot be reached: the next person at once, in the same round."""
    alert = turn.alert
    if alert.owner:
        turn.record("unreachable", person=alert.owner, role=alert.owner_role.value)
        turn.evolve(unreachable=having(alert.unreachable, alert.owner))
    climb_in_round(turn, above(alert.owner_role))


def hand_over(turn: Turn, person: Person) -> None:
    """A new round in which this person takes the present owner's place."""
    new_round(turn)
    own(turn, turn.alert.owner_role, person)
    _page_aside(turn)


def own(turn: Turn, role: Role, person: Person) -> None:
    """Make them the owner, page them, and plan what follows."""
    _pass_on(turn, role, person.id)
    page(turn, person, role, channels_for(turn.alert, role))
    replan(turn)


def _pass_on(turn: Turn, role: Role, person_id: str) -> None:
    previous, previous_role = turn.alert.owner, turn.alert.owner_role
    turn.evolve(owner=person_id, owner_role=role)
    if person_id != previous and person_id in turn.alert.paged:
        # A page would take their place, but who owns it in name only gets none.
        turn.cancel_notices(person_id, NOT_YOURS)
    if (previous, previous_role) != (person_id, role):
        turn.record("owner", person=person_id, role=role.value, before=previous or None)
    if previous not in {"", person_id}:
        others = (h for h in turn.alert.handed_over if h.person_id != previous)
        turn.evolve(handed_over=(*others, HandedOver(previous, person_id, turn.now)))
        tell_handed_over(turn, previous)


def _nobody_answers_to(turn: Turn) -> None:
    """The coordinator owns it in name, everybody is tried again after a while, and the radiologist
    hears of it now, but no more often than coordinators would be paged after expiry."""
    alert = turn.alert
    able = (p.id for p in alert.roster.coordinators if p.id not in alert.declined)
    _pass_on(turn, Role.COORDINATOR, next(able, ""))
    again = Planned(turn.now + _until_retry(turn), RETRY)
    turn.evolve(unreachable=(), plan=(again,))
    turn.record("nobody_reachable", owner=turn.alert.owner or None)
    told = alert.radiologist_told_at
    if not alert.stale and (told is None or turn.now - told >= alert.policy.repeat_every):
        tell_radiologist(turn)


def _until_retry(turn: Turn) -> timedelta:
    """A gap between steps. Sooner where everybody was tried and no page of this cycle has got
    through yet: a cut connection spends all of them in seconds, and is over as soon. After as long
    as it has lasted, then, which doubles each time."""
    alert, gap = turn.alert, turn.alert.policy.least_gap
    if not alert.reach or alert.paged_in_cycle:
        return gap
    return min(max(turn.now - alert.opened_at, SHORTEST_RETRY), gap)


# ---- pages ----------------------------------------------------------------------------------


def page(turn: Turn, person: Person, role: Role, channels: tuple[str, ...]) -> None:
    """Page one person on these channels, or on what they have if they have none of them that they
    could answer by; never twice on one channel in a round, as far as ``reach`` remembers it."""
    tried = turn.alert.outcomes(person.id)
    usable = tuple(c for c in channels if c in person.channels)
    first = person.id not in turn.alert.paged  # later calls ask for the code that the first brought
    if not usable or (first and not person.can_answer(usable)):
        usable = person.channels
    wanted = tuple(c for c in usable if c not in tried)
    for channel in wanted:
        doubtful = (person.id, channel) in turn.in_doubt
        turn.send(Slip(person.id, role, channel, turn.alert.round, possible_repeat=doubtful))
    _note_paged(turn, person, wanted)
    if wanted:
        data = {"person": person.id, "role": role.value, "channels": ",".join(wanted)}
        turn.record("page_due", **data, shadow=turn.alert.shadow or None)


def _note_paged(turn: Turn, person: Person, channels: tuple[str, ...]) -> None:
    """In shadow a page counts as taken, as the ladder must go on, and gives nobody a right."""
    alert = turn.alert
    known = Outcome.SENT if alert.shadow else Outcome.PENDING
    turn.evolve(reach=(*alert.reach, *(Reach(person.id, c, known) for c in channels)))
    if alert.shadow:
        turn.evolve(paged_in_cycle=having(alert.paged_in_cycle, person.id))
    else:
        left_out = tuple(p for p in alert.not_theirs if p != person.id)
        turn.evolve(paged=having(alert.paged, person.id), not_theirs=left_out)


def call_owner(turn: Turn) -> None:
    """Ring the owner's phone beside the pages that are out, once in a round; once more where it has
    rung in vain already, in the place of a page that had gone wrong."""
    alert = turn.alert
    owner = alert.roster.person(alert.owner)
    if owner and VOICE in owner.channels:
        in_vain = (owner.id, VOICE, Outcome.FAILED)
        before = (r for r in alert.reach if (r.person_id, r.channel, r.outcome) != in_vain)
        turn.evolve(reach=tuple(before))
        page(turn, owner, alert.owner_role, (VOICE,))


def role_of(alert: Alert, person_id: str) -> Role:
    """In which role somebody is paged in this round who was paged before."""
    roster = alert.roster
    if person_id == alert.owner:
        return alert.owner_role
    if roster.ordering and roster.ordering.id == person_id:
        return Role.ORDERING_PROVIDER
    designee = roster.designee and roster.designee.id == person_id
    return Role.DESIGNEE if designee else Role.COORDINATOR


def page_owner_again(turn: Turn, channels: tuple[str, ...]) -> None:
    """A new round for the same owner; the plan stays, unless they cannot be reached any more, and
    so does the second of two calls."""
    new_round(turn, ringing=turn.alert.owner)
    owner = turn.alert.roster.person(turn.alert.owner)
    if owner and owner.channels:
        page(turn, owner, turn.alert.owner_role, channels)
    else:
        give_up_on_owner(turn)
    _page_aside(turn)


def page_owner_elsewhere(turn: Turn, owner: Person, moved: tuple[str, ...]) -> None:
    """What went out on the channels ``moved`` has reached somebody else, or nobody: a new round on
    those, and on what has not got through. What was read on the others is not sent again."""
    tried = turn.alert.outcomes(owner.id)
    unread = tuple(c for c in tried if c in moved or tried[c] not in TAKEN)
    new_round(turn)
    page(turn, owner, turn.alert.owner_role, unread)
    _page_aside(turn)


def new_round(turn: Turn, *, ringing: str = "") -> None:
    """What is under way is cancelled, and whoever is paged from here on is paged anew.

    A call to the person ``ringing`` stays: two within three minutes break through a phone's
    do-not-disturb, one does not.
    """
    turn.cancel_pages(ringing)
    turn.evolve(round=turn.alert.round + 1, reach=())


def _page_aside(turn: Turn) -> None:
    """Too late for a ladder: whom no page of this cycle has reached is paged beside the owner."""
    alert = turn.alert
    if alert.review or alert.stale or not alert.too_late_for_a_ladder(turn.now):
        return
    for role, person in (
        (Role.ORDERING_PROVIDER, alert.roster.ordering),
        (Role.DESIGNEE, alert.roster.designee),
    ):
        asked = {*alert.paged_in_cycle, *alert.declined, *(r.person_id for r in turn.alert.reach)}
        step = ladder.step_for(alert.policy, role)
        if step and person and person.channels and person.id not in asked:
            page(turn, person, role, channels_for(turn.alert, role))


def channels_for(alert: Alert, role: Role) -> tuple[str, ...]:
    """The channels of the step that names this role, and after expiry those of the repeats."""
    step = ladder.step_for(alert.policy, role)
    if alert.expired_at or step is None:
        return alert.policy.repeat_channels
    return step.channels


def replan(turn: Turn) -> None:
    turn.evolve(plan=_plan(turn.alert, turn.now))


def waits_for_retry(alert: Alert) -> bool:
    """Nobody could be reached, and everybody is tried again after a gap."""
    return any(planned.index == RETRY for planned in alert.plan)


def _plan(alert: Alert, now: datetime) -> tuple[Planned, ...]:
    if alert.expired_at:
        every = alert.policy.window if alert.stale else alert.policy.repeat_every
        return (Planned(now + every, REPEAT),)
    rings = VOICE in channels_of(alert, alert.owner)
    return ladder.plan(alert.policy, alert.due_at, now, alert.owner_role, rings=rings)
