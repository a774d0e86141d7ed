"""How far the seals and the chain of administration have come, noted outside of the trail.

Whoever removes the newest seals, or the end of that chain, leaves what is before them in order:
only a note kept elsewhere tells that there was more. It is written in the transaction that writes
the thing itself.
"""

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from storage import tables

SEALS = "audit seals"
ADMIN_CHAIN = "audit admin"

_editions = tables.editions.c
_new = insert(tables.editions).values(name=bindparam("of"), edition=bindparam("head"))
_NOTE = _new.on_conflict_do_update(index_elements=["name"], set_={"edition": _new.excluded.edition})
_HEAD = select(_editions.edition).where(_editions.name == bindparam("of"))
_SEAL = select(tables.seals.c.hash).where(tables.seals.c.number == bindparam("number"))
_ADMIN = select(tables.audit.c.hash).where(
    tables.audit.c.chain == "admin", tables.audit.c.seq == bindparam("number")
)


def note(connection: Connection, of: str, number: int, digest: str) -> None:
    """The last one of them is this."""
    connection.execute(_NOTE, {"of": of, "head": f"{number} {digest}"})


def cut_off(connection: Connection) -> str | None:
    """The newest seal, or the newest entry of administration, where it is not there any more. What
    an older Readback has written has no note, and nothing is said of it."""
    for of, look, named in ((ADMIN_CHAIN, _ADMIN, "chain admin, entry"), (SEALS, _SEAL, "seal")):
        head = connection.execute(_HEAD, {"of": of}).scalar_one_or_none()
        if head is None:
            continue
        number, _, digest = str(head).partition(" ")
        if not number.isdecimal():
            return f"{named}: the note of how far it has come was changed"
        found = connection.execute(look, {"number": int(number)}).scalar_one_or_none()
        if found is None:
            return f"{named} {number}: removed, and maybe others before it"
        if found != digest:
            return f"{named} {number}: is not the one that was written"
    return None
