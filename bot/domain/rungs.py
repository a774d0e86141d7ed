"""Who could own an alert next, from rung to rung of the ladder."""

from collections.abc import Iterator

from bot.domain import ladder
from bot.domain.coverage import Person, Role
from bot.domain.ladder import RANK
from bot.domain.state import Alert

_ABOVE = {Role.ORDERING_PROVIDER: Role.DESIGNEE}


def above(role: Role) -> Role:
    """The rung to climb to from this one."""
    return _ABOVE.get(role, Role.COORDINATOR)


def candidates(alert: Alert, role: Role) -> Iterator[tuple[Role, Person]]:
    """Who could own it from ``role`` upward, best first: nobody who declined or cannot be reached,
    nor the present owner in a second role. Where the ordering provider is unknown, nobody knows
    whose designee to ask: the coordinators."""
    if role is Role.ORDERING_PROVIDER and alert.roster.ordering is None:
        role = Role.COORDINATOR
    barred = {*alert.declined, *alert.unreachable}
    for rung, people in _rungs(alert):
        if RANK[rung] >= RANK[role] and ladder.step_for(alert.policy, rung):
            yield from ((rung, person) for person in people if person.id not in barred)


def is_last(alert: Alert) -> bool:
    """Whether its owner coordinates and nobody is left to take it: then it stays with them."""
    owner = alert.owner
    coordinates = any(person.id == owner for person in alert.roster.coordinators)
    others = (person for _, person in candidates(alert, above(alert.owner_role)))
    left = any(person.channels and person.id != owner for person in others)
    return (coordinates or alert.owner_role is Role.COORDINATOR) and not left


def _rungs(alert: Alert) -> Iterator[tuple[Role, list[Person]]]:
    roster = alert.roster
    yield Role.ORDERING_PROVIDER, [roster.ordering] if roster.ordering else []
    two_roles = roster.designee and roster.designee.id == alert.owner
    yield Role.DESIGNEE, [roster.designee] if roster.designee and not two_roles else []
    yield Role.COORDINATOR, _coordinators_in_turn(alert)


def _coordinators_in_turn(alert: Alert) -> list[Person]:
    """The roster from the one after the present owner round to the owner."""
    people = list(alert.roster.coordinators)
    ids = [person.id for person in people]
    after = ids.index(alert.owner) + 1 if alert.owner in ids else 0
    return people[after:] + people[:after]
