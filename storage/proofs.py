"""Which channels are proven: their person has answered by them, from the address on file."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.domain.coverage import Person
from bot.domain.drills import Proof, is_proven
from storage import tables

_columns = tables.proofs.c
_new = insert(tables.proofs).values(
    person_id=bindparam("of_person"),
    channel=bindparam("on"),
    address=bindparam("to"),
    at=bindparam("now"),
)
_PUT = _new.on_conflict_do_update(
    index_elements=["person_id", "channel"],
    set_={"address": _new.excluded.address, "at": _new.excluded.at},
)
_ONE = select(_columns.address, _columns.at).where(
    _columns.person_id == bindparam("of_person"), _columns.channel == bindparam("on")
)
_FORGET = delete(tables.proofs).where(
    _columns.address == bindparam("to"),
    _columns.channel.in_(bindparam("channels", expanding=True)),
)
_ALL = select(_columns.person_id, _columns.channel, _columns.address, _columns.at)


def note(connection: Connection, person: Person, channel: str, now: datetime) -> None:
    """They have just answered by it."""
    to = person.address(channel)
    connection.execute(_PUT, {"of_person": person.id, "on": channel, "to": to, "now": now})


def known(connection: Connection, person: Person, channel: str, now: datetime) -> bool:
    """Whether they have ever answered by it, from where it goes today."""
    row = connection.execute(_ONE, {"of_person": person.id, "on": channel}).first()
    return is_proven(Proof(*row) if row else None, person.address(channel), now)


def forget(connection: Connection, mobile: str, channels: Collection[str]) -> None:
    """What this number has proven on these channels counts for nothing any more."""
    connection.execute(_FORGET, {"to": mobile, "channels": list(channels)})


def everything(connection: Connection) -> dict[tuple[str, str], Proof]:
    """The last proof of each person's id and channel, whatever the address is by now."""
    rows = connection.execute(_ALL)
    return {(row.person_id, row.channel): Proof(row.address, row.at) for row in rows}
