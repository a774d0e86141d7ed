"""The outbox, which is also the record of every page and notice: one row is one attempt.

waiting → claimed → sent | failed | uncertain, or waiting → cancelled. ``delivered_at`` is a fact
beside the state.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.domain.coverage import VOICE, Role
from bot.domain.effects import CancelNotices, CancelPages, SendNotice, SendPage
from bot.domain.page import Notice, Page, Posted, Sent, Slip
from bot.domain.shadow import RECORD
from storage import outbox_statements as sql
from storage.columns import AnyRow
from storage.ids import new_id
from storage.memory import memory

# Between pages and notices there is room for as many categories as a policy may have.
_NOTICE = 1000


@dataclass(frozen=True, slots=True)
class Claimed:
    """One attempt as whoever sends it needs it. ``alert_id`` is None for a notice of no alert."""

    delivery_id: str
    alert_id: str | None
    slip: Slip
    not_before: datetime
    created_at: datetime
    data: str
    version: int


def put(
    connection: Connection,
    alert_id: str | None,
    effects: Sequence[SendPage | SendNotice | CancelPages | CancelNotices],
    now: datetime,
    *,
    version: int,
    data: str = "",
    severity: int = 0,
) -> int:
    """Carry the effects out in their order; the number of rows put.

    ``version`` is that of the alert; ``data`` goes to the sender of a notice that belongs to no
    alert; ``severity`` is the policy's: 0, the most severe, leaves first.
    """
    rows: list[dict[str, Any]] = []
    for effect in effects:
        match effect:
            case CancelPages(ringing):
                rows = [row for row in rows if row["notice"] is not None or _rings(row, ringing)]
                _cancel(connection, alert_id, ringing, now)
            case CancelNotices(person_id, kinds):
                rows = [row for row in rows if not _is_cancelled(row, person_id, kinds)]
                _cancel_notices(connection, alert_id, person_id, kinds, now)
            case SendPage(slip, not_before) | SendNotice(slip, not_before):
                row = _row(alert_id, slip, now, severity)
                rows.append({**row, "not_before": not_before, "version": version, "data": data})
    if rows:
        connection.execute(sql.PUT, rows)
        memory(connection).unpaged.discard(alert_id or "")
    return len(rows)


def write_down(
    connection: Connection,
    alert_id: str | None,
    effects: Sequence[SendPage | SendNotice | CancelPages | CancelNotices],
    now: datetime,
    *,
    version: int,
    data: str = "",
) -> None:
    """The same in shadow: what would have left is kept as cancelled from the beginning, with that
    as the reason. Nobody can ever claim it, whatever mode the site then runs in."""
    never = {"state": "cancelled", "settled_at": now, "reason": RECORD}
    rows = [
        _row(alert_id, effect.slip, now, 0)
        | {**never, "not_before": effect.not_before, "version": version, "data": data}
        for effect in effects
        if isinstance(effect, SendPage | SendNotice)
    ]
    if rows:
        connection.execute(sql.PUT, rows)


def backlog(connection: Connection, now: datetime) -> tuple[int, datetime | None]:
    """How many rows are due and wait to be claimed, and since when the oldest of them."""
    count, oldest = connection.execute(sql.DUE, {"now": now}).one()
    return count, oldest


def under_way(connection: Connection) -> int:
    """How many attempts are claimed and not settled."""
    count: int = connection.execute(sql.UNDER_WAY).scalar_one()
    return count


def settle(
    connection: Connection,
    delivery_id: str,
    outcome: str,
    now: datetime,
    *,
    taken: Sent | None = None,
    reason: str = "",
) -> bool:
    """Write down what became of a claimed attempt: sent, failed or uncertain.

    False where it was not claimed any more: then somebody else has written it down.
    """
    values = {
        "delivery_id": delivery_id,
        "outcome": outcome,
        "now": now,
        "by_provider": taken.provider_id if taken else "",
        "in_channel": taken.slack_channel if taken else "",
        "because": reason,
        "look": _look(taken, now),
    }
    return connection.execute(sql.SETTLE, values).rowcount == 1


def proven(connection: Connection, delivery_id: str, now: datetime, taken: Sent) -> bool:
    """The provider has it after all, although its answer was lost or said no.

    True where the attempt had been written down as uncertain or failed: what then waits to be
    sent once more is cancelled.
    """
    values = {
        "delivery_id": delivery_id,
        "now": now,
        "by_provider": taken.provider_id,
        "look": _look(taken, now),
    }
    if connection.execute(sql.PROVEN, values).rowcount != 1:
        return False
    connection.execute(sql.CANCEL_REPEAT, {"delivery_id": delivery_id, "now": now})
    return True


def in_doubt(connection: Connection, claimed: Claimed) -> list[str]:
    """Earlier attempts at the same notice of which nobody knows whether they arrived."""
    values = {"delivery_id": claimed.delivery_id}
    return list(connection.execute(sql.IN_DOUBT, values).scalars())


def another_in_doubt(connection: Connection, page: Page, since: datetime) -> bool:
    """Whether another attempt to the same person on this channel is under way, or was given up in
    doubt ``since`` then (UTC)."""
    slip = page.slip
    values = {"delivery_id": page.delivery_id, "to_person": slip.person_id, "on": slip.channel,
              "since": since}  # fmt: skip
    return connection.execute(sql.ANOTHER_IN_DOUBT, values).first() is not None


def cancel_twins(connection: Connection, claimed: Claimed, now: datetime) -> None:
    """A notice of no alert has reached its person: it need not on another channel too. One that
    says something else about the same still has to."""
    connection.execute(sql.CANCEL_TWINS, {**_of_twins(claimed), "now": now})


def twin_arrived(connection: Connection, claimed: Claimed) -> bool:
    """Whether one has since this attempt was put there: under way, it could not be cancelled."""
    values = {**_of_twins(claimed), "delivery_id": claimed.delivery_id}
    return connection.execute(sql.TWIN_ARRIVED, values).first() is not None


def _of_twins(claimed: Claimed) -> dict[str, str]:
    slip = claimed.slip
    kind = slip.notice.value if slip.notice else ""
    return {"to_person": slip.person_id, "kind": kind, "about": claimed.data}


def cancel_about(
    connection: Connection, notice: Notice, about: Collection[str], now: datetime
) -> None:
    """Notices of no alert that say this, and have one of these as their data, are void."""
    values = {"kind": notice.value, "about": list(about), "now": now}
    connection.execute(sql.CANCEL_ABOUT, values)


def posted(connection: Connection, alert_id: str, person_id: str) -> tuple[Posted, ...]:
    """This person's Slack messages for this alert, oldest first, but for those that a later notice
    has collapsed: they are left alone."""
    found = connection.execute(sql.POSTED, {"of_alert": alert_id, "to_person": person_id})
    return tuple(dict.fromkeys(Posted(channel, ts) for channel, ts in found))


def by_provider_id(connection: Connection, provider_id: str) -> Claimed | None:
    """The attempt that the provider knows by this identifier."""
    row = connection.execute(sql.BY_PROVIDER_ID, {"by_provider": provider_id}).first()
    return claimed_of(row) if row else None


def by_delivery_id(connection: Connection, delivery_id: str) -> Claimed | None:
    """The attempt of this id, whatever its state."""
    row = connection.execute(sql.BY_ID, {"delivery_id": delivery_id}).first()
    return claimed_of(row) if row else None


def delivered(connection: Connection, delivery_id: str, now: datetime) -> bool:
    """The carrier's receipt. True the first time; it may come before the sending is settled."""
    done = connection.execute(sql.DELIVERED, {"delivery_id": delivery_id, "now": now})
    return done.rowcount == 1


