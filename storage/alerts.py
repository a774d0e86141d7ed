"""Alerts: rows to frozen values and back. A change is an insert or a save; nothing is updated in passing."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as inserting

from bot.domain.alert import Alert, State
from bot.domain.policy import CategoryPolicy
from bot.domain.policy_json import policy_from_json, policy_to_json
from bot.domain.report import ReportKey
from storage import audit, codec, locks, people, tables
from storage.columns import AnyRow
from storage.memory import memory

_ALERT = TypeAdapter(Alert)
# Everything else goes into `rest`, so that a new field of Alert needs no migration.
_IN_COLUMNS = {"id", "ref", "key", "policy", "report_id", "state", "owner", "owner_role", "roster",
               "window_opens_at", "due_at", "opened_at", "expired_at"}  # fmt: skip
_columns = tables.alerts.c
# Written out, not bound: the planners use a partial index only where they can read its condition.
_IS_OPEN = _columns.state == literal_column("'open'")

_INSERT = inserting(tables.alerts)
_INSERT_POLICY = inserting(tables.policies).on_conflict_do_nothing(index_elements=["id"])
_POLICY = select(tables.policies.c.body).where(tables.policies.c.id == bindparam("policy_id"))
_SAVED = ("policy_id", "report_id", "category", "state", "owner", "owner_role", "window_opens_at", "due_at",
          "next_action_at", "expired_at", "acknowledged_at", "rest", "revision")  # fmt: skip
_SAVE = (
    update(tables.alerts)
    .where(_columns.id == bindparam("alert_id"), _columns.revision == bindparam("loaded_revision"))
    .values({name: bindparam(f"new_{name}", type_=_columns[name].type) for name in _SAVED})
    .values(ended_at=bindparam("new_ended_at", type_=_columns.ended_at.type))
)
_ALL = select(tables.alerts)
_BY_ID = _ALL.where(_columns.id == bindparam("alert_id"))
_BY_REF = _ALL.where(_columns.ref == bindparam("the_ref"))
_BY_KEY = _ALL.where(
    _columns.key_value == bindparam("value"),
    _columns.key_kind == bindparam("kind"),
    _columns.key_authority == bindparam("authority"),
)
_DUE = (
    select(_columns.id)
    .where(_IS_OPEN, _columns.next_action_at <= bindparam("now"))
    .order_by(_columns.next_action_at)
    .limit(bindparam("most"))
)
_NEXT_DUE = (
    select(_columns.next_action_at).where(_IS_OPEN).order_by(_columns.next_action_at).limit(1)
)
_REF_TAKEN = select(_columns.id).where(_columns.ref == bindparam("the_ref"))


class ConflictError(Exception):
    """The alert has changed since it was loaded, or was not loaded in this unit of work at all."""


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What the alert's row says of its exam, and which people its providers were resolved to."""

    exam: str = ""
    modality: str = ""
    accession: str = ""
    ordering_person: str | None = None
    radiologist_person: str | None = None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as lists show it. ``owner`` is a person's id, empty for nobody; times are UTC."""

    id: str
    ref: str
    category: str
    state: str
    owner: str
    owner_name: str
    owner_role: str
    window_opens_at: datetime
    due_at: datetime
    opened_at: datetime
    next_action_at: datetime | None
    expired_at: datetime | None
    acknowledged_at: datetime | None
    ended_at: datetime | None
    exam: str
    modality: str
    accession: str


_LISTED = [field.name for field in fields(AlertRow) if field.name != "owner_name"]
_LIST = select(*(_columns[name] for name in _LISTED)).where(
    _columns.state.in_(bindparam("states", expanding=True))
).limit(bindparam("most"))  # fmt: skip
_LIST_BY_DUE = _LIST.order_by(_columns.due_at, _columns.id)
_LIST_LATEST = _LIST.order_by(_columns.opened_at.desc(), _columns.id.desc())


# ---- reading --------------------------------------------------------------------------------


def lock_key(connection: Connection, key: ReportKey) -> None:
    """Let nobody else open or amend this order's alert until the transaction ends."""
    locks.lock(connection, "key", key.authority, key.kind.value, key.value)


