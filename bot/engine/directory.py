"""The directory is replaced while alerts are open: none of them waits for somebody who left."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.events import DirectoryChanged
from bot.domain.people_file import PersonRow
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from storage import alerts
from storage.people_import import Change, apply_import


def replace_people(
    c: Connection, engine: Engine, rows: Sequence[PersonRow], now: datetime
) -> tuple[Change, int]:
    """Import the rows, and pass on what their owners cannot be paged for any more; how many alerts
    that were. Raises ValueError for a designee who is not among the rows."""
    change = apply_import(c, rows, now)
    return change, pass_on(c, engine)


def pass_on(c: Connection, engine: Engine) -> int:
    """Every open alert whose owner no channel reaches goes to the next person at once."""
    left = alerts.out_of_reach(c)
    for alert_id in left:
        apply_in(c, engine, alert_id, DirectoryChanged())
    return len(left)
