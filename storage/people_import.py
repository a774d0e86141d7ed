"""Importing the directory: the rows of a file become the people, all of them or none.

A person keeps their id from import to import, found again by NPI, else by a local id, e-mail
address, Slack account or mobile. Who is not in the file any more stays, inactive, since alerts and
the audit trail name them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.domain.people_file import PersonRow
from bot.domain.report import Identifier
from storage import locks, people, tables
from storage.columns import AnyRow
from storage.ids import new_id

# What a person is told to have changed for.
_FIELDS = (
    "name",
    "email",
    "mobile",
    "slack_team",
    "slack_user",
    "timezone",
    "roles",
    "designee_id",
)
_columns = tables.people.c
_EVERYBODY = select(tables.people).order_by(_columns.position, _columns.id)
_IDENTIFIERS = select(tables.person_identifiers)
_ADD = insert(tables.people)
_CHANGE = (
    update(tables.people)
    .where(_columns.id == bindparam("person_id"))
    .values({name: bindparam(f"new_{name}", type_=_columns[name].type)
             for name in (*_FIELDS, "position", "active", "opted_out_at", "changed_at")})
)  # fmt: skip
_LEAVE = (
    update(tables.people)
    .where(_columns.id == bindparam("person_id"))
    .values(active=False, changed_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Change:
    """What an import does, by names in file order; ``changed`` has the fields beside each name."""

    added: tuple[str, ...]
    changed: tuple[tuple[str, tuple[str, ...]], ...]
    removed: tuple[str, ...]
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """``rows`` are the people as they shall be, in file order, each with what stands there now."""

    rows: list[tuple[dict[str, Any], AnyRow | None]]
    leaving: list[AnyRow]
    identifiers: list[dict[str, str]]

    def change(self) -> Change:
        """The same in words."""
        differing = [(new["name"], _differences(new, old)) for new, old in self.rows if old]
        changed = tuple((name, what) for name, what in differing if what)
        return Change(
            added=tuple(new["name"] for new, old in self.rows if old is None),
            changed=changed,
            removed=tuple(row.name for row in self.leaving),
            unchanged=len(differing) - len(changed),
        )


def plan_import(connection: Connection, rows: Sequence[PersonRow]) -> Change:
    """What ``apply_import`` would do now."""
    return _plan(connection, rows).change()


def apply_import(connection: Connection, rows: Sequence[PersonRow], now: datetime) -> Change:
    """Make the directory what the file says. Raises ValueError for a designee who is not in it."""
    locks.lock(connection, "people")
    plan = _plan(connection, rows)
    added = [new for new, old in plan.rows if old is None]
    if added:  # designees follow below: they may be further down in the file
        connection.execute(_ADD, [{**new, "designee_id": None, "changed_at": now} for new in added])
    connection.execute(_CHANGE, [_changes(new, old, now) for new, old in plan.rows])
    if plan.leaving:
        connection.execute(_LEAVE, [{"person_id": row.id, "now": now} for row in plan.leaving])
    connection.execute(delete(tables.person_identifiers))
    if plan.identifiers:
        connection.execute(insert(tables.person_identifiers), plan.identifiers)
    people.changed(connection)
    return plan.change()


def _plan(connection: Connection, rows: Sequence[PersonRow]) -> _Plan:
    known = _Known(
        list(connection.execute(_EVERYBODY).all()), list(connection.execute(_IDENTIFIERS).all())
    )
    pairs = [(row, known.take(row)) for row in rows]
    ids = [old.id if old else new_id() for _, old in pairs]
    by_npi = {row.npi: person_id for row, person_id in zip(rows, ids, strict=True) if row.npi}
    new = [
        _person(row, person_id, position, by_npi)
        for position, (row, person_id) in enumerate(zip(rows, ids, strict=True))
    ]
    named = {key: entry for row, i in zip(rows, ids, strict=True) for key, entry in _named(row, i)}
    return _Plan(
        rows=[(person, old) for person, (_, old) in zip(new, pairs, strict=True)],
        leaving=[row for row in known.left() if row.active],
        identifiers=[*({**known.identifiers(), **named}).values()],
    )


class _Known:
    """The people on file, each to be found once, by whichever of a row's names comes first."""

    def __init__(self, rows: list[AnyRow], identifiers: list[AnyRow]) -> None:
        self._left = {row.id: row for row in rows}
        self._identifiers = identifiers
        self._names: dict[tuple[str, ...], str] = {
            ("id", row.authority, row.value): row.person_id for row in identifiers
        }
        for row in reversed(rows):
            self._names |= dict.fromkeys(
                _contacts(row.email, row.slack_team, row.slack_user, row.mobile), row.id
            )

    def take(self, row: PersonRow) -> AnyRow | None:
        ids = [("id", authority, value) for (authority, value), _ in _named(row, "")]
        contacts = _contacts(row.email, *(row.slack or ("", "")), row.mobile)
        for name in (*ids, *contacts):
            found = self._left.pop(self._names.get(name, ""), None)
            if found is not None:
                return found
        return None

    def left(self) -> list[AnyRow]:
        return list(self._left.values())

    def identifiers(self) -> dict[tuple[str, str], dict[str, str]]:
        """Of those who are not in the file: they come back as the same people one day."""
        return {
            (row.authority, row.value): dict(row._mapping)
            for row in self._identifiers
            if row.person_id in self._left
        }


def _contacts(email: str, team: str, user: str, mobile: str) -> list[tuple[str, ...]]:
    contacts = [("email", email.casefold()), ("slack", team, user), ("mobile", mobile)]
    return [contact for contact in contacts if contact[-1]]


def _named(row: PersonRow, person_id: str) -> Iterator[tuple[tuple[str, str], dict[str, str]]]:
    npi = [Identifier(row.npi, people.NPI, people.NPI)] if row.npi else []
    for identifier in (*npi, *row.local_ids):
        authority = people.authorities(identifier)[0]
        entry = {"authority": authority, "value": identifier.value, "person_id": person_id,
                 "written": identifier.authority}  # fmt: skip
        yield (authority, identifier.value), entry


def _person(
    row: PersonRow, person_id: str, position: int, by_npi: dict[str, str]
) -> dict[str, Any]:
    if row.designee_npi and row.designee_npi not in by_npi:
        raise ValueError(f"line {row.line}, designee_npi: nobody in this file has it")
    team, user = row.slack or ("", "")
    return {
        "id": person_id,
        "name": row.name,
        "email": row.email,
        "mobile": row.mobile,
        "slack_team": team,
        "slack_user": user,
        "timezone": row.timezone,
        "roles": " ".join(row.roles),
        "designee_id": by_npi[row.designee_npi] if row.designee_npi else None,
        "position": position,
        "active": True,
    }


def _changes(new: dict[str, Any], old: AnyRow | None, now: datetime) -> dict[str, Any]:
    """A new number has not opted out of anything; the same one has, whatever the file says."""
    same_number = old is not None and old.mobile == new["mobile"]
    values = {f"new_{name}": new[name] for name in (*_FIELDS, "position", "active")}
    stays = old.changed_at if old is not None and not _differences(new, old) else now
    opted_out_at = old.opted_out_at if old is not None and same_number else None
    return {
        **values,
        "person_id": new["id"],
        "new_opted_out_at": opted_out_at,
        "new_changed_at": stays,
    }


def _differences(new: dict[str, Any], old: AnyRow) -> tuple[str, ...]:
    fields = tuple(name for name in _FIELDS if new[name] != getattr(old, name))
    return fields if old.active else ("active", *fields)
