"""Reading the trail where somebody has written into it: SQLite keeps any kind of value in any
column, and text that is no UTF-8. Such a value must not keep ``verify`` from naming its entry.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Dialect, type_coerce
from sqlalchemy.sql.elements import ColumnElement

from storage import tables
from storage.columns import AnyRow, Instant

Kinds = dict[str, type]
ENTRY: Kinds = {"seq": int, "at": datetime}
ENTRY |= dict.fromkeys(("chain", "what", "actor", "data", "prev", "hash"), str)
SEAL: Kinds = {"at": datetime, **dict.fromkeys(("from_id", "to_id", "entries"), int)}
SEAL |= dict.fromkeys(("entries_hash", "prev", "hash"), str)


class _AsWritten(Instant):
    """None where what stands there is no instant."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """What reads the driver's value, whatever it is."""
        read = super().result_processor(dialect, coltype)

        def tried(value: Any) -> Any:
            try:
                return read(value)
            except (TypeError, OverflowError):
                return None

        return tried


def _at(column: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return type_coerce(column, _AsWritten()).label("at")


ENTRY_AT, SEAL_AT = _at(tables.audit.c.at), _at(tables.seals.c.at)


def holds(row: AnyRow, kinds: Kinds) -> bool:
    """Whether each value is of the kind that we write."""
    return all(isinstance(getattr(row, name), kind) for name, kind in kinds.items())


@contextmanager
def any_text(connection: Connection) -> Iterator[None]:
    """Bytes that are no UTF-8 are read as lone surrogates, which no hash of ours fits."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    usual = driver.text_factory
    driver.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = usual
