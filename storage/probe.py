"""Whether the database can be read and written at all, without touching anything that matters."""

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import insert

from storage import tables
from storage.ids import new_id

_new = insert(tables.editions).values(name="probe", edition=bindparam("edition"))
_WRITE = _new.on_conflict_do_update(
    index_elements=["name"], set_={"edition": _new.excluded.edition}
)


def read(connection: Connection) -> None:
    """Raises what any reader would get."""
    connection.execute(text("SELECT 1"))


def write(connection: Connection) -> None:
    """Raises what any unit of work would get: the disk is full, the database is read-only."""
    connection.execute(_WRITE, {"edition": new_id()})
