"""Report versions: each content once for each order and time of sending."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.domain.ordering import NO_TIME, Version
from bot.domain.report import Flag, KeyKind, Preliminary, Report, ReportKey, Status
from bot.domain.triage import UNREAD, Triage
from storage import codec, tables
from storage.columns import AnyRow
from storage.ids import new_id
from storage.memory import memory

_REPORT = TypeAdapter(Report)
_EVIDENCE = TypeAdapter(tuple[Flag, ...])
_columns = tables.reports.c
_ADD = insert(tables.reports).on_conflict_do_nothing(
    index_elements=["key_value", "key_kind", "key_authority", "content_hash", "sent_at"]
)
_VERSIONS = select(
    _columns.id,
    _columns.status,
    _columns.status_at,
    _columns.sent_at,
    _columns.received_at,
    _columns.content_hash,
    _columns.category,
    _columns.finding_hash,
    _columns.review,
    _columns.resource,
    _columns.order_number,
    _columns.machine,
    _columns.rule,
    _columns.if_preliminary,
).where(
    _columns.key_value == bindparam("value"),
    _columns.key_kind == bindparam("kind"),
    _columns.key_authority == bindparam("authority"),
)
_PUT_AWAY = (
    update(tables.reports)
    .where(_columns.id.in_(bindparam("ids", expanding=True)))
    .values(key_kind=KeyKind.MESSAGE.value, key_value="read/" + _columns.id)
)
_NAME_ORDERS = (
    update(tables.reports)
    .where(_columns.id == bindparam("report_id"))
    .values(order_number=bindparam("orders"))
)
_STATUS = select(_columns.status).where(_columns.id == bindparam("report_id"))
_BODY = select(_columns.body, _columns.key_authority, _columns.key_kind, _columns.key_value).where(
    _columns.id == bindparam("report_id")
)


def add(
    connection: Connection,
    report: Report,
    message_id: str,
    triage: Triage,
    finding_hash: str,
    received_at: datetime,
) -> Version | None:
    """Store one version and return it. None: it is known, with the same time of sending.

    Of its two times one stands in for the other, NO_TIME where it tells neither.
    """
    told = report.status_at or report.sent_at or NO_TIME
    version = Version(
        report_id=new_id(),
        status=report.status,
        status_at=told,
        sent_at=report.sent_at or told,
        received_at=received_at,
        content_hash=report.content_hash,
        category=triage.category,
        finding_hash=finding_hash,
        review=triage.review,
        resource=report.resource,
        if_preliminary=Preliminary(_if_preliminary(report) or "ignore"),
        order=report.order,
        machine=report.machine,
        unread=triage.rule == UNREAD,
    )
    values = {"id": version.report_id, "message_id": message_id, "key_value": report.key.value,
              "key_kind": report.key.kind.value, "key_authority": report.key.authority,
              "content_hash": version.content_hash, "status": version.status.value,
              "status_at": version.status_at, "sent_at": version.sent_at,
              "resource": version.resource, "order_number": version.order or None,
              "machine": version.machine or None, "if_preliminary": _if_preliminary(report),
              "category": version.category, "finding_hash": version.finding_hash,
              "review": version.review, "rule": triage.rule,
              "evidence": codec.dump(_EVIDENCE, triage.evidence), "received_at": received_at,
              "body": codec.dump(_REPORT, report)}  # fmt: skip
    return version if connection.execute(_ADD, values).rowcount == 1 else None


def versions(connection: Connection, key: ReportKey) -> list[Version]:
    """All stored versions of one order's result, in no order: ``settle`` puts them into theirs."""
    where = {"value": key.value, "kind": key.kind.value, "authority": key.authority}
    return [_version(row) for row in connection.execute(_VERSIONS, where)]


def _version(row: AnyRow) -> Version:
    return Version(
        report_id=row.id,
        status=Status(row.status),
        status_at=row.status_at,
        sent_at=row.sent_at,
        received_at=row.received_at,
        content_hash=row.content_hash,
        category=row.category,
        finding_hash=row.finding_hash,
        review=row.review,
        resource=row.resource,
        if_preliminary=Preliminary(row.if_preliminary or "ignore"),
        order=row.order_number or "",
        machine=bool(row.machine),
        unread=row.rule == UNREAD,
    )


def put_away(connection: Connection, report_ids: Collection[str]) -> None:
    """These say nothing any more: what they stood in for has been read."""
    memory(connection).forget_loaded()
    connection.execute(_PUT_AWAY, {"ids": list(report_ids)})


def name_orders(connection: Connection, report_id: str, orders: str) -> None:
    """The version is the report of these orders, too: see Version.order."""
    connection.execute(_NAME_ORDERS, {"report_id": report_id, "orders": orders})


def is_preliminary(connection: Connection, report_id: str) -> bool:
    """Whether this version is; False where there is none of this id."""
    status = connection.execute(_STATUS, {"report_id": report_id}).scalar_one_or_none()
    return status == Status.PRELIMINARY.value


def load(connection: Connection, report_id: str) -> Report:
    """The whole report. Raises KeyError where there is none of this id."""
    known = memory(connection).reports
    if report_id not in known:
        row = connection.execute(_BODY, {"report_id": report_id}).first()
        if row is None:
            raise KeyError(report_id)
        known[report_id] = _report(row)
    return known[report_id]


def _report(row: AnyRow) -> Report:
    report: Report = _REPORT.validate_json(row.body)
    # Its order may have been joined to another since.
    key = ReportKey(row.key_authority, KeyKind(row.key_kind), row.key_value)
    return report if report.key == key else replace(report, key=key)


def _if_preliminary(report: Report) -> str | None:
    return report.if_preliminary.value if report.status is Status.PRELIMINARY else None
