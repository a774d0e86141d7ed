"""The directory changes while alerts are open: none of them waits for somebody out of reach."""

from collections.abc import Iterable

from sqlalchemy import Connection

from bot.domain.events import DirectoryChanged
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from storage import alerts


def pass_on(c: Connection, engine: Engine, before: Iterable[str]) -> int:
    """Every open alert whose owner no channel reaches goes to the next person at once; how many
    those were. For whoever has changed the directory, in the same unit of work.

    ``before`` are those that were out of reach already: somebody may be in reach by now.
    """
    left = alerts.out_of_reach(c)
    for alert_id in dict.fromkeys((*left, *before)):
        pass_on_one(engine, alert_id, c)
    return len(left)


def pass_on_one(engine: Engine, alert_id: str, c: Connection) -> None:
    """The same for one alert; nothing happens where its owner can be paged."""
    apply_in(c, engine, alert_id, DirectoryChanged())
