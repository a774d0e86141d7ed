"""What became of an alert's pages and notices."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.page import Slip
from storage import outbox_statements as sql
from storage.outbox import slip_of


@dataclass(frozen=True, slots=True)
class PageRow:
    """One attempt and what became of it. Times are UTC."""

    delivery_id: str
    slip: Slip
    state: str
    not_before: datetime
    created_at: datetime
    claimed_at: datetime | None
    settled_at: datetime | None
    delivered_at: datetime | None
    lost_at: datetime | None
    provider_id: str
    reason: str
    data: str
    version: int


def history(connection: Connection, alert_id: str) -> list[PageRow]:
    """Every attempt for this alert, oldest first."""
    return [
        PageRow(
            row.id,
            slip_of(row),
            row.state,
            row.not_before,
            row.created_at,
            row.claimed_at,
            row.settled_at,
            row.delivered_at,
            row.lost_at,
            row.provider_id,
            row.reason,
            row.data,
            row.version,
        )
        for row in connection.execute(sql.HISTORY, {"of_alert": alert_id})
    ]