def lost(connection: Connection, delivery_id: str, now: datetime, reason: str) -> None:
    """The provider took it, and told later that it never reached the phone."""
    connection.execute(sql.LOST, {"delivery_id": delivery_id, "now": now, "because": reason})


def _look(taken: Sent | None, now: datetime) -> datetime | None:
    return now + taken.look_after if taken and taken.look_after else None


def _rings(row: dict[str, Any], person_id: str) -> bool:
    return (row["channel"], row["person_id"]) == (VOICE, person_id)


def _cancel(connection: Connection, alert_id: str | None, ringing: str, now: datetime) -> None:
    if _something_waits(connection, alert_id):
        values = {"of_alert": alert_id, "ringing": ringing, "now": now}
        connection.execute(sql.CANCEL, values)


def _something_waits(connection: Connection, alert_id: str | None) -> bool:
    """Each page of a new round begins with cancellations; mostly there is nothing to cancel."""
    unpaged = memory(connection).unpaged
    if alert_id is None or alert_id in unpaged:
        return False
    if connection.execute(sql.WAITS, {"of_alert": alert_id}).first() is None:
        unpaged.add(alert_id)
    return alert_id not in unpaged


def _is_cancelled(row: dict[str, Any], person_id: str, kinds: frozenset[Notice]) -> bool:
    return row["notice"] in kinds and person_id in {"", row["person_id"]}


def _cancel_notices(
    connection: Connection,
    alert_id: str | None,
    person_id: str,
    kinds: frozenset[Notice],
    now: datetime,
) -> None:
    if _something_waits(connection, alert_id):
        values = {"of_alert": alert_id, "now": now, "kinds": [kind.value for kind in sorted(kinds)]}
        statement = sql.CANCEL_NOTICES_TO if person_id else sql.CANCEL_NOTICES
        connection.execute(statement, {**values, "to_person": person_id} if person_id else values)


def _row(alert_id: str | None, slip: Slip, now: datetime, severity: int) -> dict[str, Any]:
    notice = slip.notice.value if slip.notice else None
    return {
        "id": new_id(),
        "alert_id": alert_id,
        "person_id": slip.person_id,
        "role": slip.role.value,
        "channel": slip.channel,
        "round": slip.round,
        "tries": slip.tries,
        "possible_repeat": slip.possible_repeat,
        "notice": notice,
        "state": "waiting",
        "priority": severity + (_NOTICE if notice else 0),
        "created_at": now,
        "provider_id": "",
        "slack_channel": "",
        "reason": "",
    }


def claimed_of(row: AnyRow) -> Claimed:
    return Claimed(
        row.id, row.alert_id, slip_of(row), row.not_before, row.created_at, row.data, row.version
    )


def slip_of(row: AnyRow) -> Slip:
    return Slip(
        person_id=row.person_id,
        role=Role(row.role),
        channel=row.channel,
        round=row.round,
        tries=row.tries,
        possible_repeat=row.possible_repeat,
        notice=Notice(row.notice) if row.notice else None,
    )
