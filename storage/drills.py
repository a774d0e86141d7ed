"""Test pages: who was asked on which channel, and what was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Connection,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from bot.domain.coverage import SMS
from bot.domain.drills import EXPIRES_AFTER, Asked, Drill
from bot.domain.page import Notice
from storage import tables
from storage.columns import AnyRow

_drills, _asked, _pages = tables.drills.c, tables.drill_pages.c, tables.pages.c
_READ = (_drills.id, _drills.person_id, _drills.by, _drills.at, _drills.mobile, _drills.code)
_ASKED = (_asked.channel, _asked.address, _asked.round, _asked.asked_at, _asked.answered_at)
_PUT = insert(tables.drills)
_BY_ID = select(*_READ).where(_drills.id == bindparam("drill_id"))
_LATEST = (
    select(*_READ)
    .where(_drills.person_id == bindparam("of_person"))
    .order_by(_drills.at.desc(), _drills.id.desc())
    .limit(1)
)
_BY_CODE = (
    select(*_READ)
    .where(
        _drills.mobile == bindparam("on_mobile"),
        _drills.code == bindparam("the_code"),
        _drills.at > bindparam("since"),
    )
    .order_by(_drills.at.desc(), _drills.id.desc())
    .limit(1)
)
_OF_DRILL = select(*_ASKED).where(_asked.drill_id == bindparam("of_drill")).order_by(_asked.channel)
_new = upsert(tables.drill_pages).values(
    drill_id=bindparam("of_drill"),
    channel=bindparam("on"),
    address=bindparam("to"),
    round=0,
    asked_at=bindparam("now"),
)
_ASK = _new.on_conflict_do_update(
    index_elements=["drill_id", "channel"],
    set_={
        "address": _new.excluded.address,
        "asked_at": _new.excluded.asked_at,
        "round": tables.drill_pages.c.round + 1,
    },
).returning(_asked.round)
_ANSWER = (
    update(tables.drill_pages)
    .where(
        _asked.drill_id == bindparam("of_drill"),
        _asked.channel == bindparam("on"),
        _asked.answered_at.is_(None),
    )
    .values(answered_at=bindparam("now"))
)
# Written out, not bound: the planners use a partial index only where they can read its condition.
_WAITING = _pages.state == literal_column("'waiting'")
_CLAIMED = _pages.state == literal_column("'claimed'")
_OF_TEST = (
    _pages.alert_id.is_(None),
    _pages.notice == Notice.TEST.value,
    _pages.data == bindparam("of_drill"),
    _pages.channel == bindparam("on"),
)
_LEAVING = select(_pages.id).where(or_(_WAITING, _CLAIMED), *_OF_TEST).limit(1)
_LAST_SENDING = (
    select(_pages.state, _pages.lost_at)
    .where(*_OF_TEST)
    .order_by(_pages.created_at.desc(), _pages.id.desc())
    .limit(1)
)
_CANCEL = (
    update(tables.pages)
    .where(_WAITING, *_OF_TEST)
    .values(state="cancelled", settled_at=bindparam("now"))
)
_LAST_SMS = (
    select(func.max(_asked.asked_at))
    .join_from(tables.drill_pages, tables.drills)
    .where(
        _asked.channel == SMS,
        _asked.answered_at.is_(None),
        _drills.at > bindparam("since"),
    )
)
_EVERY_TEST = (
    select(_drills.id.label("drill_id"), _drills.person_id, _drills.at, *_ASKED)
    .join_from(tables.drill_pages, tables.drills)
    .order_by(_asked.asked_at, _drills.id)
)
_SENDINGS = (
    select(_pages.data, _pages.channel, _pages.state, _pages.settled_at, _pages.delivered_at,
           _pages.lost_at, _pages.reason)
    .where(_pages.alert_id.is_(None), _pages.notice == Notice.TEST.value)
    .order_by(_pages.created_at, _pages.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """The latest test of one person on one channel, and how its last sending fared. ``state`` and
    ``reason`` are the outbox's; times are UTC."""

    person_id: str
    drill: Asked
    state: str
    sent_at: datetime | None
    delivered_at: datetime | None
    reason: str


