"""Rows that the tests of units of work write and count."""

from collections.abc import Callable

from sqlalchemy import Connection

from storage import inbound, tables
from tests.storage.given import NOW, table_count

NOTES = table_count(tables.inbound)


def note(c: Connection, sid: str) -> str:
    inbound.seen(c, "test", sid, NOW)
    return sid


def noting(sid: str) -> Callable[[Connection], str]:
    return lambda c: note(c, sid)


def note_and_fail(c: Connection, sid: str) -> None:
    note(c, sid)
    raise LookupError(sid)
