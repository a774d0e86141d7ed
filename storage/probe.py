"""Whether the database can be read and written at all, without touching anything that matters."""

from sqlalchemy import Connection, Table, bindparam, text
from sqlalchemy.dialects.postgresql import insert

from storage import tables
from storage.ids import new_id

# An account may have no right but to add to the last two.
_APPENDED = {tables.audit.name, tables.seals.name}
_NAMES = {table.name for table in vars(tables).values() if isinstance(table, Table)} - _APPENDED
_new = insert(tables.editions).values(name="probe", edition=bindparam("edition"))
_WRITE = _new.on_conflict_do_update(
    index_elements=["name"], set_={"edition": _new.excluded.edition}
)

# As whoever writes does, and without a wait: two that wait for many tables may wait crosswise.
_LOCK = text(f"LOCK TABLE {', '.join(sorted(_NAMES))} IN ROW EXCLUSIVE MODE NOWAIT")


def read(connection: Connection) -> None:
    """Raises what any reader would get."""
    connection.execute(text("SELECT 1"))


def write(connection: Connection) -> None:
    """Raises what any unit of work would get: the disk is full, the database is read-only."""
    connection.execute(_WRITE, {"edition": new_id()})


def write_all(connection: Connection) -> None:
    """The same of every table: raises also where somebody keeps one of them locked. SQLite locks
    them all together."""
    write(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)
