"""What all tables share."""

from sqlalchemy import BigInteger, Index, Integer, text
from sqlmodel import SQLModel

# The names must be the same on both databases and in every release: migrations go by them.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite numbers rows by itself only where the type is exactly INTEGER.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index over some of the rows. A query uses it only if it states the condition literally."""
    condition = text(where)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


class Row(SQLModel):
    """A row of any table. Deriving from it has the naming convention in place by then."""
