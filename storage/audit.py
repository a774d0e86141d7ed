"""The audit trail: append-only, one hash chain for each alert and one for administration, sealed
across chains.

One chain for everything would put all writers in one queue; an alert's chain costs nothing, since
whoever writes to it holds the alert. The seals (audit_seals.py) catch what chains cannot: a chain
that was removed as a whole, or the end of one. What was written after the last seal is protected by
its chain alone. The newest seal, and the end of administration's chain, are noted elsewhere
(audit_heads.py).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from bot.domain.effects import Record
from storage import audit_gaps, audit_heads, audit_kinds, audit_seals, tables
from storage.audit_hashes import canonical, hash_of, instant, streamed
from storage.columns import AnyRow, storable
from storage.locks import lock, try_lock
from storage.memory import memory

ADMIN = "admin"
_COUNTING = 10_000

_audit = tables.audit.c
_INSERT = insert(tables.audit)
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
_OF_A_KIND = _CHAIN.where(_audit.what == bindparam("what"))
_IN_CHAINS = _ENTRIES.with_only_columns(
    *(column for column in _ENTRIES.selected_columns if column.name != "at"), audit_kinds.ENTRY_AT
).order_by(_audit.chain, _audit.seq)


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
    at = instant(now)
    rows = []
    for seq_of, record in enumerate(records, seq + 1):
        actor = storable(record.actor)
        data = canonical(record.data)
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
    return hash_of([chain, seq, at, what, actor, data, prev])


def begin_chain(connection: Connection, name: str) -> None:
    """The chain is new in this transaction: append need not look for its head."""
    memory(connection).heads[name] = (0, "")


def chain(connection: Connection, name: str) -> list[Entry]:
    """The entries of one chain, oldest first."""
    write_out(connection)
    return [_entry(row) for row in connection.execute(_CHAIN, {"chain": name})]


def of_a_kind(connection: Connection, name: str, what: str) -> list[Entry]:
    """Those of them that tell of this, oldest first: the chain of administration is long."""
    write_out(connection)
    return [_entry(row) for row in connection.execute(_OF_A_KIND, {"chain": name, "what": what})]


def _entry(row: AnyRow) -> Entry:
    return Entry(row.chain, row.seq, row.at, row.what, row.actor, json.loads(row.data), row.hash)


def _head(connection: Connection, name: str) -> tuple[int, str]:
    known = memory(connection).heads.get(name)
    if known:
        return known
    if name == ADMIN:  # no row is held for it; an alert's chain is guarded by the alert's row
        lock(connection, "audit", name)
    row = connection.execute(_HEAD, {"chain": name}).first()
    return (row.seq, row.hash) if row else (0, "")


# ---- seals and verification -----------------------------------------------------------------


def seal(connection: Connection, now: datetime) -> bool:
    """Chain a hash over all entries since the last seal. False: there are none, or another is at
    it.
    """
    if not try_lock(connection, "seal"):
        return False
    write_out(connection)
    return audit_seals.add(connection, now)


def verify(connection: Connection, progress: Callable[[int], None] | None = None) -> Verdict:
    """Check every entry, chain and seal in a stream. ``progress`` gets the entries looked at so
    far.

    Of several broken entries it names the one written first; broken seals come after entries.
    """
    with audit_kinds.any_text(connection):
        entries, broken = _verify_chains(connection, progress or (lambda _: None))
        number, broken_seal = audit_seals.verify(connection)
        found = broken or broken_seal or audit_heads.cut_off(connection)
        found = found or audit_gaps.alert_without_entry(connection)
    return Verdict(found is None, entries, number, found)


def _verify_chains(
    connection: Connection, progress: Callable[[int], None]
) -> tuple[int, str | None]:
    looked_at = 0
    first: tuple[int, str] | None = None
    name, seq, prev, broken = "", 0, "", False
    for row in streamed(connection, _IN_CHAINS):
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
    if not audit_kinds.holds(row, audit_kinds.ENTRY):
        return f"chain {row.chain}, entry {seq}: changed after it was written (no value of ours)"
    where = f"chain {row.chain}, entry {row.seq}"
    if row.seq > seq:
        missing = f"{seq}" if row.seq == seq + 1 else f"{seq} to {row.seq - 1}"
        return f"chain {row.chain}, entry {missing}: removed"
    made = entry_hash(row.chain, row.seq, instant(row.at), row.what, row.actor, row.data, row.prev)
    if made != row.hash:
        return f"{where}: changed after it was written (its hash does not match)"
    if row.prev != prev:
        return f"{where}: does not follow the entry before it (replaced, or put out of order)"
    return None
