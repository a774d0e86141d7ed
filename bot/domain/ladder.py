"""When the steps of an alert fall due: the policy's ladder, or what is left of it.

A plan only ever lies ahead. ``gap`` is the policy's least gap between steps.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.coverage import Role
from bot.domain.policy import CategoryPolicy, Step

RANK = {Role.ORDERING_PROVIDER: 0, Role.DESIGNEE: 1, Role.COORDINATOR: 2}


@dataclass(frozen=True, slots=True)
class Planned:
    """A step with its time. ``index`` points into the policy's steps; REPEAT is the paging after
    expiry, RETRY another try at coordinators none of whom could be reached, CALL the ringing of
    the owner's phone."""

    at: datetime
    index: int


REPEAT, RETRY, CALL = -1, -2, -3


def plan(
    policy: CategoryPolicy,
    due_at: datetime,
    now: datetime,
    role: Role,
    *,
    rings: bool = False,
) -> tuple[Planned, ...]:
    """The steps still ahead once somebody in ``role`` owns the alert and was paged at ``now``;
    ``rings``: they have a phone that can ring.

    Offsets count back from ``due_at``, so that an upgrade, which shortens the window, starts a
    whole ladder of the new category.

    Who owns it already in the role of a step, or a higher one, is not paged by that step, but its
    ``please_phone`` still comes at its time.

    An ownership step comes a gap from now at the earliest, and the designee's a gap before
    ``due_at`` at the latest; those after it keep their gap, or are left to expiry. Reminders that
    no longer fit between are dropped.
    """
    opens_at = due_at - policy.window
    ahead = [i for i, step in enumerate(policy.steps) if RANK.get(step.who, -1) > RANK[role]]
    moves = _moves(policy, ahead, opens_at, due_at, now)
    reminders = _reminders(policy, opens_at, due_at, now, [now, *(move.at for move in moves)])
    asked = _asked_to_phone(policy, opens_at, due_at, now, role)
    calls = _rings(policy, due_at, now, role) if rings else []
    return tuple(sorted((*moves, *reminders, *asked, *calls), key=lambda planned: planned.at))


def fits(policy: CategoryPolicy, due_at: datetime, now: datetime) -> bool:
    """Whether a step can still be put a gap before the window passes."""
    return now < due_at - policy.least_gap


def _moves(
    policy: CategoryPolicy, ahead: list[int], opens_at: datetime, due_at: datetime, now: datetime
) -> list[Planned]:
    moves: list[Planned] = []
    last = now
    for index in ahead:
        at = max(opens_at + policy.steps[index].after, last + policy.least_gap)
        if policy.steps[index].who is Role.DESIGNEE:
            at = min(at, due_at - policy.least_gap)
        if not now < at < due_at:
            break
        moves.append(Planned(at, index))
        last = at
    return moves


def _reminders(
    policy: CategoryPolicy,
    opens_at: datetime,
    due_at: datetime,
    now: datetime,
    pages: list[datetime],
) -> list[Planned]:
    kept: list[Planned] = []
    for index, step in enumerate(policy.steps):
        at = opens_at + step.after
        clear = all(abs(at - page) >= policy.least_gap for page in pages)
        if step.who is Role.OWNER and now < at < due_at and clear:
            kept.append(Planned(at, index))
    return kept


def _asked_to_phone(
    policy: CategoryPolicy, opens_at: datetime, due_at: datetime, now: datetime, role: Role
) -> list[Planned]:
    return [
        Planned(opens_at + step.after, index)
        for index, step in enumerate(policy.steps)
        if step.please_phone
        and step.who in RANK
        and RANK[step.who] <= RANK[role]
        and now < opens_at + step.after < due_at
    ]


def _rings(policy: CategoryPolicy, due_at: datetime, now: datetime, role: Role) -> list[Planned]:
    """A call comes a while after its person became the owner, however late that was."""
    step = step_for(policy, role)
    if step is None or step.call_after is None or now + step.call_after >= due_at:
        return []
    return [Planned(now + step.call_after, CALL)]


def step_for(policy: CategoryPolicy, role: Role) -> Step | None:
    """The step at which this role becomes owner, if the ladder has one."""
    return next((step for step in policy.steps if step.who is role), None)
