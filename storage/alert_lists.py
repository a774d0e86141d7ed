"""Alerts as lists show them: a row each, without what only the state machine needs."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, literal_column, select

from bot.domain.alert import State
from storage import alert_rows, people, tables
from storage.columns import AnyRow

_columns = tables.alerts.c
_IS_OPEN = _columns.state == literal_column("'open'")


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as lists show it. ``owner`` is a person's id, empty for nobody; times are UTC.
    ``shadow``: nobody was paged for it."""

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
    shadow: bool = False


_LISTED = [field.name for field in fields(AlertRow) if field.name in _columns]
_LIST = select(*(_columns[name] for name in _LISTED), _columns.rest).limit(bindparam("most"))
# From the few that are open to their pages: there are ever more of both, and people ask all day.
_OPEN_BY_DUE = _LIST.where(_IS_OPEN).order_by(_columns.due_at, _columns.id)
_THEIRS = exists().where(
    tables.pages.c.alert_id == _columns.id,
    tables.pages.c.person_id == bindparam("of_person"),
    tables.pages.c.notice.is_(None),
)
_OPEN_OF = _OPEN_BY_DUE.where(_THEIRS)
_LATEST = _LIST.where(_columns.state.in_(bindparam("states", expanding=True))).order_by(
    _columns.opened_at.desc(), _columns.id.desc()
)
_REF = select(_columns.ref).where(_columns.id == bindparam("alert_id"))
_ACKNOWLEDGED_SINCE = (
    select(_columns.id)
    .where(
        _columns.ended_at >= bindparam("since"),
        _columns.state == State.ACKNOWLEDGED.value,
        _columns.acknowledged_at >= bindparam("since"),
    )
    .order_by(_columns.id)
)
_OPEN_IN_SHADOW = select(_columns.id).where(_IS_OPEN, alert_rows.IN_SHADOW)
_OPEN_BESIDES = select(func.count()).where(_IS_OPEN, ~alert_rows.IN_SHADOW)


def listing(
    connection: Connection, states: Sequence[str] = ("open",), limit: int = 100
) -> list[AlertRow]:
    """Open alerts by the end of their window; with ended ones among them, the latest first."""
    if tuple(states) == (State.OPEN.value,):
        found = connection.execute(_OPEN_BY_DUE, {"most": limit})
    else:
        found = connection.execute(_LATEST, {"states": list(states), "most": limit})
    return [_listed(connection, row) for row in found.all()]


def open_of(connection: Connection, person_id: str, limit: int) -> list[AlertRow]:
    """The open alerts that this person was ever to be paged for, by the end of their window."""
    found = connection.execute(_OPEN_OF, {"most": limit, "of_person": person_id})
    return [_listed(connection, row) for row in found.all()]


def acknowledged_since(connection: Connection, since: datetime) -> list[str]:
    """The ids of the alerts that were acknowledged since then (UTC), and still are."""
    return list(connection.execute(_ACKNOWLEDGED_SINCE, {"since": since}).scalars())


def open_in_shadow(connection: Connection) -> list[str]:
    """The ids of the open alerts for which nobody is paged."""
    return list(connection.execute(_OPEN_IN_SHADOW).scalars())


def open_and_paged(connection: Connection) -> int:
    """How many open alerts there are for which people are paged."""
    count: int = connection.execute(_OPEN_BESIDES).scalar_one()
    return count


def ref_of(connection: Connection, alert_id: str) -> str | None:
    """The reference by which people know the alert; None where there is none of this id."""
    found: str | None = connection.execute(_REF, {"alert_id": alert_id}).scalar_one_or_none()
    return found


def _listed(connection: Connection, row: AnyRow) -> AlertRow:
    values = {**row._mapping, "owner": row.owner or ""}
    values["shadow"] = alert_rows.in_shadow(values.pop("rest"))
    person = people.load(connection, values["owner"])
    return AlertRow(**values, owner_name=person.name if person else "")
