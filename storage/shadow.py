"""What would have been paged, what was, and what could not have been: read from what is stored."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from storage import tables
from storage.alert_rows import IN_SHADOW

_alerts = tables.alerts.c
_OPENED = select(func.count()).where(IN_SHADOW, _alerts.opened_at >= bindparam("since"))


def opened_since(connection: Connection, since: datetime) -> int:
    """How many alerts were opened in shadow from ``since`` (UTC) on."""
    count: int = connection.execute(_OPENED, {"since": since}).scalar_one()
    return count
