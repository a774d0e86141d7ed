"""Seals across the chains of the audit trail: each a hash over all entries since the last one.

They catch what chains cannot: a chain that was removed as a whole, or the end of one.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text

from storage import audit_heads, audit_kinds, tables
from storage.audit_hashes import hash_of, instant, streamed
from storage.columns import AnyRow

_audit = tables.audit.c
_seals = tables.seals.c
_INSERT = insert(tables.seals)
_LAST = select(_seals.number, _seals.to_id, _seals.hash).order_by(_seals.number.desc()).limit(1)
_HASHES = select(_audit.id, _audit.hash).order_by(_audit.id)
_ALL = select(*(column for column in _seals if column.name != "at"), audit_kinds.SEAL_AT).order_by(
    _seals.number
)
_UNSEALED = _HASHES.where(_audit.id > bindparam("after"))


def add(connection: Connection, now: datetime) -> bool:
    """Seal all entries since the last seal; False: there are none. The caller holds the lock."""
    _wait_for_writers(connection)
    last = connection.execute(_LAST).first()
    number, after, prev = (last.number, last.to_id, last.hash) if last else (0, 0, "")
    covered = _Covered()
    for row in streamed(connection, _UNSEALED, {"after": after}):
        covered.add(row.id, row.hash)
    if not covered.count:
        return False
    body = [
        number + 1,
        after + 1,
        covered.last,
        covered.count,
        covered.digest(),
        instant(now),
        prev,
    ]
    names = ["number", "from_id", "to_id", "entries", "entries_hash", "prev"]
    values = dict(zip(names, [*body[:5], prev], strict=True))
    connection.execute(_INSERT, {**values, "at": now, "hash": hash_of(body)})
    audit_heads.note(connection, audit_heads.SEALS, number + 1, hash_of(body))
    return True


def _wait_for_writers(connection: Connection) -> None:
    # Ids are given before the commit: without this, a slower transaction could commit an id below
    # the seal's last one.
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE audit IN SHARE MODE"))


class _Covered:
    """The running hash over entries, in the order of their ids."""

    def __init__(self) -> None:
        self.count = 0
        self.last = 0
        self._hash = hashlib.sha256()

    def add(self, number: int, entry: str) -> None:
        self.count += 1
        self.last = number
        self._hash.update(f"{number}:{entry}\n".encode())

    def digest(self) -> str:
        return self._hash.hexdigest()


def verify(connection: Connection) -> tuple[int, str | None]:
    """How many seals hold, and what is wrong with the next one."""
    # It may stop early, and a cursor on the server must not outlive the look.
    with streamed(connection, _HASHES) as hashes:
        return _compare(connection, iter(hashes))


def _compare(connection: Connection, hashes: Iterator[Any]) -> tuple[int, str | None]:
    entry = next(hashes, None)
    number, after, prev = 0, 0, ""
    for row in connection.execute(_ALL):
        if not audit_kinds.holds(row, audit_kinds.SEAL):
            return number, f"seal {row.number}: changed after it was written (no value of ours)"
        wrong = _what_is_wrong(row, number + 1, after + 1, prev)
        covered = _Covered()
        while entry is not None and entry.id <= row.to_id:
            covered.add(entry.id, entry.hash)
            entry = next(hashes, None)
        wrong = wrong or _what_is_wrong_under(row, covered)
        if wrong:
            return number, wrong
        number, after, prev = row.number, row.to_id, row.hash
    return number, None


def _what_is_wrong(row: AnyRow, number: int, from_id: int, prev: str) -> str | None:
    body = [
        row.number,
        row.from_id,
        row.to_id,
        row.entries,
        row.entries_hash,
        instant(row.at),
        row.prev,
    ]
    if row.number != number:
        return f"seal {number}: removed"
    if hash_of(body) != row.hash:
        return f"seal {row.number}: changed after it was written (its hash does not match)"
    if row.prev != prev or row.from_id != from_id:
        return f"seal {row.number}: does not follow the seal before it"
    return None


def _what_is_wrong_under(row: AnyRow, covered: _Covered) -> str | None:
    where = f"seal {row.number} (entries with id {row.from_id} to {row.to_id})"
    if covered.count < row.entries:
        return f"{where}: {row.entries - covered.count} of its {row.entries} entries removed"
    if covered.count > row.entries:
        return f"{where}: {covered.count - row.entries} entries put in afterwards"
    if covered.digest() != row.entries_hash:
        return f"{where}: its entries were changed, or put into another order"
    return None
