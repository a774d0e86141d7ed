"""Orders and the numbers they are known by: each leads to the key that the first version gave."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, and_, bindparam, delete, exists, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.domain.numbers import Order
from bot.domain.report import Identifier, KeyKind, OrderNumber, ReportKey
from storage import codec, locks, tables
from storage.alert_rows import IN_SHADOW
from storage.columns import AnyRow
from storage.memory import memory

_PATIENT = TypeAdapter(tuple[Identifier, ...])
_named = tables.order_numbers
_all = tables.order_numbers.alias("every")
_alerts = tables.alerts
_KEY = ("key_value", "key_kind", "key_authority")


def _same_key(a: Any, b: Any) -> Any:
    return and_(*(a.c[name] == b.c[name] for name in _KEY))


# One statement for each version: a feed of routine reports pays for nothing more.
_FIND = (
    select(
        *(_all.c[name] for name in (*_KEY, "kind", "value", "authority", "stated", "patient")),
        _alerts.c.id,
        _alerts.c.ref,
        _alerts.c.opened_at,
        (_alerts.c.state == literal_column("'open'")).label("is_open"),
        IN_SHADOW.label("in_shadow"),
    )
    .select_from(
        _named.join(_all, _same_key(_named, _all)).outerjoin(_alerts, _same_key(_alerts, _all))
    )
    .distinct()
)
# Nearly every version has no more: that many are bound one by one, which costs half of a list.
_USUAL = 3
# Bound by itself a value has no type, and would reach the database as its sender wrote it.
_ONE_BY_ONE = [bindparam(f"value_{n}", type_=_named.c.value.type) for n in range(_USUAL)]
_FIND_USUAL = _FIND.where(_named.c.value.in_(_ONE_BY_ONE))
_FIND_MORE = _FIND.where(_named.c.value.in_(bindparam("values", expanding=True)))
_ADD = insert(_named).on_conflict_do_nothing()


def _of(table: Any, prefix: str) -> Any:
    return and_(*(table.c[name] == bindparam(f"{prefix}_{name}") for name in _KEY))


def _moved(table: Any, *also: str) -> Any:
    """Rows of the old key go to the new one, unless there is the same; then they are nobody's."""
    there = table.alias("there")
    same = and_(_of(there, "new"), *(there.c[name] == table.c[name] for name in also))
    new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _KEY}
    return update(table).where(_of(table, "old"), ~exists().where(same)).values(new)


def _put_away(table: Any) -> Any:
    nobodys = {"key_kind": KeyKind.MESSAGE.value, "key_value": "joined/" + table.c.id}
    return update(table).where(_of(table, "old")).values(nobodys)


_NAME = update(_named).where(_of(_named, "old")).values(patient=bindparam("who"))
_ITS_REPORTS = select(tables.reports.c.id).where(_of(tables.reports, "old"))
_JOIN = [
    _moved(_named, "value", "kind", "authority"),
    delete(_named).where(_of(_named, "old")),
    _moved(tables.reports, "content_hash", "sent_at"),
    _put_away(tables.reports),
    _put_away(_alerts),
]


def lock(connection: Connection, numbers: Iterable[OrderNumber]) -> None:
    """Let nobody else take in a version of any of these orders until the transaction ends.

    By value alone: what another authority's number is taken for depends on it as well.
    """
    locks.lock_all(connection, *(("order", number.value) for number in numbers))


def find(connection: Connection, numbers: Sequence[OrderNumber]) -> list[Order]:
    """The orders that have a number of one of these values, with all they are known by."""
    found: dict[ReportKey, list[AnyRow]] = {}
    for row in _rows(connection, list({number.value for number in numbers})):
        key = ReportKey(row.key_authority, KeyKind(row.key_kind), row.key_value)
        found.setdefault(key, []).append(row)
    return [_order(key, rows) for key, rows in found.items()]


def _rows(connection: Connection, values: list[str]) -> Sequence[AnyRow]:
    if len(values) > _USUAL:
        return connection.execute(_FIND_MORE, {"values": values}).all()
    padded = (values * _USUAL)[:_USUAL]
    return connection.execute(
        _FIND_USUAL, {f"value_{n}": value for n, value in enumerate(padded)}
    ).all()


def know(
    connection: Connection,
    key: ReportKey,
    numbers: Iterable[OrderNumber],
    patient: tuple[Identifier, ...],
) -> None:
    """From now on each of these numbers leads to the order of this key."""
    who = codec.dump(_PATIENT, patient)
    values = [
        {"value": number.value, "kind": number.kind.value, "authority": number.authority,
         "key_value": key.value, "key_kind": key.kind.value, "key_authority": key.authority,
         "stated": number.stated, "patient": who}
        for number in numbers
    ]  # fmt: skip
    if values:
        connection.execute(_ADD, values)


def name_patient(connection: Connection, key: ReportKey, patient: tuple[Identifier, ...]) -> None:
    """From now on the order is about whoever has one of these identifiers."""
    who = {"who": codec.dump(_PATIENT, patient)}
    connection.execute(_NAME, {**_bound("old", _values(key)), **who})


def join(connection: Connection, key: ReportKey, into: ReportKey) -> list[str]:
    """From now on one order is another: its numbers and its versions are those of ``into``, whose
    ids are returned. Its alert keeps a key that no report can have.

    The caller holds the locks of both.
    """
    memory(connection).forget_loaded()
    old, new = _values(key), _values(into)
    moved = list(connection.execute(_ITS_REPORTS, _bound("old", old)).scalars())
    both = {**_bound("old", old), **_bound("new", new)}
    for statement in _JOIN:
        connection.execute(statement, both)
    return moved


def _values(key: ReportKey) -> dict[str, str]:
    return {"key_value": key.value, "key_kind": key.kind.value, "key_authority": key.authority}


def _bound(prefix: str, values: dict[str, str]) -> dict[str, str]:
    return {f"{prefix}_{name}": value for name, value in values.items()}


def _order(key: ReportKey, rows: Sequence[AnyRow]) -> Order:
    first = rows[0]
    return Order(
        key,
        tuple(OrderNumber(KeyKind(row.kind), row.value, row.authority, row.stated) for row in rows),
        _patients(frozenset(row.patient for row in rows)),
        alert_id=first.id or "",
        ref=first.ref or "",
        opened_at=first.opened_at,
        is_open=bool(first.is_open),
        in_shadow=bool(first.in_shadow),
    )


def _patients(stored: frozenset[str]) -> tuple[Identifier, ...]:
    found = [one for body in sorted(stored) for one in _PATIENT.validate_json(body)]
    return tuple(dict.fromkeys(found))
