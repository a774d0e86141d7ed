"""What would have been paged, what was, and what could not have been: read from what is stored."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, and_, bindparam, func, literal_column, select

from bot.domain.before_final import flagged_early, reached_at
from bot.domain.coverage import Role
from bot.domain.ladder import RANK
from bot.domain.measures import First, Lag, Opened
from bot.domain.ordering import Version
from bot.domain.report import ROUTINE, KeyKind, Provider, ReportKey, Status
from bot.domain.shadow import RECORD
from bot.domain.triage import NO_FLAG, UNREAD
from storage import alert_rows, people, reports, tables
from storage.alert_rows import IN_SHADOW
from storage.columns import AnyRow

_PROVIDERS = TypeAdapter(tuple[Provider, ...])
_alerts, _reports, _pages = tables.alerts.c, tables.reports.c, tables.pages.c
_senders = tables.messages.c.sender
_OPENED_IN_SHADOW = select(func.count()).where(IN_SHADOW, _alerts.opened_at >= bindparam("since"))
_KEY = ("key_value", "key_kind", "key_authority")
_IN_PERIOD = and_(_alerts.opened_at >= bindparam("begin"), _alerts.opened_at < bindparam("end"))
_REPORT = tables.reports.join(tables.messages, _reports.message_id == tables.messages.c.id)
_OPENED = (
    select(tables.alerts, _reports.rule, _reports.body, _senders.label("sender"))
    .select_from(tables.alerts.outerjoin(_REPORT, _alerts.report_id == _reports.id))
    .where(_IN_PERIOD)
    .order_by(_alerts.opened_at, _alerts.id)
)
_PAGES = (
    select(_pages.alert_id, _pages.person_id, _pages.role, _pages.channel, _pages.round,
           _pages.not_before, _pages.state, _pages.reason)
    .join_from(tables.pages, tables.alerts)
    .where(_IN_PERIOD, _pages.notice.is_(None))
    .order_by(_pages.alert_id, _pages.created_at, _pages.id)
)  # fmt: skip
_VERSIONS = (
    select(_reports.rule, _reports.category, _reports.body)
    .where(*(_reports[name] == bindparam(name) for name in _KEY))
    .order_by(_reports.received_at.desc(), _reports.id.desc())
)
_COUNTS = (
    select(_senders, _reports.category, func.count())
    .select_from(_REPORT)
    .where(
        _reports.received_at >= bindparam("begin"),
        _reports.received_at < bindparam("end"),
        _reports.status.between(Status.FINAL.value, Status.CORRECTED.value),
        _reports.rule != UNREAD,
    )
    .group_by(_senders, _reports.category)
    .order_by(_senders, _reports.category)
)
_FLAGGED_EARLY = (
    select(
        _reports.id, _reports.key_value, _reports.key_kind, _reports.key_authority,
        _senders.label("sender"), _alerts.ref,
    )
    .select_from(
        _REPORT.outerjoin(
            tables.alerts,
            and_(*(_alerts[name] == _reports[name] for name in _KEY)),
        )
    )
    .where(
        _reports.status == literal_column(str(Status.PRELIMINARY.value)),
        _reports.category.is_not(None),
        _reports.category != ROUTINE,
        _reports.received_at >= bindparam("begin"),
        _reports.received_at < bindparam("end"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """From ``begin`` up to, and not including, ``end``; both UTC."""

    begin: datetime
    end: datetime

    @property
    def bounds(self) -> dict[str, datetime]:
        """As the statements take it."""
        return {"begin": self.begin, "end": self.end}


@dataclass(frozen=True, slots=True)
class Counted:
    """So many final versions of one sender with this category; empty where none was flagged."""

    sender: str
    category: str
    reports: int


def opened_since(connection: Connection, since: datetime) -> int:
    """How many alerts were opened in shadow from ``since`` (UTC) on."""
    count: int = connection.execute(_OPENED_IN_SHADOW, {"since": since}).scalar_one()
    return count


def opened(connection: Connection, period: Period) -> list[Opened]:
    """The alerts opened in the period, the oldest first, each with its first page."""
    pages: dict[str, list[AnyRow]] = {}
    for page in connection.execute(_PAGES, period.bounds):
        pages.setdefault(page.alert_id, []).append(page)
    rows = connection.execute(_OPENED, period.bounds).all()
    return [_opened(connection, row, pages.get(row.id, [])) for row in rows]


def counts(connection: Connection, period: Period) -> list[Counted]:
    """Final report versions received in the period, by sender and category."""
    rows = connection.execute(_COUNTS, period.bounds)
    return [Counted(sender, category or "", number) for sender, category, number in rows]


def lags(connection: Connection, period: Period) -> list[Lag]:
    """For each order whose preliminary was flagged: its first such one, and its first final."""
    rows = {row.id: row for row in connection.execute(_FLAGGED_EARLY, period.bounds)}
    keys = dict.fromkeys(_key(row) for row in rows.values())
    found = [
        _lag(rows[early.report_id], early, final)
        for key in keys
        for early, final in flagged_early(reports.versions(connection, key))
        if early.report_id in rows
    ]
    return sorted(found, key=lambda lag: (lag.preliminary_at, lag.ref))


def _key(row: AnyRow) -> ReportKey:
    return ReportKey(row.key_authority, KeyKind(row.key_kind), row.key_value)


def _opened(connection: Connection, row: AnyRow, pages: list[AnyRow]) -> Opened:
    alert = alert_rows.to_alert(connection, row)
    shadow = alert.shadow
    mine = [page for page in pages if (page.reason == RECORD) == shadow]
    rule, ordering = _said(connection, row)
    return Opened(
        ref=row.ref,
        sender=row.sender or row.key_authority,
        category=row.category,
        rule=rule,
        review=alert.review,
        state=row.state,
        shadow=shadow,
        stale=alert.stale,
        opened_at=row.opened_at,
        due_at=row.due_at,
        ordering=ordering,
        provider_known=row.ordering_person is not None,
        provider_reached=any(page.person_id == row.ordering_person for page in mine),
        first=_first(connection, mine),
    )


def _said(connection: Connection, row: AnyRow) -> tuple[str, tuple[Provider, ...]]:
    """The rule that asked, and who ordered: of an older version where the newest leaves it out, as
    a withdrawal does, or a correction without the flag."""
    rule, ordering = row.rule or "", _ordering(row.body)
    if rule != NO_FLAG and ordering:
        return rule, ordering
    older = connection.execute(_VERSIONS, {name: row._mapping[name] for name in _KEY}).all()
    rules = (one.rule for one in older if one.category)
    named = (found for one in older if (found := _ordering(one.body)))
    return (
        next(rules, rule) if rule == NO_FLAG else rule,
        ordering or next(named, ()),
    )


def _ordering(body: str | None) -> tuple[Provider, ...]:
    if body is None:
        return ()
    found: tuple[Provider, ...] = _PROVIDERS.validate_python(json.loads(body)["ordering"])
    return found


def _first(connection: Connection, pages: list[AnyRow]) -> First | None:
    if not pages:
        return None

    # Of one that has come too late several are paged at the same moment: the lowest of the ladder.
    def place(page: AnyRow) -> tuple[bool, datetime, int]:
        return page.state != "sent", page.not_before, RANK.get(Role(page.role), len(RANK))

    first = min(pages, key=place)
    same = [p for p in pages if (p.person_id, p.round) == (first.person_id, first.round)]
    person = people.load(connection, first.person_id)
    return First(
        person=person.name if person else first.person_id,
        role=Role(first.role),
        channels=_distinct(page.channel for page in same),
        at=first.not_before,
        sent=any(page.state == "sent" for page in same),
    )


def _distinct(channels: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(channels))


def _lag(row: AnyRow, early: Version, final: Version | None) -> Lag:
    return Lag(
        ref=row.ref or "",
        sender=row.sender,
        category=early.category or "",
        preliminary_at=reached_at(early),
        final_at=reached_at(final, early) if final else None,
        by_receipt=final.received_at - early.received_at if final else None,
        still_flagged=final is not None and final.category not in {None, ROUTINE},
    )
