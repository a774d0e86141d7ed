"""A unit of work: a plain function of a connection, run in a transaction that it does not end."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

Unit = Callable[[Connection], Any]


def perform(unit: Unit, connection: Connection) -> Any:
    """Run it. StopIteration becomes a RuntimeError: asyncio refuses it, and would never answer."""
    try:
        return unit(connection)
    except StopIteration as error:
        raise RuntimeError("a unit of work raised StopIteration") from error
