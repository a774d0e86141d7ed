"""Receipts that nobody brings have to be asked for: which pages, and when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, literal_column, or_, select, update

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
_LAST_SMS = (
    select(func.max(_columns.settled_at))
    .select_from(tables.pages.join(tables.alerts))
    .where(
        or_(
            tables.alerts.c.state == literal_column("'open'"),
            tables.alerts.c.ended_at > bindparam("since"),
        ),
        _columns.channel == bindparam("channel"),
        # What is in doubt, and even what failed, may have arrived.
        _columns.state.in_(["sent", "uncertain", "failed"]),
    )
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
    page: datetime | None = connection.execute(_LAST_SMS, values).scalar_one()
    test = drills.last_answerable_sms(connection, now)
    return max((at for at in (page, test) if at), default=None)
