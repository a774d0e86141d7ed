"""PINs: what somebody types on the phone instead of a page's code. Only their hashes are kept.

Four to eight digits do not withstand whoever has the hashes and a computer; the hash keeps them
from whoever reads the table, and the calls limit how often they can be guessed.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.domain.people_file import PersonRow
from storage import tables

# About 20 ms on one core, and 8 MB; it is written into each hash, so that it can be raised.
_COST, _BLOCK = 2**13, 8
_columns = tables.pins.c
_new = insert(tables.pins).values(person_id=bindparam("of_person"), hashed=bindparam("hash"))
_PUT = _new.on_conflict_do_update(
    index_elements=["person_id"], set_={"hashed": _new.excluded.hashed}
)
_DROP = delete(tables.pins).where(_columns.person_id == bindparam("of_person"))
_HASH = select(_columns.hashed).where(_columns.person_id == bindparam("of_person"))

Hashes = Mapping[int, str]
"""By the line of the file: what is to be kept of its PIN, "" where the person shall have none."""


def hashes(rows: Iterable[PersonRow]) -> Hashes:
    """What is kept of a file's PINs. It takes a while for each: not in a unit of work."""
    return {row.line: _hashed(row.pin) if row.pin else "" for row in rows if row.pin is not None}


def keep(connection: Connection, person_id: str, hashed: str) -> None:
    """This is the person's PIN from now on; with "" they have none."""
    if hashed:
        connection.execute(_PUT, {"of_person": person_id, "hash": hashed})
    else:
        connection.execute(_DROP, {"of_person": person_id})


def has_pin(connection: Connection, person_id: str) -> bool:
    return connection.execute(_HASH, {"of_person": person_id}).first() is not None


def is_pin_of(connection: Connection, person_id: str, digits: str) -> bool:
    """Whether these are the person's PIN; never where they have none."""
    known: str | None = connection.execute(_HASH, {"of_person": person_id}).scalar_one_or_none()
    if known is None:
        return False
    cost, salt, _ = known.split("$")
    return hmac.compare_digest(_hashed(digits, bytes.fromhex(salt), int(cost)), known)


def _hashed(digits: str, salt: bytes = b"", cost: int = _COST) -> str:
    salt = salt or secrets.token_bytes(16)
    made = hashlib.scrypt(digits.encode(), salt=salt, n=cost, r=_BLOCK, p=1, dklen=32)
    return f"{cost}${salt.hex()}${made.hex()}"
