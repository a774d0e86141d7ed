"""Statements, compiled once for all databases of a test process.

SQLAlchemy keeps what it has compiled with each engine. Readback has one for as long as it lives,
but the tests have a thousand, and without this they would compile for a quarter of their time.
"""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.util import LRUCache

# Twice what the whole suite has of them: only tables that alembic makes anew each time fall out.
MOST = 4000


class Statements(LRUCache[tuple[Any, ...], Any]):
    """Its keys begin with the engine's own dialect, which is like that of the next engine."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


_BY_KIND = {"sqlite": Statements(MOST), "postgresql": Statements(MOST)}


def keep(connection: Connection) -> None:
    """For every connection of every engine (the event `engine_connect`)."""
    connection.execution_options(compiled_cache=_BY_KIND[connection.dialect.name])
