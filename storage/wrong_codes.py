"""Wrong SMS codes, by number: whoever tries them all must not find one.

Four digits are 10,000, and a sender's number can be forged. Kept beside the messages that were
dealt with (storage/inbound.py).
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select

from storage import inbound, tables

MOST = 10
WITHIN = timedelta(hours=1)
REFUSED_FOR = timedelta(hours=1)
_PROVIDER = "wrong-code"
_columns = tables.inbound.c
_NEWEST = (
    select(_columns.seen_at)
    .where(
        _columns.provider == _PROVIDER,
        _columns.sid.startswith(bindparam("number"), autoescape=False),
        _columns.seen_at > bindparam("since"),
    )
    .order_by(_columns.seen_at.desc())
    .limit(MOST)
)


def refused(connection: Connection, number: str, now: datetime) -> bool:
    """Whether no code from this number (E.164) counts now, be it right or wrong."""
    where = {"number": f"{number}:", "since": now - WITHIN - REFUSED_FOR}
    newest = list(connection.execute(_NEWEST, where).scalars())
    full = len(newest) == MOST and newest[0] - newest[-1] < WITHIN
    return full and now - newest[0] < REFUSED_FOR


def note(connection: Connection, number: str, sid: str, now: datetime) -> bool:
    """One more, in the message ``sid``. True where from now on none counts: then a person has to
    hear of it, once. While none counts none is noted either: the hour ends when it was to end."""
    if refused(connection, number, now):
        return False
    inbound.seen(connection, _PROVIDER, f"{number}:{sid}", now)
    return refused(connection, number, now)
