"""What the outbox tells of outages: who has heard of one."""

from sqlalchemy import Connection, bindparam, select

from bot.domain.page import Notice
from storage import tables

_columns = tables.pages.c
_HEARD = (
    select(_columns.id)
    .where(
        _columns.alert_id.is_(None),
        _columns.notice == bindparam("kind"),
        _columns.data == bindparam("about"),
        _columns.state.in_(["claimed", "sent", "uncertain"]),
    )
    .limit(1)
)


def heard_of(connection: Connection, notice: Notice, about: str) -> bool:
    """Whether anybody has got this notice of no alert, or may have, or is getting it."""
    return connection.execute(_HEARD, {"kind": notice.value, "about": about}).first() is not None
