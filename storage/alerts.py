"""Alerts: rows to frozen values and back. A change is an insert or a save; nothing is updated in
passing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as inserting

from bot.domain.alert import Alert, State
from bot.domain.report import ReportKey
from storage import alert_rows, audit, people, tables
from storage.columns import AnyRow
from storage.loaded import AlertFacts
from storage.memory import memory

_columns = tables.alerts.c
# Written out, not bound: the planners use a partial index only where they can read its condition.
_IS_OPEN = _columns.state == literal_column("'open'")

_FACTS = ("exam", "modality", "accession", "ordering_person", "radiologist_person")
_INSERT = inserting(tables.alerts)
_CHANGING = (*alert_rows.CHANGING, "ended_at", "revision")
_SAVE = (
    update(tables.alerts)
    .where(_columns.id == bindparam("alert_id"), _columns.revision == bindparam("loaded_revision"))
    .values({name: bindparam(f"new_{name}", type_=_columns[name].type) for name in _CHANGING})
)
_CORRECT = (
    update(tables.alerts)
    .where(_columns.id == bindparam("alert_id"))
    .values({name: bindparam(f"new_{name}", type_=_columns[name].type) for name in _FACTS})
)
_ALL = select(tables.alerts)
_BY_ID = _ALL.where(_columns.id == bindparam("alert_id"))
_BY_IDS = _ALL.where(_columns.id.in_(bindparam("alert_ids", expanding=True))).order_by(_columns.id)
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
NEXT_DUE = (
    select(_columns.next_action_at).where(_IS_OPEN).order_by(_columns.next_action_at).limit(1)
)
_WITHOUT_PROVIDER = select(_columns.id).where(_IS_OPEN, _columns.ordering_person.is_(None))
_OWNER = func.coalesce(_columns.owner, "")
_OWNERS = select(_OWNER).where(_IS_OPEN).distinct()
_OWNED = select(_columns.id, _OWNER.label("owner"), _columns.next_action_at).where(
    _IS_OPEN, _OWNER.in_(bindparam("owners", expanding=True))
)
_OWNERS_AT_ONCE = 10_000
"""Databases take no more than some ten thousand parameters in a statement."""
_REF_TAKEN = select(_columns.id).where(_columns.ref == bindparam("the_ref"))


class ConflictError(Exception):
    """The alert has changed since it was loaded, or was not loaded in this unit of work at all."""


# ---- reading --------------------------------------------------------------------------------


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
    here = memory(connection)
    known = here.alerts.get(alert_id)
    if known and (alert_id in here.revisions or not (for_update and here.writes)):
        return known
    alert = _one(connection, _BY_ID, {"alert_id": alert_id}, for_update=for_update)
    if alert is None:
        raise KeyError(alert_id)
    return alert


def load_all(connection: Connection, alert_ids: Sequence[str]) -> None:
    """Load these for update, so that ``load`` finds them known; in one order for all copies, so
    that none of two waits for the other."""
    for row in connection.execute(_locked(_BY_IDS), {"alert_ids": list(alert_ids)}):
        _known(connection, row, lock=True)


def facts(connection: Connection, alert_id: str) -> AlertFacts:
    """The facts beside the alert. Raises KeyError where there is none of this id."""
    known = memory(connection).facts.get(alert_id)
    if known:
        return known
    row = connection.execute(_BY_ID, {"alert_id": alert_id}).first()
    if row is None:
        raise KeyError(alert_id)
    return _facts(row)


def with_roster(connection: Connection, alert: Alert, facts: AlertFacts) -> Alert:
    """The same alert with its roster as the directory says now."""
    roster = people.roster(connection, facts.ordering_person, facts.radiologist_person, alert.paged)
    return replace(alert, roster=roster)


def due(connection: Connection, now: datetime, limit: int = 500) -> list[str]:
    """The ids of open alerts whose next action has come, longest due first."""
    return list(connection.execute(_DUE, {"now": now, "most": limit}).scalars())


def next_due_at(connection: Connection) -> datetime | None:
    """When time moves an alert next: None where none is open."""
    found: datetime | None = connection.execute(NEXT_DUE).scalar_one_or_none()
    return found


Addresses = Mapping[str, str]
"""Numbers and accounts, by channel."""


def reach_of_owners(connection: Connection) -> dict[str, Addresses]:
    """For each owner of open alerts, "" where nobody owns one, by which channels the directory says
    they are reached, and where. There may be a million open alerts: those are not gone through."""
    owners = connection.execute(_OWNERS).scalars().all()
    found = ((owner, people.load(connection, owner)) for owner in owners)
    return {
        owner: {on: person.address(on) for on in person.channels} if person else {}
        for owner, person in found
    }


def owned_by(connection: Connection, owners: Sequence[str]) -> list[tuple[str, str]]:
    """The ids of their open alerts, each with its owner; the next to act first."""
    found = [
        row
        for start in range(0, len(owners), _OWNERS_AT_ONCE)
        for row in connection.execute(_OWNED, {"owners": owners[start : start + _OWNERS_AT_ONCE]})
    ]
    return [(row.id, row.owner) for row in sorted(found, key=lambda row: row.next_action_at)]


def out_of_reach(connection: Connection) -> list[str]:
    """The ids of open alerts that nobody owns, or whose owner no channel reaches; the next to act
    first."""
    lost = [owner for owner, reach in reach_of_owners(connection).items() if not reach]
    return [alert_id for alert_id, _ in owned_by(connection, lost)]


def without_provider(connection: Connection) -> list[str]:
    """The ids of open alerts whose ordering provider nobody knew when a version came last."""
    return list(connection.execute(_WITHOUT_PROVIDER).scalars())


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
        **alert_rows.from_alert(connection, alert),
        "id": alert.id,
        "ref": alert.ref,
        "revision": 1,
        "key_value": alert.key.value,
        "key_kind": alert.key.kind.value,
        "key_authority": alert.key.authority,
        "opened_at": alert.opened_at,
        "ended_at": None if alert.state is State.OPEN else alert.opened_at,
        **asdict(facts),
    }
    connection.execute(_INSERT, values)
    here = memory(connection)
    here.unpaged.add(alert.id)
    here.revisions[alert.id] = 1
    audit.begin_chain(connection, alert.id)


def save(connection: Connection, alert: Alert, before: Alert, now: datetime) -> None:
    """Replace what was loaded as ``before``. Raises ConflictError where that is not what stands
    there.
    """
    here = memory(connection)
    loaded = here.revisions.get(before.id)
    if loaded is None:
        raise ConflictError("an alert is saved in the unit of work that has loaded it for update")
    new = {
        **alert_rows.from_alert(connection, alert),
        "revision": loaded + 1,
        "ended_at": _ended_at(alert, now),
    }
    values = {f"new_{name}": value for name, value in new.items()}
    where = {"alert_id": alert.id, "loaded_revision": loaded}
    if connection.execute(_SAVE, {**where, **values}).rowcount != 1:
        raise ConflictError("somebody else has changed the alert since it was loaded")
    here.revisions[alert.id] = loaded + 1
    here.alerts.pop(alert.id, None)


def correct(connection: Connection, alert_id: str, facts: AlertFacts) -> None:
    """Replace the facts beside an alert that this unit of work holds for update."""
    if memory(connection).facts.get(alert_id) == facts:
        return
    values = {f"new_{name}": value for name, value in asdict(facts).items()}
    connection.execute(_CORRECT, {"alert_id": alert_id, **values})
    memory(connection).facts[alert_id] = facts
    memory(connection).alerts.pop(alert_id, None)


def _ended_at(alert: Alert, now: datetime) -> datetime | None:
    """Later changes of an ended alert (a withdrawal after the acknowledgment) keep its codes alive
    a little longer.
    """
    return None if alert.state is State.OPEN else now


def _one(
    connection: Connection, statement: Any, where: dict[str, str], *, for_update: bool
) -> Alert | None:
    lock = for_update and memory(connection).writes
    row = connection.execute(_locked(statement) if lock else statement, where).first()
    return _known(connection, row, lock=lock) if row else None


def _known(connection: Connection, row: AnyRow, *, lock: bool) -> Alert:
    here = memory(connection)
    if lock:
        here.revisions[row.id] = row.revision
    alert = alert_rows.to_alert(connection, row)
    here.facts[row.id] = _facts(row)
    here.alerts[row.id] = with_roster(connection, alert, here.facts[row.id])
    return here.alerts[row.id]


def _facts(row: AnyRow) -> AlertFacts:
    return AlertFacts(**{name: row._mapping[name] for name in _FACTS})


@lru_cache(maxsize=8)
def _locked(statement: Any) -> Any:
    return statement.with_for_update()
