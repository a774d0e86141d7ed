"""Providers repeat their callbacks: each is dealt with once."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from storage import tables

_SEEN = insert(tables.inbound).on_conflict_do_nothing(index_elements=["provider", "sid"])
_KNOWN = select(tables.inbound.c.sid).where(
    tables.inbound.c.provider == bindparam("of_provider"), tables.inbound.c.sid == bindparam("the")
)
_NEWEST = select(func.max(tables.inbound.c.seen_at)).where(
    tables.inbound.c.provider == bindparam("of_provider")
)


def newest(connection: Connection, provider: str) -> datetime | None:
    """The latest time (UTC) noted for this provider. All that is noted for it is looked through."""
    found: datetime | None = connection.execute(_NEWEST, {"of_provider": provider}).scalar_one()
    return found


def known(connection: Connection, provider: str, sid: str) -> bool:
    """Whether it is remembered."""
    values = {"of_provider": provider, "the": sid}
    return connection.execute(_KNOWN, values).first() is not None


def seen(connection: Connection, provider: str, sid: str, now: datetime) -> bool:
    """Remember it. True the first time: only then is there anything to do."""
    values = {"provider": provider, "sid": sid, "seen_at": now}
    return connection.execute(_SEEN, values).rowcount == 1
