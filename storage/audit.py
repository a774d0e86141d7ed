"""The audit trail: append-only, one hash chain for each alert and one for administration, sealed
across chains.

One chain for everything would put all writers in one queue; an alert's chain costs nothing, since
whoever writes to it holds the alert. The seals catch what chains cannot: a chain that was removed
as a whole, or the end of one. What was written after the last seal is protected by its chain alone.
The newest seal, and the end of administration's chain, are noted elsewhere (audit_heads.py).
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text

from bot.domain.events import Record
from storage import audit_gaps, audit_heads, tables
from storage.columns import AnyRow, storable
from storage.locks import lock, try_lock
from storage.memory import memory

ADMIN = "admin"
_COUNTING = 10_000

_audit = tables.audit.c
_seals = tables.seals.c
_INSERT = insert(tables.audit)
_INSERT_SEAL = insert(tables.seals)
_HEAD = (
    select(_audit.seq, _audit.hash)
    .where(_audit.chain == bindparam("chain"))
    .order_by(_audit.seq.desc())
    .limit(1)
)
_ENTRIES = select(
    _audit.id,
    _audit.chain,
    _audit.seq,
    _audit.at,
    _audit.what,
    _audit.actor,
    _audit.data,
    _audit.prev,
    _audit.hash,
)
_CHAIN = _ENTRIES.where(_audit.chain == bindparam("chain")).order_by(_audit.seq)
_LAST_SEAL = (
    select(_seals.number, _seals.to_id, _seals.hash).order_by(_seals.number.desc()).limit(1)
)
_HASHES = select(_audit.id, _audit.hash).order_by(_audit.id)
_UNSEALED = _HASHES.where(_audit.id > bindparam("after"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in its chain; ``at`` is UTC, ``seq`` counts from 1."""

    chain: str
    seq: int
    at: datetime
    what: str
    actor: str
    data: dict[str, str | int | bool | None]
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verify found: how many entries and seals it looked at, and the first that is broken."""

    ok: bool
    entries: int
    seals: int
    first_broken: str | None = None


def append(connection: Connection, chain: str, records: Sequence[Record], now: datetime) -> None:
    """Put the records at the end of the chain (an alert's id, or ADMIN). They are written at the
    end of the unit of work, all that it has at once: a statement costs more than its rows.
    """
    if not records:
        return
    seq, prev = _head(connection, chain)
    at = _instant(now)
    rows = []
    for seq_of, record in enumerate(records, seq + 1):
        actor = storable(record.actor)
        data = _canonical(record.data)
        digest = entry_hash(chain, seq_of, at, record.what, actor, data, prev)
        rows.append({"chain": chain, "seq": seq_of, "at": now, "what": record.what, "actor": actor,
                     "data": data, "prev": prev, "hash": digest})  # fmt: skip
        prev = digest
    memory(connection).entries.extend(rows)
    memory(connection).heads[chain] = (seq + len(records), prev)
    if chain == ADMIN:
        audit_heads.note(connection, audit_heads.ADMIN_CHAIN, seq + len(records), prev)


def write_out(connection: Connection) -> None:
    """Write what this unit of work has appended so far."""
    entries = memory(connection).entries
    if entries:
        connection.execute(_INSERT, entries)
        entries.clear()


def entry_hash(chain: str, seq: int, at: str, what: str, actor: str, data: str, prev: str) -> str:
    """SHA-256 of the canonical JSON array of these, ``data`` as the text that is stored."""
    return _hash([chain, seq, at, what, actor, data, prev])


def begin_chain(connection: Connection, name: str) -> None:
    """The chain is new in this transaction: append need not look for its head."""
    memory(connection).heads[name] = (0, "")


def chain(connection: Connection, name: str) -> list[Entry]:
    """The entries of one chain, oldest first."""
    write_out(connection)
    return [
        Entry(row.chain, row.seq, row.at, row.what, row.actor, json.loads(row.data), row.hash)
        for row in connection.execute(_CHAIN, {"chain": name})
    ]


def _head(connection: Connection, name: str) -> tuple[int, str]:
    known = memory(connection).heads.get(name)
    if known:
        return known
    if name == ADMIN:  # no row is held for it; an alert's chain is guarded by the alert's row
        lock(connection, "audit", name)
    row = connection.execute(_HEAD, {"chain": name}).first()
    return (row.seq, row.hash) if row else (0, "")


# ---- seals ----------------------------------------------------------------------------------


def seal(connection: Connection, now: datetime) -> bool:
    """Chain a hash over all entries since the last seal. False: there are none, or another is at
    it.
    """
    if not try_lock(connection, "seal"):
        return False
    write_out(connection)
    _wait_for_writers(connection)
    last = connection.execute(_LAST_SEAL).first()
    number, after, prev = (last.number, last.to_id, last.hash) if last else (0, 0, "")
    covered = _Covered()
    for row in _stream(connection, _UNSEALED, {"after": after}):
        covered.add(row.id, row.hash)
    if not covered.count:
        return False
    body = [
        number + 1,
        after + 1,
        covered.last,
        covered.count,
        covered.digest(),
        _instant(now),
        prev,
    ]
    names = ["number", "from_id", "to_id", "entries", "entries_hash", "prev"]
    values = dict(zip(names, [*body[:5], prev], strict=True))
    connection.execute(_INSERT_SEAL, {**values, "at": now, "hash": _hash(body)})
    audit_heads.note(connection, audit_heads.SEALS, number + 1, _hash(body))
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


# ---- verification ---------------------------------------------------------------------------


def verify(connection: Connection, progress: Callable[[int], None] | None = None) -> Verdict:
    """Check every entry, chain and seal in a stream. ``progress`` gets the entries looked at so
    far.

    Of several broken entries it names the one written first; broken seals come after entries.
    """
    entries, broken = _verify_chains(connection, progress or (lambda _: None))
    number, broken_seal = _verify_seals(connection)
    found = broken or broken_seal or audit_heads.cut_off(connection)
    found = found or audit_gaps.alert_without_entry(connection)
    return Verdict(found is None, entries, number, found)


def _verify_chains(
    connection: Connection, progress: Callable[[int], None]
) -> tuple[int, str | None]:
    in_chains = _ENTRIES.order_by(_audit.chain, _audit.seq)
    looked_at = 0
    first: tuple[int, str] | None = None
    name, seq, prev, broken = "", 0, "", False
    for row in _stream(connection, in_chains):
        if row.chain != name:
            name, seq, prev, broken = row.chain, 0, "", False
        wrong = None if broken else _what_is_wrong(row, seq + 1, prev)
        if wrong:
            broken = True
            first = min(first or (row.id, wrong), (row.id, wrong))
        seq, prev = row.seq, row.hash
        looked_at += 1
        if looked_at % _COUNTING == 0:
            progress(looked_at)
    return looked_at, first[1] if first else None


def _what_is_wrong(row: AnyRow, seq: int, prev: str) -> str | None:
    where = f"chain {row.chain}, entry {row.seq}"
    if row.seq > seq:
        missing = f"{seq}" if row.seq == seq + 1 else f"{seq} to {row.seq - 1}"
        return f"chain {row.chain}, entry {missing}: removed"
    made = entry_hash(row.chain, row.seq, _instant(row.at), row.what, row.actor, row.data, row.prev)
    if made != row.hash:
        return f"{where}: changed after it was written (its hash does not match)"
    if row.prev != prev:
        return f"{where}: does not follow the entry before it (replaced, or put out of order)"
    return None


def _verify_seals(connection: Connection) -> tuple[int, str | None]:
    # It may stop early, and a cursor on the server must not outlive the look.
    with _stream(connection, _HASHES) as hashes:
        return _compare_seals(connection, iter(hashes))


def _compare_seals(connection: Connection, hashes: Iterator[Any]) -> tuple[int, str | None]:
    entry = next(hashes, None)
    number, after, prev = 0, 0, ""
    for row in connection.execute(select(tables.seals).order_by(_seals.number)):
        wrong = _what_is_wrong_with_seal(row, number + 1, after + 1, prev)
        covered = _Covered()
        while entry is not None and entry.id <= row.to_id:
            covered.add(entry.id, entry.hash)
            entry = next(hashes, None)
        wrong = wrong or _what_is_wrong_under_seal(row, covered)
        if wrong:
            return number, wrong
        number, after, prev = row.number, row.to_id, row.hash
    return number, None


def _what_is_wrong_with_seal(row: AnyRow, number: int, from_id: int, prev: str) -> str | None:
    body = [
        row.number,
        row.from_id,
        row.to_id,
        row.entries,
        row.entries_hash,
        _instant(row.at),
        row.prev,
    ]
    if row.number != number:
        return f"seal {number}: removed"
    if _hash(body) != row.hash:
        return f"seal {row.number}: changed after it was written (its hash does not match)"
    if row.prev != prev or row.from_id != from_id:
        return f"seal {row.number}: does not follow the seal before it"
    return None


def _what_is_wrong_under_seal(row: AnyRow, covered: _Covered) -> str | None:
    where = f"seal {row.number} (entries with id {row.from_id} to {row.to_id})"
    if covered.count < row.entries:
        return f"{where}: {row.entries - covered.count} of its {row.entries} entries removed"
    if covered.count > row.entries:
        return f"{where}: {covered.count - row.entries} entries put in afterwards"
    if covered.digest() != row.entries_hash:
        return f"{where}: its entries were changed, or put into another order"
    return None


def _stream(connection: Connection, statement: Any, values: dict[str, Any] | None = None) -> Any:
    """Rows a thousand at a time: the trail is larger than memory one day."""
    return connection.execute(statement, values or {}, execution_options={"yield_per": 1000})


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _hash(body: list[Any]) -> str:
    return hashlib.sha256(_canonical(body).encode()).hexdigest()