def by_key(connection: Connection, key: ReportKey) -> Alert | None:
    """The alert of this order's result, locked for change where the transaction writes."""
    where = {"value": key.value, "kind": key.kind.value, "authority": key.authority}
    return _one(connection, _BY_KEY, where, for_update=True)


def by_ref(connection: Connection, ref: str) -> Alert | None:
    """The alert with this reference."""
    return _one(connection, _BY_REF, {"the_ref": ref}, for_update=False)


def load(connection: Connection, alert_id: str, *, for_update: bool = True) -> Alert:
    """The alert with its roster as of now. Raises KeyError where there is none of this id.

    ``for_update`` holds it against others until the transaction ends; only then may it be saved.
    """
    alert = _one(connection, _BY_ID, {"alert_id": alert_id}, for_update=for_update)
    if alert is None:
        raise KeyError(alert_id)
    return alert


def facts(connection: Connection, alert_id: str) -> AlertFacts:
    """The facts beside the alert. Raises KeyError where there is none of this id."""
    row = connection.execute(_BY_ID, {"alert_id": alert_id}).first()
    if row is None:
        raise KeyError(alert_id)
    return AlertFacts(
        row.exam, row.modality, row.accession, row.ordering_person, row.radiologist_person
    )


def with_roster(connection: Connection, alert: Alert, facts: AlertFacts) -> Alert:
    """The same alert with its roster as the directory says now."""
    roster = people.roster(connection, facts.ordering_person, facts.radiologist_person, alert.paged)
    return replace(alert, roster=roster)


def due(connection: Connection, now: datetime, limit: int = 500) -> list[str]:
    """The ids of open alerts whose next action has come, longest due first."""
    return list(connection.execute(_DUE, {"now": now, "most": limit}).scalars())


def next_due_at(connection: Connection) -> datetime | None:
    """When time moves an alert next: None where none is open."""
    found: datetime | None = connection.execute(_NEXT_DUE).scalar_one_or_none()
    return found


def listing(
    connection: Connection, states: Sequence[str] = ("open",), limit: int = 100
) -> list[AlertRow]:
    """Open alerts by the end of their window; with states that ended among them, the latest first."""
    statement = _LIST_BY_DUE if tuple(states) == (State.OPEN.value,) else _LIST_LATEST
    found = connection.execute(statement, {"states": list(states), "most": limit})
    return [_listed(connection, row) for row in found.all()]


def free_ref(connection: Connection, candidates: Iterable[str]) -> str:
    """The first of them that no alert has. Raises LookupError where all are taken."""
    for ref in candidates:
        if connection.execute(_REF_TAKEN, {"the_ref": ref}).first() is None:
            return ref
    raise LookupError("every reference offered is taken: offer longer ones")


# ---- writing --------------------------------------------------------------------------------


def insert(connection: Connection, alert: Alert, facts: AlertFacts) -> None:
    """Store a new alert, at best as it stands after its opening: that saves the save."""
    values = {
        **_row(connection, alert),
        "id": alert.id,
        "ref": alert.ref,
        "revision": 1,
        "key_value": alert.key.value,
        "key_kind": alert.key.kind.value,
        "key_authority": alert.key.authority,
        "opened_at": alert.opened_at,
        "ended_at": None if alert.state is State.OPEN else alert.opened_at,
        "exam": facts.exam,
        "modality": facts.modality,
        "accession": facts.accession,
        "ordering_person": facts.ordering_person,
        "radiologist_person": facts.radiologist_person,
    }
    connection.execute(_INSERT, values)
    here = memory(connection)
    here.new_alerts.add(alert.id)
    here.revisions[alert.id] = 1
    audit.begin_chain(connection, alert.id)


