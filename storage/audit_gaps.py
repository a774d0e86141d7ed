"""What the trail itself cannot tell: whether something is missing that it should speak of.

An alert is written together with its entries, at one time. So its row tells of some that have to be
there, also while no seal covers them.
"""

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from storage import tables

_alerts, _audit = tables.alerts.c, tables.audit.c


def _told(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(_audit.chain == _alerts.id, *conditions)


def _first(*conditions: ColumnElement[bool]) -> Select[tuple[str]]:
    return select(_alerts.id).where(*conditions).order_by(_alerts.id).limit(1)


_WITHOUT = _first(~_told())
_MISSES = ("expired", "stale_on_receipt")
_ANSWERS = ("acknowledged", "call_recorded")
_CUT = {
    "that its window passed": _first(
        _alerts.expired_at.is_not(None),
        ~_told(_audit.what.in_(_MISSES), _audit.at == _alerts.expired_at),
    ),
    "who acknowledged it": _first(
        _alerts.acknowledged_at.is_not(None),
        ~_told(_audit.what.in_(_ANSWERS), _audit.at == _alerts.acknowledged_at),
    ),
    "that it was withdrawn": _first(
        _alerts.state == "withdrawn", ~_told(_audit.what == "withdrawn")
    ),
    "that it was downgraded": _first(
        _alerts.state == "downgraded", ~_told(_audit.what == "downgraded")
    ),
}


def alert_without_entry(connection: Connection) -> str | None:
    """The first alert whose chain is gone, or lacks an entry that was written with its row."""
    found = connection.execute(_WITHOUT).scalar_one_or_none()
    if found:
        return f"chain {found}, entry 1: removed with all that followed"
    for what, look in _CUT.items():
        found = connection.execute(look).scalar_one_or_none()
        if found:
            return f"chain {found}: the entry that tells {what} was removed from its end"
    return None
