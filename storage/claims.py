"""Which attempts leave now: taken durably by one copy, before anything is sent."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from storage import locks, people
from storage import outbox_statements as sql
from storage.columns import AnyRow
from storage.outbox import Claimed, claimed_of


def claim(
    connection: Connection,
    now: datetime,
    instance: int,
    limit: int = 100,
    *,
    without: Collection[str] = (),
    only: str = "",
) -> list[Claimed]:
    """Take what may leave now: pages before notices, the most severe first, then by time.

    ``without`` these channels, or ``only`` on this one.
    """
    values = {"now": now, "instance": instance, "most": limit}
    if only:
        return _in_order(connection.execute(sql.CLAIM_ON, {**values, "on": only}).all())
    if without:
        return _in_order(connection.execute(sql.CLAIM_BUT, {**values, "but": list(without)}).all())
    return _in_order(connection.execute(sql.CLAIM, values).all())


def hold(connection: Connection, delivery_id: str, until: datetime) -> None:
    """What was just claimed may not leave yet after all. When it was due stays as it is: that it
    waited is told of it, and it goes before what falls due later."""
    connection.execute(sql.HOLD, {"delivery_id": delivery_id, "until": until})


def number_busy(
    connection: Connection, one: Claimed, undecided: Sequence[Claimed], since: datetime
) -> bool:
    """Whether the number that this goes to is busy with another on the same channel: claimed, or
    taken ``since`` then and not known to have ended. ``undecided`` are claimed and may not leave.
    """
    person = people.load(connection, one.slip.person_id)
    number = person.mobile if person else ""
    # Another transaction may be claiming for it, and what that claims cannot be seen yet.
    if not locks.try_lock(connection, "number", one.slip.channel, number):
        return True
    values = {
        "on": one.slip.channel,
        "people": [one.slip.person_id, *(p.id for p in people.by_mobile(connection, number))],
        "but": [other.delivery_id for other in undecided],
        "since": since,
    }
    return connection.execute(sql.NUMBER_BUSY, values).first() is not None


def next_to_leave(connection: Connection) -> datetime | None:
    """When the next waiting row may leave (it may be past), None where none waits."""
    found: datetime | None = connection.execute(sql.NEXT_TO_LEAVE).scalar_one()
    return found


def next_by_channel(connection: Connection) -> dict[str, datetime]:
    """The same for each channel that something waits for."""
    return {row.channel: row.at for row in connection.execute(sql.NEXT_BY_CHANNEL)}


def claimers(connection: Connection) -> set[int]:
    """The instances that have an attempt in hand."""
    return set(connection.execute(sql.CLAIMERS).scalars())


def orphans(
    connection: Connection, gone: Collection[int], mine: Collection[str], instance: int
) -> list[Claimed]:
    """Take over attempts that nobody works on: claimed by an instance that is gone, or by this
    one's earlier life. Their outcome is unknown: ask the provider first.

    ``gone`` are ``claimers`` that were found not to be alive afterwards: one that was looked for
    before may have come since. ``mine`` are the attempts in flight here.
    """
    values = {"gone": list(gone), "me": instance, "mine": list(mine), "instance": instance}
    return _in_order(connection.execute(sql.ADOPT, values).all())


def _in_order(rows: Sequence[AnyRow]) -> list[Claimed]:
    return [claimed_of(row) for row in sorted(rows, key=lambda r: (r.priority, r.not_before, r.id))]
