"""A unit of work: a plain function of a connection, run in a transaction that it does not end."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from storage import audit
from storage.memory import memory

Unit = Callable[[Connection], Any]


def perform(unit: Unit, connection: Connection) -> Any:
    """Run it, and what it has left for its end.

    StopIteration becomes a RuntimeError: asyncio refuses it, and would never answer.
    """
    try:
        result = unit(connection)
        for act in dict.fromkeys(memory(connection).last):
            act(connection)
        audit.write_out(connection)
        return result
    except StopIteration as error:
        raise RuntimeError("a unit of work raised StopIteration") from error
