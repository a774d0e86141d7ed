"""How far a source that is polled has been read, by the source's own clock."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from storage import tables

_columns = tables.source_cursors.c
_LOAD = select(_columns.read_to).where(_columns.source == bindparam("of_source"))
# PostgreSQL's form of the clause is SQLite's too.
_new = insert(tables.source_cursors)
_PUT = _new.on_conflict_do_update(
    index_elements=["source"], set_={"read_to": _new.excluded.read_to}
)
_ADVANCE = _new.on_conflict_do_update(
    index_elements=["source"],
    set_={"read_to": _new.excluded.read_to},
    where=_columns.read_to < _new.excluded.read_to,
)
_FORGET = delete(tables.source_cursors).where(
    _columns.source.in_(bindparam("sources", expanding=True))
)


def load(connection: Connection, source: str) -> datetime | None:
    """Up to when everything was read, in UTC; None where nothing ever was."""
    found: datetime | None = connection.execute(_LOAD, {"of_source": source}).scalar()
    return found


def advance(connection: Connection, source: str, read_to: datetime) -> None:
    """Note it. Of several copies that poll the same source, the furthest counts."""
    connection.execute(_ADVANCE, {"source": source, "read_to": read_to})


def put(connection: Connection, source: str, at: datetime) -> None:
    """Note it whatever stands there: a clock that was ahead may have written that."""
    connection.execute(_PUT, {"source": source, "read_to": at})


def forget(connection: Connection, *sources: str) -> None:
    """As if nothing had ever been read from these."""
    connection.execute(_FORGET, {"sources": list(sources)})
