"""What a unit of work will ask about many alerts, asked at once: a statement costs more than its
rows.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, literal_column, select, tuple_

from storage import alerts, audit, tables
from storage.memory import memory

_audit, _pages = tables.audit.c, tables.pages.c
_SOME: BindParameter[Any] = bindparam("of_alerts", expanding=True)
_NEWEST = select(_audit.chain, func.max(_audit.seq)).where(_audit.chain.in_(_SOME))
_HEADS = select(_audit.chain, _audit.seq, _audit.hash).where(
    tuple_(_audit.chain, _audit.seq).in_(_NEWEST.group_by(_audit.chain))
)
# Written out: the planners see by it that the partial index of what waits will do.
_WAITING = (
    select(_pages.alert_id)
    .distinct()
    .where(_pages.alert_id.in_(_SOME), _pages.state == literal_column("'waiting'"))
)


def read_ahead(connection: Connection, alert_ids: Sequence[str]) -> None:
    """Load these alerts for update, the ends of their chains, and of which of them nothing waits
    in the outbox. Raises where one of them cannot be read.
    """
    alerts.load_all(connection, alert_ids)
    audit.write_out(connection)
    known, these = memory(connection), {"of_alerts": list(alert_ids)}
    for chain, seq, digest in connection.execute(_HEADS, these):
        known.heads[chain] = (seq, digest)
    known.unpaged.update(set(alert_ids).difference(connection.execute(_WAITING, these).scalars()))
