"""Raw messages: kept before anything else is done with them, once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.domain.message import RawMessage
from storage import tables
from storage.ids import new_id

_columns = tables.messages.c
# PostgreSQL's form of the clause is SQLite's too.
_KEEP = insert(tables.messages).on_conflict_do_nothing(
    index_elements=["source", "control_id", "digest"]
)
_SAME = (
    (_columns.source == bindparam("from_source"))
    & (_columns.control_id == bindparam("with_control_id"))
    & (_columns.digest == bindparam("with_digest"))
)
_COUNT = (
    update(tables.messages)
    .where(_SAME)
    .values(copies=_columns.copies + 1, last_received_at=bindparam("now"))
)
_FIND = select(
    _columns.id, _columns.outcome, (func.length(_columns.data) < _columns.size).label("cut")
).where(_SAME)
_COMPLETE = (
    update(tables.messages)
    .where(_columns.id == bindparam("message_id"))
    .values(data=bindparam("whole"))
)
_TURNED = (
    update(tables.messages)
    .where(_columns.id == bindparam("message_id"))
    .values(outcome=bindparam("new_outcome"), reason=bindparam("new_reason"))
)
_LOAD = select(
    _columns.id,
    _columns.source,
    _columns.sender,
    _columns.control_id,
    _columns.processing_id,
    _columns.digest,
    _columns.size,
    _columns.data,
    _columns.outcome,
    _columns.reason,
    _columns.copies,
    _columns.received_at,
    _columns.last_received_at,
).where(_columns.id == bindparam("message_id"))


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a message was stored; ``duplicate`` if an identical one had been before, and what had
    become of that: its ``outcome``."""

    id: str
    outcome: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as it came. ``data`` is cut to its beginning where ``size`` says more, and empty
    where [retention] has removed it; times are UTC.
    """

    id: str
    source: str
    sender: str
    control_id: str
    processing_id: str
    digest: str
    size: int
    data: bytes
    outcome: str
    reason: str
    copies: int
    received_at: datetime
    last_received_at: datetime

    @property
    def is_removed(self) -> bool:
        """Whether it was older than the site keeps the bytes."""
        return bool(self.size) and not self.data


def keep(connection: Connection, raw: RawMessage, now: datetime, outcome: str, reason: str) -> Kept:
    """Store the message, or count it where the same bytes came before under the same control id."""
    message_id = new_id()
    values = {
        "id": message_id,
        "source": raw.source,
        "sender": raw.sender,
        "control_id": raw.control_id,
        "processing_id": raw.processing_id,
        "digest": raw.digest,
        "size": raw.size,
        "data": raw.data,
        "outcome": outcome,
        "reason": reason,
        "copies": 1,
        "received_at": now,
        "last_received_at": now,
    }
    if connection.execute(_KEEP, values).rowcount == 1:
        return Kept(message_id, outcome, duplicate=False)
    same = {"from_source": raw.source, "with_control_id": raw.control_id, "with_digest": raw.digest}
    connection.execute(_COUNT, {**same, "now": now})
    found = connection.execute(_FIND, same).one()
    # It was too large then, and may be so long now; or it was removed, and is as good as new.
    if found.cut and len(raw.data) == raw.size:
        connection.execute(_COMPLETE, {"message_id": found.id, "whole": raw.data})
    return Kept(found.id, found.outcome, duplicate=True)


def turned(connection: Connection, message_id: str, outcome: str, reason: str) -> None:
    """Note that something else has become of it, when it was sent again."""
    told = {"message_id": message_id, "new_outcome": outcome, "new_reason": reason}
    connection.execute(_TURNED, told)


def load(connection: Connection, message_id: str) -> Stored:
    """The message of this id. Raises KeyError where there is none."""
    row = connection.execute(_LOAD, {"message_id": message_id}).first()
    if row is None:
        raise KeyError(message_id)
    return Stored(**row._mapping)
