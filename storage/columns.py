"""Column types: instants in UTC, and text that came from outside."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Row, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

# A row whose columns are not spelled out to the type checker.
AnyRow = Row[*tuple[Any, ...]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def _to_microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - EPOCH) // MICROSECOND


def _from_microseconds(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


def _aware(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise TypeError("an instant needs its time zone")
    return value


def _to_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class Instant(TypeDecorator[datetime]):
    """An aware datetime; what comes back is in UTC. Binding a naive one raises TypeError.

    Microseconds since 1970 on SQLite (half the cost of ISO text, and ordered), timestamptz on
    PostgreSQL.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """BIGINT where the database knows no instants."""
        return BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True)

    # The processors are returned bare: TypeDecorator's own wrapping would double the cost of each
    # value.
    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """What turns a parameter into the driver's value."""
        return _to_microseconds if dialect.name == "sqlite" else _aware

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002 - the signature is SQLAlchemy's
        """What turns the driver's value into a datetime in UTC."""
        return _from_microseconds if dialect.name == "sqlite" else _to_utc


def storable(value: str) -> str:
    """The text with what no database takes (NUL, half a surrogate pair) replaced by U+FFFD."""
    if value.isascii() and "\0" not in value:
        return value
    whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _storable(value: str | None) -> str | None:
    return None if value is None else storable(value)


class Outside(TypeDecorator[str]):
    """Text that a sender wrote: it may hold anything, and must never keep a message from being
    stored.
    """

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Binding and comparing go the same way, so that what was replaced is found again."""
        return _storable
