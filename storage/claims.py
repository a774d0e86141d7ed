"""Which attempts leave now: taken durably by one copy, before anything is sent."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

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


def put_back(connection: Connection, delivery_id: str, until: datetime) -> None:
    """What was just claimed may not leave yet after all."""
    connection.execute(sql.PUT_BACK, {"delivery_id": delivery_id, "until": until})


def next_not_before(connection: Connection) -> datetime | None:
    """When the next waiting row may leave (it may be past), None where none waits."""
    found: datetime | None = connection.execute(sql.NEXT_NOT_BEFORE).scalar_one_or_none()
    return found


def next_by_channel(connection: Connection) -> dict[str, datetime]:
    """The same for each channel that something waits for."""
    return {row.channel: row.at for row in connection.execute(sql.NEXT_BY_CHANNEL)}


def orphans(
    connection: Connection, alive: Collection[int], mine: Collection[str], instance: int
) -> list[Claimed]:
    """Take over attempts that nobody works on: claimed by an instance that is not alive, or by
    this one's earlier life. Their outcome is unknown: ask the provider first.

    ``mine`` are the attempts in flight here; whoever calls must not claim at the same time.
    """
    others = [number for number in alive if number != instance]
    values = {
        "alive": [*others, instance],
        "me": instance,
        "mine": list(mine),
        "instance": instance,
    }
    return _in_order(connection.execute(sql.ADOPT, values).all())


def _in_order(rows: Sequence[AnyRow]) -> list[Claimed]:
    return [claimed_of(row) for row in sorted(rows, key=lambda r: (r.priority, r.not_before, r.id))]
