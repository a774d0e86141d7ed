"""Importing the directory: the rows of a file become the people, all of them or none.

A person keeps their id from import to import (storage/people_match.py). Who is not in the file any
more stays, inactive, since alerts and the audit trail name them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.domain.people_file import PersonRow
from storage import locks, people, pins, tables
from storage.columns import AnyRow
from storage.ids import new_id
from storage.people_match import Known, named

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
             for name in (*_FIELDS, "position", "active", "changed_at")})
)  # fmt: skip
_RIGHT = delete(tables.wrong_numbers).where(
    tables.wrong_numbers.c.mobile.in_(bindparam("mobiles", expanding=True))
)
_NO_LANDLINE = delete(tables.landlines).where(
    tables.landlines.c.mobile.in_(bindparam("mobiles", expanding=True))
)
_entries = tables.person_identifiers.c
_DROP_IDENTIFIER = delete(tables.person_identifiers).where(
    _entries.authority == bindparam("was_authority"), _entries.value == bindparam("was_value")
)
_CHANGE_IDENTIFIER = (
    update(tables.person_identifiers)
    .where(_entries.authority == bindparam("is_authority"), _entries.value == bindparam("is_value"))
    .values(person_id=bindparam("is_person_id"), written=bindparam("is_written"))
)
_LEAVE = (
    update(tables.people)
    .where(_columns.id == bindparam("person_id"))
    .values(active=False, changed_at=bindparam("now"))
)


_Entries = dict[tuple[str, str], dict[str, str]]
"""Identifiers by authority and value."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an import does, by names in file order; ``changed`` has the fields beside each name."""

    added: tuple[str, ...]
    changed: tuple[tuple[str, tuple[str, ...]], ...]
    removed: tuple[str, ...]
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """``rows`` are the people as they shall be, in file order. A directory of 20,000 is imported
    each night, and on SQLite pages wait meanwhile: only what differs is written."""

    rows: list["_Planned"]
    leaving: list[AnyRow]
    identifiers: _Entries
    identifiers_before: _Entries

    def change(self) -> Change:
        """The same in words."""
        differing = [(row.new["name"], row.differences) for row in self.rows if row.old]
        changed = tuple((name, what) for name, what in differing if what)
        return Change(
            added=tuple(row.new["name"] for row in self.rows if row.old is None),
            changed=changed,
            removed=tuple(row.name for row in self.leaving),
            unchanged=len(differing) - len(changed),
        )


@dataclass(frozen=True, slots=True)
class _Planned:
    """A person as they shall be, what stands there now, and the fields in which they differ."""

    new: dict[str, Any]
    old: AnyRow | None
    differences: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether anything has to be written; of who is new the designee, see ``apply_import``."""
        if self.old is None:
            return self.new["designee_id"] is not None
        return bool(self.differences) or self.old.position != self.new["position"]

    @property
    def has_new_number(self) -> bool:
        """An admin has entered it: whose it is and what it is they know better. A STOP stands, as
        the carrier goes on refusing what is sent there."""
        return self.old is None or self.old.mobile != self.new["mobile"]

    def changes(self, now: datetime) -> dict[str, Any]:
        """The columns as they shall be."""
        new, old = self.new, self.old
        stays = old is not None and not self.differences
        return {
            **{f"new_{name}": new[name] for name in (*_FIELDS, "position", "active")},
            "person_id": new["id"],
            "new_changed_at": old.changed_at if old is not None and stays else now,
        }


def apply_import(
    connection: Connection,
    rows: Sequence[PersonRow],
    now: datetime,
    hashes: pins.Hashes = MappingProxyType({}),
) -> Change:
    """Make the directory what the file says; ``hashes`` are those of its PINs.

    Raises ValueError for a designee who is not in it.
    """
    locks.lock(connection, "people")
    plan = _plan(connection, rows)
    added = [row.new for row in plan.rows if row.old is None]
    if added:  # designees follow below: they may be further down in the file
        connection.execute(_ADD, [{**new, "designee_id": None, "changed_at": now} for new in added])
    if changes := [row.changes(now) for row in plan.rows if row.differs]:
        connection.execute(_CHANGE, changes)
    new_numbers = [row.new["mobile"] for row in plan.rows if row.has_new_number]
    if new_numbers:
        connection.execute(_RIGHT, {"mobiles": new_numbers})
        connection.execute(_NO_LANDLINE, {"mobiles": new_numbers})
    if plan.leaving:
        connection.execute(_LEAVE, [{"person_id": row.id, "now": now} for row in plan.leaving])
    _write_identifiers(connection, plan.identifiers, plan.identifiers_before)
    _keep_pins(connection, plan, rows, hashes)
    people.changed(connection)
    return plan.change()


def _write_identifiers(connection: Connection, entries: _Entries, before: _Entries) -> None:
    if gone := [{"was_authority": a, "was_value": v} for a, v in before.keys() - entries.keys()]:
        connection.execute(_DROP_IDENTIFIER, gone)
    new = [entry for key, entry in entries.items() if key not in before]
    if new:
        connection.execute(insert(tables.person_identifiers), new)
    other = [entry for key, entry in entries.items() if before.get(key, entry) != entry]
    if other:
        connection.execute(
            _CHANGE_IDENTIFIER, [{f"is_{k}": v for k, v in e.items()} for e in other]
        )


def _keep_pins(
    connection: Connection, plan: _Plan, rows: Sequence[PersonRow], hashes: pins.Hashes
) -> None:
    for row, planned in zip(rows, plan.rows, strict=True):
        if row.line in hashes:
            pins.keep(connection, planned.new["id"], hashes[row.line])
    for left in plan.leaving:
        pins.keep(connection, left.id, "")


def _plan(connection: Connection, rows: Sequence[PersonRow]) -> _Plan:
    known = Known(
        list(connection.execute(_EVERYBODY).all()), list(connection.execute(_IDENTIFIERS).all())
    )
    pairs = list(zip(rows, known.take(rows), strict=True))
    ids = [old.id if old else new_id() for _, old in pairs]
    by_npi = {row.npi: person_id for row, person_id in zip(rows, ids, strict=True) if row.npi}
    new = [
        _person(row, person_id, position, by_npi)
        for position, (row, person_id) in enumerate(zip(rows, ids, strict=True))
    ]
    entries = {
        key: {"authority": key[0], "value": key[1], "person_id": person_id, "written": written}
        for row, person_id in zip(rows, ids, strict=True)
        for key, written in named(row)
    }
    return _Plan(
        rows=[
            _Planned(person, old, (*_differences(person, old), *known.differences(row, old)))
            if old
            else _Planned(person, old, ())
            for person, (row, old) in zip(new, pairs, strict=True)
        ],
        leaving=[row for row in known.left() if row.active],
        identifiers={**known.identifiers(), **entries},
        identifiers_before=known.entries(),
    )


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


def _differences(new: dict[str, Any], old: AnyRow) -> tuple[str, ...]:
    fields = tuple(name for name in _FIELDS if new[name] != getattr(old, name))
    return fields if old.active else ("active", *fields)
