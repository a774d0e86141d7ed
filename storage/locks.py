"""Locks that last to the end of the transaction."""

import hashlib

from sqlalchemy import ARRAY, BigInteger, Connection, bindparam, func, select, text

_LOCK = select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger)))
# unnest yields in the order of the array.
_LOCK_ALL = text("SELECT pg_advisory_xact_lock(number) FROM unnest(:numbers) AS number").bindparams(
    bindparam("numbers", type_=ARRAY(BigInteger))
)
_TRY = select(func.pg_try_advisory_xact_lock(bindparam("number", type_=BigInteger)))


def lock(connection: Connection, *what: str) -> None:
    """Wait until no other transaction holds this lock. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"number": _number(what)})


def lock_all(connection: Connection, *all_of: tuple[str, ...]) -> None:
    """All of these, in one fixed order: two that want the same never wait crosswise."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_ALL, {"numbers": sorted(set(map(_number, all_of)))})


def try_lock(connection: Connection, *what: str) -> bool:
    """Take the lock if it is free, without waiting."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(_TRY, {"number": _number(what)}).scalar_one())


def _number(what: tuple[str, ...]) -> int:
    words = "\0".join(what).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(words, digest_size=8).digest(), signed=True)
