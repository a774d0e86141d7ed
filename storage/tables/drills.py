"""Test pages, and what is known of whom each channel reaches."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from storage.columns import Instant
from storage.tables.base import Row


class Drills(Row, table=True):
    """A test of one person's channels. Its code answers it from that mobile."""

    __tablename__ = "drills"
    __table_args__ = (
        # Whether one still waits, and a person's latest.
        Index("ix_drills_person_id", "person_id", "at"),
        # A reply is looked up by the number that it came from, as an alert's is.
        Index("ix_drills_mobile", "mobile", "code"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    person_id: str = Field(foreign_key="people.id", sa_type=Text)
    by: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    mobile: str = Field(sa_type=Text)
    code: str = Field(sa_type=Text)


class DrillPages(Row, table=True):
    """One channel of a test. What became of each sending stands in the outbox."""

    __tablename__ = "drill_pages"

    drill_id: str = Field(primary_key=True, foreign_key="drills.id", sa_type=Text)
    channel: str = Field(primary_key=True, sa_type=Text)
    address: str = Field(sa_type=Text)
    round: int
    asked_at: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)


class Proofs(Row, table=True):
    """When the person last answered by this channel, and from which number or account."""

    __tablename__ = "proofs"

    person_id: str = Field(primary_key=True, foreign_key="people.id", sa_type=Text)
    channel: str = Field(primary_key=True, sa_type=Text)
    address: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)
