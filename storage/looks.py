"""Receipts that nobody brings have to be asked for: which pages, and when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
    update,
)

from bot.domain.alert import UNDO_WITHIN
from bot.domain.coverage import SMS
from storage import drills, tables
from storage.outbox_statements import AWAITED

_columns = tables.pages.c
_LOOKS_DUE = (
    select(_columns.id, _columns.channel, _columns.provider_id, _columns.settled_at)
    .where(AWAITED, _columns.look_at <= bindparam("now"))
    .order_by(_columns.look_at)
    .limit(bindparam("most"))
)
NEXT_LOOK = select(_columns.look_at).where(AWAITED).order_by(_columns.look_at).limit(1)
_LOOK_AGAIN = (
    update(tables.pages)
    .where(_columns.id == bindparam("delivery_id"), AWAITED)
    .values(look_at=bindparam("at"))
)
_alerts = tables.alerts.c


def _last_sms(*of_alerts: ColumnElement[bool]) -> Select[datetime | None]:
    """From the few alerts to their pages: there are ever more pages, and this is asked all day."""
    return select(func.max(_columns.settled_at)).where(
        _columns.alert_id.in_(select(_alerts.id).where(*of_alerts)),
        _columns.channel == bindparam("channel"),
        # What is in doubt, and even what failed, may have arrived.
        _columns.state.in_(["sent", "uncertain", "failed"]),
    )


# Two selects: each has an index of its own.
_LAST_SMS = union_all(
    _last_sms(_alerts.state == literal_column("'open'")),
    _last_sms(_alerts.ended_at > bindparam("since")),
)


@dataclass(frozen=True, slots=True)
class Look:
    """A page whose way to the phone is not known yet. ``sent_at`` is UTC."""

    delivery_id: str
    channel: str
    provider_id: str
    sent_at: datetime


def due(connection: Connection, now: datetime, limit: int) -> list[Look]:
    """Whose receipt is to be asked for now, the longest due first."""
    found = connection.execute(_LOOKS_DUE, {"now": now, "most": limit})
    return [Look(row.id, row.channel, row.provider_id, row.settled_at) for row in found]


def next_at(connection: Connection) -> datetime | None:
    """When to ask next, None where no receipt is awaited."""
    found: datetime | None = connection.execute(NEXT_LOOK).scalar_one_or_none()
    return found


def again(connection: Connection, delivery_id: str, at: datetime | None) -> None:
    """Ask once more at that time; never where it is None."""
    connection.execute(_LOOK_AGAIN, {"delivery_id": delivery_id, "at": at})


def last_answerable_sms(connection: Connection, now: datetime) -> datetime | None:
    """When the newest SMS was taken that somebody may answer: its alert is open, or has ended so
    lately that it can be undone; or it was a test that is not over."""
    values = {"channel": SMS, "since": now - UNDO_WITHIN}
    pages = connection.execute(_LAST_SMS, values).scalars()
    test = drills.last_answerable_sms(connection, now)
    return max((at for at in (*pages, test) if at), default=None)
