"""Where a message that could not be used waits, with the reason, until it is replayed or
dismissed.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.domain.message import RawMessage, Unusable
from bot.domain.report import Flag
from storage import codec, tables
from storage.columns import AnyRow
from storage.ids import new_id
from storage.locks import lock

_FLAGS = TypeAdapter(tuple[Flag, ...])
_columns = tables.quarantine.c
_PUT = insert(tables.quarantine).on_conflict_do_nothing(index_elements=["message_id", "reason"])
_IS_WAITING = _columns.replayed_at.is_(None) & _columns.dismissed_at.is_(None)
_WAITING = (
    select(_columns.id).where(_columns.reason == bindparam("of_reason"), _IS_WAITING).limit(1)
)
_SAME = select(_columns.id).where(
    _columns.message_id == bindparam("of_message"), _columns.reason == bindparam("of_reason")
)
_ENTRIES = select(
    _columns.id,
    _columns.message_id,
    _columns.reason,
    _columns.detail,
    _columns.flags,
    _columns.error_code,
    _columns.location,
    _columns.quarantined_at,
    _columns.replayed_at,
    _columns.dismissed_at,
    _columns.source,
    _columns.sender,
    _columns.control_id,
    _columns.size,
)
_ALL = _ENTRIES.order_by(_columns.quarantined_at, _columns.id)
_STILL_WAITING = _ALL.where(_IS_WAITING)
_OF_MESSAGE = _STILL_WAITING.where(_columns.message_id == bindparam("message_id"))
_COUNT = (
    select(_columns.reason, func.count().label("waiting"))
    .where(_IS_WAITING)
    .group_by(_columns.reason)
).order_by(func.count().desc(), _columns.reason)
_SHOW = _ENTRIES.where(_columns.id == bindparam("entry_id"))
_REPLAYED = (
    update(tables.quarantine)
    .where(_columns.id == bindparam("entry_id"), _IS_WAITING)
    .values(replayed_at=bindparam("now"))
)
_DISMISSED = (
    update(tables.quarantine)
    .where(_columns.id == bindparam("entry_id"), _IS_WAITING)
    .values(dismissed_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An entry with what identifies its message; ``messages.load`` has the bytes. Times are UTC."""

    id: str
    message_id: str
    unusable: Unusable
    quarantined_at: datetime
    replayed_at: datetime | None
    dismissed_at: datetime | None
    source: str
    sender: str
    control_id: str
    size: int


@dataclass(frozen=True, slots=True)
class Put:
    """Where it waits now. ``first``: none of this reason did, so a person has to hear of it.
    ``new``: this message did not."""

    id: str
    first: bool
    new: bool


def put(
    connection: Connection, message_id: str, raw: RawMessage, unusable: Unusable, now: datetime
) -> Put:
    """Set the message aside. The same message for the same reason makes no second entry."""
    lock(connection, "quarantine", unusable.reason)
    waiting = connection.execute(_WAITING, {"of_reason": unusable.reason}).first()
    entry_id = new_id()
    values = {
        "id": entry_id,
        "message_id": message_id,
        "source": raw.source,
        "sender": raw.sender,
        "control_id": raw.control_id,
        "size": raw.size,
        "reason": unusable.reason,
        "detail": unusable.detail,
        "flags": codec.dump(_FLAGS, unusable.flags),
        "error_code": unusable.error_code,
        "location": unusable.location,
        "quarantined_at": now,
    }
    put_in = connection.execute(_PUT, values).rowcount == 1
    if not put_in:
        same = {"of_message": message_id, "of_reason": unusable.reason}
        return Put(connection.execute(_SAME, same).scalar_one(), first=False, new=False)
    return Put(entry_id, first=waiting is None, new=True)


def listing(connection: Connection, *, waiting_only: bool = True) -> list[Quarantined]:
    """The entries, oldest first."""
    statement = _STILL_WAITING if waiting_only else _ALL
    return [_entry(row) for row in connection.execute(statement)]


def waiting(connection: Connection) -> dict[str, int]:
    """How many wait for each reason, the most first."""
    return {row.reason: row.waiting for row in connection.execute(_COUNT)}


def show(connection: Connection, entry_id: str) -> Quarantined:
    """The entry of this id. Raises KeyError where there is none."""
    row = connection.execute(_SHOW, {"entry_id": entry_id}).first()
    if row is None:
        raise KeyError(entry_id)
    return _entry(row)


def waiting_for(connection: Connection, message_id: str) -> Quarantined | None:
    """Where this message still waits, the first reason for it."""
    row = connection.execute(_OF_MESSAGE, {"message_id": message_id}).first()
    return _entry(row) if row else None


def replayed(connection: Connection, entry_id: str, now: datetime) -> bool:
    """It waits no longer. False if it did not wait any more."""
    done = connection.execute(_REPLAYED, {"entry_id": entry_id, "now": now})
    return done.rowcount == 1


def dismissed(connection: Connection, entry_id: str, now: datetime) -> bool:
    """A person has decided that nothing has to be done. False if it did not wait any more."""
    done = connection.execute(_DISMISSED, {"entry_id": entry_id, "now": now})
    return done.rowcount == 1


def _entry(row: AnyRow) -> Quarantined:
    unusable = Unusable(
        row.reason, row.detail, _FLAGS.validate_json(row.flags), row.error_code, row.location
    )
    return Quarantined(
        row.id,
        row.message_id,
        unusable,
        row.quarantined_at,
        row.replayed_at,
        row.dismissed_at,
        row.source,
        row.sender,
        row.control_id,
        row.size,
    )