def save(connection: Connection, alert: Alert, before: Alert, now: datetime) -> None:
    """Replace what was loaded as ``before``. Raises ConflictError where that is not what stands there."""
    here = memory(connection)
    loaded = here.revisions.get(before.id)
    if loaded is None:
        raise ConflictError("an alert is saved in the unit of work that has loaded it for update")
    new = {**_row(connection, alert), "revision": loaded + 1, "ended_at": _ended_at(alert, now)}
    values = {f"new_{name}": value for name, value in new.items()}
    where = {"alert_id": alert.id, "loaded_revision": loaded}
    if connection.execute(_SAVE, {**where, **values}).rowcount != 1:
        raise ConflictError("somebody else has changed the alert since it was loaded")
    here.revisions[alert.id] = loaded + 1


def _ended_at(alert: Alert, now: datetime) -> datetime | None:
    """Later changes of an ended alert (a withdrawal after the acknowledgment) keep its codes alive a little longer."""
    return None if alert.state is State.OPEN else now


def _row(connection: Connection, alert: Alert) -> dict[str, Any]:
    given = alert.acknowledgment
    return {
        "policy_id": _policy_id(connection, alert.policy),
        "report_id": alert.report_id or None,
        "category": alert.category,
        "state": alert.state.value,
        "owner": alert.owner or None,
        "owner_role": alert.owner_role.value,
        "window_opens_at": alert.window_opens_at,
        "due_at": alert.due_at,
        "next_action_at": alert.next_action_at,
        "expired_at": alert.expired_at,
        "acknowledged_at": given.at if given else None,
        "rest": codec.dump(_ALERT, alert, exclude=_IN_COLUMNS),
    }


def _one(
    connection: Connection, statement: Any, where: dict[str, str], *, for_update: bool
) -> Alert | None:
    here = memory(connection)
    lock = for_update and here.writes
    row = connection.execute(_locked(statement) if lock else statement, where).first()
    if row is None:
        return None
    if lock:
        here.revisions[row.id] = row.revision
    alert = _alert(connection, row)
    named = AlertFacts(
        ordering_person=row.ordering_person, radiologist_person=row.radiologist_person
    )
    return with_roster(connection, alert, named)


@lru_cache(maxsize=8)
def _locked(statement: Any) -> Any:
    return statement.with_for_update()


def _alert(connection: Connection, row: AnyRow) -> Alert:
    values = json.loads(row.rest)
    values.update(
        id=row.id,
        ref=row.ref,
        key={"authority": row.key_authority, "kind": row.key_kind, "value": row.key_value},
        policy=_policy(connection, row.policy_id),
        window_opens_at=row.window_opens_at,
        due_at=row.due_at,
        opened_at=row.opened_at,
        report_id=row.report_id or "",
        state=row.state,
        owner=row.owner or "",
        owner_role=row.owner_role,
        expired_at=row.expired_at,
    )
    alert: Alert = _ALERT.validate_python(values)
    return alert


def _listed(connection: Connection, row: AnyRow) -> AlertRow:
    values = {**row._mapping, "owner": row.owner or ""}
    person = people.load(connection, values["owner"])
    return AlertRow(**values, owner_name=person.name if person else "")


# ---- the policy's copy ----------------------------------------------------------------------


def _policy_id(connection: Connection, policy: CategoryPolicy) -> str:
    """The id under which this policy is stored, storing it where it is new."""
    policy_id, body = _policy_row(policy)
    shared = memory(connection).shared
    if policy_id not in shared.stored_policies:
        values = {"id": policy_id, "name": policy.name, "body": body}
        connection.execute(_INSERT_POLICY, values)
        # Not before the commit: the insert may be rolled back, and then has to be made again.
        memory(connection).callbacks.append(lambda: shared.stored_policies.add(policy_id))
    return policy_id


@lru_cache(maxsize=256)
def _policy_row(policy: CategoryPolicy) -> tuple[str, str]:
    body = policy_to_json(policy)
    return hashlib.sha256(body.encode()).hexdigest(), body


def _policy(connection: Connection, policy_id: str) -> CategoryPolicy:
    known = memory(connection).shared.policies
    if policy_id not in known:
        body = connection.execute(_POLICY, {"policy_id": policy_id}).scalar_one()
        known[policy_id] = policy_from_json(body)
    return known[policy_id]
