"""What the trail itself cannot tell: whether something is missing that it should speak of."""

from sqlalchemy import Connection, exists, select

from storage import tables

_HAS_A_CHAIN = exists().where(tables.audit.c.chain == tables.alerts.c.id)
_WITHOUT = select(tables.alerts.c.id).where(~_HAS_A_CHAIN).order_by(tables.alerts.c.id).limit(1)


def alert_without_chain(connection: Connection) -> str | None:
    """An alert is written together with its first entry: one that has none has lost them all."""
    found = connection.execute(_WITHOUT).scalar_one_or_none()
    return f"chain {found}, entry 1: removed with all that followed" if found else None
