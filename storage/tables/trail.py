"""The audit trail and its seals. Triggers refuse any change (storage/triggers.py)."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Text, UniqueConstraint
from sqlmodel import Field

from storage.columns import Instant, Outside
from storage.tables.base import NUMBER, Row


class Audit(Row, table=True):
    """One entry of one chain. Triggers refuse to change or delete it (storage/triggers.py)."""

    __tablename__ = "audit"
    # The head of a chain, and a chain in its order.
    __table_args__ = (UniqueConstraint("chain", "seq"),)

    id: int | None = Field(
        default=None, sa_column=Column(NUMBER, primary_key=True, autoincrement=True)
    )
    chain: str = Field(sa_type=Text)
    seq: int
    at: datetime = Field(sa_type=Instant)
    what: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Outside)
    data: str = Field(sa_type=Text)
    prev: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class Seals(Row, table=True):
    """A hash over all entries since the seal before it. Triggers protect it like the entries."""

    __tablename__ = "seals"

    number: int = Field(sa_column=Column(NUMBER, primary_key=True, autoincrement=False))
    from_id: int = Field(sa_type=BigInteger)
    to_id: int = Field(sa_type=BigInteger)
    entries: int = Field(sa_type=BigInteger)
    entries_hash: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    prev: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)
