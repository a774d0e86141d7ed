"""Whom a report would page, and why in this order: the directory fills the ladder, and where there
is none the roles stand for whoever it would name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.domain import foreseen
from bot.domain.coverage import (
    OUT_OF_REACH,
    SLACK,
    SMS,
    VOICE,
    Calls,
    Person,
    Role,
    Roster,
    out_of_reach,
)
from bot.domain.identity import authority_names
from bot.domain.policy import CategoryPolicy
from bot.domain.report import Identifier, Provider, Report
from storage import people

_ORDERER, _READER = "ordering provider", "reading radiologist"
Providers = tuple[Provider, ...]
Look = Callable[[Providers], Roster]
"""Who fills the roles of an alert whose report names these as the ordering provider."""


@dataclass(frozen=True, slots=True)
class Directory:
    """``look`` is None where there is no directory to ask."""

    now: datetime
    look: Look | None = None
    calls: Calls = Calls.NONE


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose turn it is, when, how. ``person`` is None where there is no directory, ``named`` and
    ``identifiers`` are the ordering provider's in the message; ``call_after`` is how much later
    their phone rings. ``because`` says why it is not whom the ladder names: empty where it is."""

    who: Role
    after: timedelta
    channels: tuple[str, ...]
    person: Person | None = None
    named: str = ""
    identifiers: tuple[Identifier, ...] = ()
    call_after: timedelta | None = None
    because: str = ""


def foretell(
    ordering: Providers, policy: CategoryPolicy, review: str, directory: Directory
) -> tuple[Asked, ...]:
    """Everybody in turn, as if the report came the moment its window opens and nobody answered."""
    look = directory.look
    roster = look(ordering) if look else _whoever(ordering, directory.calls)
    turns = foreseen.asked(policy, roster, review, directory.now)
    known = look is not None
    return tuple(_asked(turn, ordering, roster, review, known=known) for turn in turns)


def asked_before_final(report: Report, directory: Directory) -> str:
    """Whom ``preliminary = "notify"`` asks: the reading radiologist, by identifier, else the first
    coordinator who can be reached, and why."""
    reader = () if report.machine or report.radiologist is None else (report.radiologist,)
    role = f"the {_READER}"
    if directory.look is None:
        return role
    roster = directory.look(reader)
    if roster.ordering and roster.ordering.written:
        return f"{role} → {roster.ordering.name}"
    coordinators = (one.name for one in roster.coordinators if one.written)
    who = f"the coordinator → {next(coordinators, 'nobody')}"
    if roster.ordering:
        return f"{who}, as {roster.ordering.name} {OUT_OF_REACH[out_of_reach(roster.ordering)]},"
    why = "no person read it" if report.machine else _why_unknown(_identifiers(reader), _READER)
    return f"{who}, as {why},"


def roster_of(connection: Connection, ordering: Providers) -> Roster:
    """The roster of an alert: the first provider who is known by an identifier."""
    known = (people.by_identifiers(connection, one.identifiers) for one in ordering)
    found = next((person for person in known if person), None)
    return people.roster(connection, found.id if found else None, None)


def _whoever(ordering: Providers, calls: Calls) -> Roster:
    """Somebody for each role whom every channel reaches; for the ordering provider only where an
    identifier could find them."""
    channels = (SLACK, SMS, *((VOICE,) if calls else ()))
    first, designee, coordinator = (
        Person(role, "", "UTC", channels, rings=bool(calls))
        for role in (Role.ORDERING_PROVIDER, Role.DESIGNEE, Role.COORDINATOR)
    )
    findable = any(map(authority_names, _identifiers(ordering)))
    return Roster(first if findable else None, designee, (coordinator,))


def _asked(
    turn: foreseen.Asked, ordering: Providers, roster: Roster, review: str, *, known: bool
) -> Asked:
    of_report = ordering if turn.role is Role.ORDERING_PROVIDER else ()
    passed_by = (_why_passed_by(role, who, ordering, roster) for role, who in turn.passed_by)
    return Asked(
        turn.role,
        turn.after,
        turn.channels,
        turn.person if known else None,
        ", ".join(one.name for one in of_report if one.name),
        _identifiers(of_report),
        turn.call_after,
        "; ".join(filter(None, ("" if turn.after else review, *passed_by))),
    )


def _why_passed_by(role: Role, person: Person | None, ordering: Providers, roster: Roster) -> str:
    if person:
        return f"{person.name} {OUT_OF_REACH[out_of_reach(person)]}"
    if role is Role.DESIGNEE and roster.ordering:
        return f"{roster.ordering.name} has no designee"
    return _why_unknown(_identifiers(ordering), _ORDERER)


def _identifiers(ordering: Providers) -> tuple[Identifier, ...]:
    return tuple(identifier for one in ordering for identifier in one.identifiers)


def _why_unknown(identifiers: tuple[Identifier, ...], whom: str) -> str:
    """Only an identifier with its authority finds somebody."""
    if not identifiers:
        return f"the report names no {whom} by an identifier"
    telling = tuple(one for one in identifiers if authority_names(one))
    if not telling:
        return f"nobody is named as the issuer of the {whom}'s {numbers(identifiers)}"
    return f"nobody in the directory is {numbers(telling)}"


def numbers(identifiers: tuple[Identifier, ...]) -> str:
    return ", ".join(number(identifier) for identifier in identifiers)


def number(identifier: Identifier) -> str:
    """As the people file writes it: AUTHORITY:ID, or the kind where nobody is named as issuer."""
    authority = identifier.authority or identifier.kind
    return f"{authority}:{identifier.value}" if authority else identifier.value
