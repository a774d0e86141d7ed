"""The latest time that is written down: time has come at least so far."""

from datetime import datetime

from sqlalchemy import Connection, exists, func, literal_column, or_, select

from storage import tables

# Entries are written nearly in the order of their times; commands beside the bot may be behind.
_LOOKED_AT = 1000
_alerts, _pages = tables.alerts.c, tables.pages.c
_open = _alerts.state == literal_column("'open'")
_to_send = _pages.state.in_([literal_column("'waiting'"), literal_column("'claimed'")])
_WAITS = select(or_(exists().where(_open), exists().where(_to_send)))
_entries = select(tables.audit.c.at).order_by(tables.audit.c.id.desc()).limit(_LOOKED_AT).subquery()
_seals = select(tables.seals.c.at).order_by(tables.seals.c.number.desc()).limit(1).subquery()
_TIMES = (
    select(func.max(_entries.c.at)),
    select(func.max(_seals.c.at)),
    select(func.max(_alerts.opened_at)).where(_open),
    select(func.max(_pages.created_at)).where(_to_send),
)


def latest(connection: Connection) -> datetime | None:
    """The latest time recorded, in UTC; None where nothing waits for a time: no alert is open, and
    nothing is to be sent.
    """
    if not connection.execute(_WAITS).scalar_one():
        return None
    times = [connection.execute(one).scalar_one() for one in _TIMES]
    return max((at for at in times if at is not None), default=None)
