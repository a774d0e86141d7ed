"""What is older than the site keeps and belongs to no alert: found beside the writer, and removed
in units of work so small that neither the feed nor the pages wait for them.

An order goes as a whole: its versions and its numbers, and with it the orders that a number of
theirs may be taken for, or a late correction of one patient's would find another's. What was ever
flagged stays like what has an alert: a copy of it that is sent again must be known.
Of a message the row stays, by which one sent again is "received before".
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from bot.domain.numbers import IMAGING
from bot.domain.report import ROUTINE, KeyKind, ReportKey
from storage import audit, locks, tables

BEGAN = "retention_began"
"""The entry with the first that a run removes: after how many ``days``."""

AT_ONCE = 20
"""Messages in a unit of work."""
MOST_BYTES = 2_000_000
"""Bytes of them, but for one message that has more by itself: their pages are freed one by one."""
MOST_TOGETHER = 500
"""Orders that are looked at with those of the messages. What shares numbers with more stays."""

_messages, _reports, _alerts = tables.messages.c, tables.reports.c, tables.alerts.c
_KEY = ("key_authority", "key_kind", "key_value")
# Written out: the planners use the partial indexes only where they can read their conditions.
_HAS_BYTES = func.length(_messages.data) > literal_column("0")
_WAITS = exists().where(
    tables.quarantine.c.message_id == _messages.id,
    tables.quarantine.c.replayed_at.is_(None),
    tables.quarantine.c.dismissed_at.is_(None),
)
_NEEDED = exists().where(_reports.message_id == _messages.id)
_BEFORE = _messages.last_received_at < bindparam("limit")
_FROM = bindparam("from_time", type_=_messages.last_received_at.type)
_OLD = (
    select(_messages.id, _messages.last_received_at, func.length(_messages.data).label("bytes"))
    .where(
        _BEFORE,
        _HAS_BYTES,
        ~_WAITS,
        _messages.last_received_at >= _FROM,
        or_(_messages.last_received_at > _FROM, _messages.id > bindparam("from_id")),
    )
    .order_by(_messages.last_received_at, _messages.id)
    .limit(AT_ONCE)
)
_SEEN = select(
    exists()
    .where(_messages.last_received_at.between(bindparam("begin"), bindparam("end")))
    .where(_HAS_BYTES)
)
_IDS: Any = bindparam("ids", expanding=True)
_KEYS: Any = bindparam("keys", expanding=True)
_VALUES: Any = bindparam("values", expanding=True)


def _key_of(table: Any) -> list[Any]:
    return [table.c[name] for name in _KEY]


def _is_one(table: Any) -> Any:
    # By the value alone first: SQLite finds no index for all three at once.
    return and_(table.c.key_value.in_(_VALUES), tuple_(*_key_of(table)).in_(_KEYS))


_OF_MESSAGES = select(_reports.message_id, *_key_of(tables.reports)).where(
    _reports.message_id.in_(_IDS)
)
_mine, _other = tables.order_numbers, tables.order_numbers.alias("other")
_ONE_SPACE = or_(
    _mine.c.kind == _other.c.kind,
    _mine.c.kind.in_(sorted(IMAGING)) & _other.c.kind.in_(sorted(IMAGING)),
)
_NEIGHBOURS = (
    select(*_key_of(_mine), *_key_of(_other))
    .join_from(_mine, _other, _mine.c.value == _other.c.value)
    .where(
        _is_one(_mine),
        _ONE_SPACE,
        or_(*(_mine.c[name] != _other.c[name] for name in _KEY)),
    )
    .distinct()
)
_STAYS = union_all(
    select(*_key_of(tables.reports)).where(
        _is_one(tables.reports),
        or_(
            _reports.received_at >= bindparam("limit", type_=_reports.received_at.type),
            _reports.category != ROUTINE,
        ),
    ),
    select(*_key_of(tables.alerts)).where(_is_one(tables.alerts)),
    # Of an alert whose order was joined to another.
    select(*_key_of(tables.reports))
    .join_from(tables.reports, tables.alerts, _alerts.report_id == _reports.id)
    .where(_is_one(tables.reports)),
)
_THERE = select(*_key_of(tables.reports)).where(_is_one(tables.reports)).distinct()
_NUMBERS = select(_mine.c.value).where(_is_one(_mine))
_REMOVE = [delete(table).where(_is_one(table)) for table in (tables.order_numbers, tables.reports)]
_EMPTY = (
    update(tables.messages)
    .where(_messages.id.in_(_IDS), _BEFORE, _HAS_BYTES, ~_WAITS, ~_NEEDED)
    .values(data=b"")
)


@dataclass(frozen=True, slots=True)
class Old:
    """Some old messages that have bytes yet, after which ``last`` is the place to go on.
    ``free`` are those that nothing needs once the ``orders`` are gone; by ``numbers`` they are
    known."""

    last: "Place"
    messages: tuple[str, ...]
    free: tuple[str, ...]
    orders: frozenset[ReportKey]
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """A message among the others, by when it was last received."""

    received_at: datetime
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """How many orders and report versions are gone, and messages without their bytes."""

    orders: int = 0
    reports: int = 0
    messages: int = 0

    def __bool__(self) -> bool:
        return bool(self.orders or self.messages)

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(
            self.orders + other.orders,
            self.reports + other.reports,
            self.messages + other.messages,
        )


def seen(connection: Connection, begin: datetime, end: datetime) -> bool:
    """Whether a message was received in this time, and has its bytes."""
    return bool(connection.execute(_SEEN, {"begin": begin, "end": end}).scalar_one())


def look(connection: Connection, limit: datetime, after: Place) -> Old | None:
    """What there is to remove of the next messages last received before ``limit``; None where
    there are none."""
    start = {"from_time": after.received_at, "from_id": after.message_id}
    rows = connection.execute(_OLD, {"limit": limit, **start}).all()
    if not rows:
        return None
    sizes = accumulate(row.bytes for row in rows)
    rows = [row for row, size in zip(rows, sizes, strict=True) if size <= MOST_BYTES] or rows[:1]
    ids = tuple(row.id for row in rows)
    found = _reports_of(connection, ids)
    orders = _removable(connection, limit, (key for _, key in found))
    needed = {message_id for message_id, key in found if key not in orders}
    free = tuple(one for one in ids if one not in needed)
    last = Place(rows[-1].last_received_at, rows[-1].id)
    return Old(last, ids, free, orders, _numbers(connection, orders))


def remove(connection: Connection, limit: datetime, old: Old) -> Removed:
    """Remove what ``look`` has found, as far as that still holds."""
    locks.lock_all(connection, *(("order", number) for number in old.numbers))
    orders, reports = _remove_orders(connection, limit, old.orders)
    emptied = {"ids": list(old.free), "limit": limit}
    messages = connection.execute(_EMPTY, emptied).rowcount if old.free else 0
    return Removed(orders, reports, messages)


def _remove_orders(
    connection: Connection, limit: datetime, keys: frozenset[ReportKey]
) -> tuple[int, int]:
    """How many orders and reports: fewer, or none, where another copy was here before."""
    still = _removable(connection, limit, keys) & keys
    if not still:
        return 0, 0
    bound = _bound(still)
    orders = len(connection.execute(_THERE, bound).all())
    _, reports = (connection.execute(statement, bound).rowcount for statement in _REMOVE)
    return orders, reports


def removed_before(connection: Connection) -> datetime | None:
    """What was received before this moment may be gone; None where nothing ever was removed."""
    runs = audit.of_a_kind(connection, audit.ADMIN, BEGAN)
    return max((run.at - timedelta(days=int(str(run.data["days"]))) for run in runs), default=None)


# ---- which orders -----------------------------------------------------------------------------


def _reports_of(connection: Connection, ids: Iterable[str]) -> list[tuple[str, ReportKey]]:
    rows = connection.execute(_OF_MESSAGES, {"ids": list(ids)})
    return [(message_id, _key(*key)) for message_id, *key in rows]


def _removable(
    connection: Connection, limit: datetime, keys: Iterable[ReportKey]
) -> frozenset[ReportKey]:
    """Of these orders, and of those that share numbers with them, those with which all that they
    share numbers with can go."""
    neighbours = _neighbours(connection, keys)
    if not neighbours:
        return frozenset()
    bound = {**_bound(neighbours), "limit": limit}
    stay = {_key(*row) for row in connection.execute(_STAYS, bound)}
    stay |= {key for key in neighbours if _is_put_away(key)}
    stay |= {key for key, near in neighbours.items() if not near <= neighbours.keys()}
    spread = list(stay)
    while spread:
        near = neighbours.get(spread.pop(), set()) - stay
        stay |= near
        spread += near
    return frozenset(neighbours).difference(stay)


def _neighbours(
    connection: Connection, keys: Iterable[ReportKey]
) -> Mapping[ReportKey, set[ReportKey]]:
    """These orders and all that hang together with them by shared numbers, each with its next
    ones; of what is too much the rest is only named as such."""
    found: dict[ReportKey, set[ReportKey]] = {}
    new = set(keys)
    # Those of the messages themselves are looked at, however many.
    while new and (not found or len(found) + len(new) <= MOST_TOGETHER):
        found |= {key: set() for key in new}
        for row in connection.execute(_NEIGHBOURS, _bound(new)):
            found[_key(*row[:3])].add(_key(*row[3:]))
        new = {key for near in found.values() for key in near if key not in found}
    return found


def _is_put_away(key: ReportKey) -> bool:
    """Of an order that was joined to another, or read since: which one, nobody knows any more."""
    return key.kind is KeyKind.MESSAGE and key.value.startswith(("joined/", "read/"))


def _numbers(connection: Connection, orders: frozenset[ReportKey]) -> frozenset[str]:
    """What a version that finds one of these has locked."""
    if not orders:
        return frozenset()
    values = connection.execute(_NUMBERS, _bound(orders)).scalars()
    return frozenset(values)


def _key(authority: str, kind: str, value: str) -> ReportKey:
    return ReportKey(authority, KeyKind(kind), value)


def _bound(keys: Collection[ReportKey]) -> dict[str, Any]:
    return {
        "values": list({key.value for key in keys}),
        "keys": [(key.authority, key.kind.value, key.value) for key in keys],
    }
