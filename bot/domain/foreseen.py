"""Whom an alert would ask, one after the other, while nobody answers.

Nothing here knows the ladder: the state machine itself is let run, as if the report came the moment
its window opens.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.alert import Alert, advance
from bot.domain.coverage import Person, Role, Roster
from bot.domain.effects import Effect, Record, SendPage
from bot.domain.events import Event, Opened
from bot.domain.ladder import CALL, RANK, step_for
from bot.domain.policy import CategoryPolicy
from bot.domain.report import KeyKind, ReportKey

Passed = tuple[Role, Person | None]
"""Who was to be asked in this role and cannot be reached; None where nobody fills it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody becomes the owner so long ``after`` the window has opened, and is paged on
    ``channels``; ``call_after`` is how much later their phone rings. ``passed_by`` are those whose
    turn it was before them."""

    role: Role
    person: Person
    after: timedelta
    channels: tuple[str, ...]
    call_after: timedelta | None
    passed_by: tuple[Passed, ...]


def asked(policy: CategoryPolicy, roster: Roster, review: str, now: datetime) -> Iterator[Asked]:
    """Each owner in turn until the window has passed; nobody where nobody can be reached.

    ``review`` as in Alert; ``now`` is UTC.
    """
    alert, at = _not_yet_open(policy, roster, review, now), now
    event: Event | None = Opened()
    while event is not None:
        after, effects = advance(alert, event, at)
        if owner := _new_owner(alert, after, effects, at):
            yield owner
        alert, at = after, after.next_action_at or after.due_at
        event = alert.due_event(at) if at < alert.due_at else None


def opened(policy: CategoryPolicy, opens_at: datetime, now: datetime) -> Alert:
    """The alert of a report that comes ``now`` (UTC), to see how late that is for its ladder."""
    before = replace(_not_yet_open(policy, Roster(), "", opens_at), opened_at=now)
    return advance(before, Opened(), now)[0]


def _not_yet_open(policy: CategoryPolicy, roster: Roster, review: str, now: datetime) -> Alert:
    return Alert(
        id="",
        ref="",
        key=ReportKey("", KeyKind.MESSAGE, ""),
        policy=policy,
        window_opens_at=now,
        due_at=now + policy.window,
        opened_at=now,
        report_id="",
        finding_hash="",
        review=review,
        roster=roster,
    )


def _new_owner(
    before: Alert, alert: Alert, effects: tuple[Effect, ...], at: datetime
) -> Asked | None:
    person = alert.roster.person(alert.owner)
    slips = (effect.slip for effect in effects if isinstance(effect, SendPage))
    channels = tuple(slip.channel for slip in slips if slip.person_id == alert.owner)
    if person is None or not channels or alert.owner == before.owner:
        return None
    return Asked(
        role=alert.owner_role,
        person=person,
        after=at - alert.opened_at,
        channels=channels,
        call_after=next((p.at - at for p in alert.plan if p.index == CALL), None),
        passed_by=tuple(_passed_by(before, alert, effects)),
    )


def _passed_by(before: Alert, alert: Alert, effects: tuple[Effect, ...]) -> list[Passed]:
    """As the ladder has them."""
    found = (*_nobody_there(before, alert), *_out_of_reach(alert, effects))
    return sorted(found, key=lambda passed: RANK[passed[0]])


def _nobody_there(before: Alert, alert: Alert) -> Iterator[Passed]:
    """Roles below the owner's that nobody fills. Of an alert for review nobody was to be asked."""
    roster = alert.roster
    climbed = before.owner_role is Role.ORDERING_PROVIDER and alert.owner_role is Role.COORDINATOR
    if not climbed or alert.review:
        return
    if roster.ordering is None:
        yield Role.ORDERING_PROVIDER, None
    elif roster.designee is None and step_for(alert.policy, Role.DESIGNEE):
        yield Role.DESIGNEE, None


def _out_of_reach(alert: Alert, effects: tuple[Effect, ...]) -> Iterator[Passed]:
    for effect in effects:
        if isinstance(effect, Record) and effect.what == "unreachable":
            person = alert.roster.person(str(effect.data["person"]))
            yield Role(str(effect.data["role"])), person
