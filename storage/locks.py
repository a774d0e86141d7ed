"""Locks that last to the end of the transaction."""

import hashlib

from sqlalchemy import BigInteger, Connection, bindparam, func, select

_LOCK = select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger)))
_TRY = select(func.pg_try_advisory_xact_lock(bindparam("number", type_=BigInteger)))


def lock(connection: Connection, *what: str) -> None:
    """Wait until no other transaction holds this lock. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"number": _number(what)})


def try_lock(connection: Connection, *what: str) -> bool:
    """Take the lock if it is free, without waiting."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(_TRY, {"number": _number(what)}).scalar_one())


def _number(what: tuple[str, ...]) -> int:
    words = "\0".join(what).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(words, digest_size=8).digest(), signed=True)