def start(connection: Connection, drill: Drill) -> None:
    """Keep it; ``ask`` follows for each channel."""
    names = ("id", "person_id", "by", "at", "mobile", "code")
    connection.execute(_PUT, {name: getattr(drill, name) for name in names})


def ask(connection: Connection, drill_id: str, channel: str, address: str, now: datetime) -> int:
    """It is sent there now; how often it was before."""
    values = {"of_drill": drill_id, "on": channel, "to": address, "now": now}
    sent_before: int = connection.execute(_ASK, values).scalar_one()
    return sent_before


def load(connection: Connection, drill_id: str) -> Drill | None:
    """None where there is none of this id."""
    row = connection.execute(_BY_ID, {"drill_id": drill_id}).first()
    return Drill(*row) if row else None


def latest(connection: Connection, person_id: str) -> Drill | None:
    """The person's last test, whether it is over or not."""
    row = connection.execute(_LATEST, {"of_person": person_id}).first()
    return Drill(*row) if row else None


def by_code(connection: Connection, mobile: str, code: str, since: datetime) -> Drill | None:
    """The last test after ``since`` that this code answers from this mobile."""
    values = {"on_mobile": mobile, "the_code": code, "since": since}
    row = connection.execute(_BY_CODE, values).first()
    return Drill(*row) if row else None


def asked(connection: Connection, drill_id: str) -> dict[str, Asked]:
    """By channel."""
    rows = connection.execute(_OF_DRILL, {"of_drill": drill_id})
    return {row.channel: Asked(*row) for row in rows}


def answered(connection: Connection, drill_id: str, channel: str, now: datetime) -> bool:
    """True the first time. What still waits to be sent on that channel need not be any more."""
    values = {"of_drill": drill_id, "on": channel, "now": now}
    if connection.execute(_ANSWER, values).rowcount != 1:
        return False
    connection.execute(_CANCEL, values)
    return True


def leaving(connection: Connection, drill_id: str, channel: str) -> bool:
    """Whether a sending on that channel has no outcome yet, or waits to be tried again."""
    values = {"of_drill": drill_id, "on": channel}
    return connection.execute(_LEAVING, values).first() is not None


def failed(connection: Connection, drill_id: str, channel: str) -> bool:
    """Whether the last sending on that channel has certainly not arrived."""
    values = {"of_drill": drill_id, "on": channel}
    last = connection.execute(_LAST_SENDING, values).first()
    return last is not None and (last.state == "failed" or last.lost_at is not None)


def last_answerable_sms(connection: Connection, now: datetime) -> datetime | None:
    """When the newest test was asked by SMS that somebody may still answer there."""
    found: datetime | None = connection.execute(
        _LAST_SMS, {"since": now - EXPIRES_AFTER}
    ).scalar_one()
    return found


def results(connection: Connection) -> list[Result]:
    """The latest test of every person and channel, in no order of people."""
    sendings: dict[tuple[str, str], AnyRow] = {
        (row.data, row.channel): row for row in connection.execute(_SENDINGS)
    }
    rows: Sequence[AnyRow] = connection.execute(_EVERY_TEST).all()
    last = {(row.person_id, row.channel): row for row in rows}
    return [_result(row, sendings.get((row.drill_id, row.channel))) for row in last.values()]


def _result(row: AnyRow, sending: AnyRow | None) -> Result:
    drill = Asked(row.channel, row.address, row.round, row.asked_at, row.answered_at)
    if sending is None:
        return Result(row.person_id, drill, "waiting", None, None, "")
    lost = sending.lost_at is not None
    taken = sending.state == "sent"
    return Result(
        person_id=row.person_id,
        drill=drill,
        state="failed" if lost else sending.state,
        sent_at=sending.settled_at if taken else None,
        delivered_at=sending.delivered_at,
        reason=sending.reason,
    )
