"""SMS codes: what somebody answers a page, or a test, with, from the phone that it was sent to."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import (
    Connection,
    bindparam,
    exists,
    insert,
    or_,
    select,
    union_all,
    update,
)

from bot.domain.alert import Alert
from bot.domain.coverage import Person
from bot.domain.drills import EXPIRES_AFTER
from bot.domain.refs import code_from
from storage import locks, tables
from storage.ids import new_id

# An ended alert's codes stay valid for UNDO, and for the answer "somebody else has it".
NOT_REUSED_FOR = timedelta(hours=24)
_FOUR_DIGITS = 511
_EVER = datetime.max.replace(tzinfo=UTC)
_columns = tables.codes.c
_PUT = insert(tables.codes)
_later = tables.codes.alias("later")
# Once its alert had ended a day ago the code was free for others.
_GIVEN_ON = or_(
    exists().where(
        _later.c.mobile == _columns.mobile,
        _later.c.code == _columns.code,
        _later.c.created_at >= _columns.created_at,
        _later.c.id != _columns.id,
    ),
    exists().where(
        tables.drills.c.mobile == _columns.mobile,
        tables.drills.c.code == _columns.code,
        tables.drills.c.at >= _columns.created_at,
    ),
)
_ABOUT = (
    _columns.alert_id == bindparam("of_alert"),
    _columns.person_id == bindparam("of_person"),
    _columns.version == bindparam("of_version"),
    _columns.mobile == bindparam("on_mobile"),
)
_KNOWN = select(_columns.code, _GIVEN_ON.label("given_on")).where(*_ABOUT)
_ANOTHER = (
    update(tables.codes)
    .where(*_ABOUT)
    .values(code=bindparam("new_code"), created_at=bindparam("now"))
)
_TAKEN = (
    select(_columns.code)
    .join_from(tables.codes, tables.alerts)
    .where(
        _columns.mobile == bindparam("on_mobile"),
        or_(
            tables.alerts.c.ended_at.is_(None), tables.alerts.c.ended_at > bindparam("ended_after")
        ),
    )
)
_TAKEN_BY_TESTS = select(tables.drills.c.code).where(
    tables.drills.c.mobile == bindparam("on_mobile"), tables.drills.c.at > bindparam("asked_after")
)
_FIND = (
    select(_columns.alert_id, _columns.person_id, _columns.version)
    .where(
        _columns.mobile == bindparam("on_mobile"),
        _columns.code == bindparam("the_code"),
        _columns.created_at <= bindparam("by_then"),
    )
    .order_by(_columns.created_at.desc(), _columns.id.desc())
    .limit(1)
)

_ASKED_SINCE = union_all(
    select(_columns.code).where(
        _columns.mobile == bindparam("on_mobile"), _columns.created_at > bindparam("since")
    ),
    select(tables.drills.c.code).where(
        tables.drills.c.mobile == bindparam("on_mobile"), tables.drills.c.at > bindparam("since")
    ),
)


@dataclass(frozen=True, slots=True)
class CodeFound:
    """What a code stands for: the version is the one that its holder was paged about."""

    alert_id: str
    person_id: str
    version: int


def code_for(
    connection: Connection, alert: Alert, person: Person, now: datetime, random: Random
) -> str:
    """The code of this alert, person and material version on the person's mobile: one for all its
    pages.

    No other alert that is open, or ended less than 24 hours ago, has it on that mobile, nor has a
    test: one that was opened again after others have got its code gets a new one. Codes of earlier
    versions can still be found, with their version.
    """
    locks.lock(connection, "codes", person.mobile)
    about = {"of_alert": alert.id, "of_person": person.id, "of_version": alert.material_version,
             "on_mobile": person.mobile}  # fmt: skip
    known = connection.execute(_KNOWN, about).one_or_none()
    if known and not known.given_on:
        return str(known.code)
    code = _free_code(connection, person.mobile, now, random)
    if known:
        connection.execute(_ANOTHER, {**about, "new_code": code, "now": now})
        return code
    values = {
        "id": new_id(),
        "mobile": person.mobile,
        "code": code,
        "alert_id": alert.id,
        "person_id": person.id,
        "version": alert.material_version,
        "created_at": now,
    }
    connection.execute(_PUT, values)
    return code


def code_for_test(connection: Connection, mobile: str, now: datetime, random: Random) -> str:
    """A code for a new test on this mobile, out of the same ones; it is taken from when the test is
    kept until a day after its end."""
    locks.lock(connection, "codes", mobile)
    return _free_code(connection, mobile, now, random)


def find(
    connection: Connection, mobile: str, code: str, by_then: datetime | None = None
) -> CodeFound | None:
    """What this code means when it was sent from this mobile at that time: the latest that it had
    been given out for ``by_then`` (UTC), or at all."""
    values = {"on_mobile": mobile, "the_code": code, "by_then": by_then or _EVER}
    row = connection.execute(_FIND, values).first()
    return CodeFound(*row) if row else None


def asked_since(connection: Connection, mobile: str, since: datetime) -> bool:
    """Whether a page or a test with a code went to this mobile since then (UTC)."""
    values = {"on_mobile": mobile, "since": since}
    return connection.execute(_ASKED_SINCE, values).first() is not None


def _free_code(connection: Connection, mobile: str, now: datetime, random: Random) -> str:
    where = {"on_mobile": mobile, "ended_after": now - NOT_REUSED_FOR}
    taken = set(connection.execute(_TAKEN, where).scalars())
    tests = {"on_mobile": mobile, "asked_after": tests_since(now)}
    taken.update(connection.execute(_TAKEN_BY_TESTS, tests).scalars())
    # A random place to start hides how many there are; a phone with hundreds of alerts gets longer
    # codes.
    first = random.randrange(_FOUR_DIGITS)
    numbers = ((first + step) % _FOUR_DIGITS for step in range(_FOUR_DIGITS))
    short = next((code for n in numbers if (code := code_from(n)) not in taken), None)
    return short or _longer(taken)


def tests_since(now: datetime) -> datetime:
    """Codes of tests asked for before mean nothing any more."""
    return now - EXPIRES_AFTER - NOT_REUSED_FOR


def _longer(taken: set[str]) -> str:
    number = _FOUR_DIGITS
    while code_from(number) in taken:
        number += 1
    return code_from(number)
