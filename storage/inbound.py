"""Providers repeat their callbacks: each is dealt with once."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from storage import tables

_SEEN = insert(tables.inbound).on_conflict_do_nothing(index_elements=["provider", "sid"])


def seen(connection: Connection, provider: str, sid: str, now: datetime) -> bool:
    """Remember it. True the first time: only then is there anything to do."""
    values = {"provider": provider, "sid": sid, "seen_at": now}
    return connection.execute(_SEEN, values).rowcount == 1
