"""What came in: messages, what could not be used of them, report versions, providers' callbacks,
and how far the sources that are polled have been read.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from storage.columns import Instant, Outside
from storage.tables.base import Row, partial_index


class Messages(Row, table=True):
    """A message as it was received; an identical one only raises ``copies``. Without ``data`` those
    that are older than the site keeps them (storage/retention.py)."""

    __tablename__ = "messages"
    __table_args__ = (
        # Answers "was it received before?", as part of the insert itself.
        UniqueConstraint("source", "control_id", "digest"),
        # Those of old whose bytes are there yet.
        partial_index("ix_messages_kept", "last_received_at", where="length(data) > 0"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    source: str = Field(sa_type=Text)
    sender: str = Field(sa_type=Outside)
    control_id: str = Field(sa_type=Outside)
    processing_id: str = Field(sa_type=Outside)
    digest: str = Field(sa_type=Text)
    size: int = Field(sa_type=BigInteger)
    data: bytes = Field(sa_type=LargeBinary)
    outcome: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    copies: int
    received_at: datetime = Field(sa_type=Instant)
    last_received_at: datetime = Field(sa_type=Instant)


class Quarantine(Row, table=True):
    """A message that could not be used, with the reason."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("message_id", "reason"),
        # "Is one of this reason waiting already?", and the list of those that wait.
        partial_index(
            "ix_quarantine_waiting",
            "reason",
            "quarantined_at",
            where="replayed_at IS NULL AND dismissed_at IS NULL",
        ),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    message_id: str = Field(foreign_key="messages.id", sa_type=Text)
    source: str = Field(sa_type=Text)
    sender: str = Field(sa_type=Outside)
    control_id: str = Field(sa_type=Outside)
    size: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Outside)
    flags: str = Field(sa_type=Text)
    error_code: str = Field(sa_type=Text)
    location: str = Field(sa_type=Outside)
    quarantined_at: datetime = Field(sa_type=Instant)
    replayed_at: datetime | None = Field(default=None, sa_type=Instant)
    dismissed_at: datetime | None = Field(default=None, sa_type=Instant)


class Reports(Row, table=True):
    """One version of one report; ``body`` is the whole of it as JSON."""

    __tablename__ = "reports"
    __table_args__ = (
        # What an old message is needed for.
        Index("ix_reports_message_id", "message_id"),
        # Finds all versions of one order's result, and refuses the same version twice.
        # The name that the columns would give it is longer than PostgreSQL allows.
        UniqueConstraint(
            "key_value",
            "key_kind",
            "key_authority",
            "content_hash",
            "sent_at",
            name="uq_reports_version",
        ),
        CheckConstraint("status BETWEEN 0 AND 4", name="status"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    message_id: str = Field(foreign_key="messages.id", sa_type=Text)
    key_value: str = Field(sa_type=Outside)
    key_kind: str = Field(sa_type=Text)
    key_authority: str = Field(sa_type=Outside)
    content_hash: str = Field(sa_type=Text)
    status: int
    status_at: datetime = Field(sa_type=Instant)
    sent_at: datetime = Field(sa_type=Instant)
    resource: str = Field(sa_type=Outside)
    # The filler's number: several orders share an accession.
    order_number: str | None = Field(default=None, sa_type=Outside)
    # True where no human signed it.
    machine: bool | None = None
    # What a preliminary version does, by the settings of that day; none is "ignore".
    if_preliminary: str | None = Field(default=None, sa_type=Text)
    category: str | None = Field(default=None, sa_type=Text)
    finding_hash: str = Field(sa_type=Text)
    review: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Outside)
    evidence: str = Field(sa_type=Text)
    received_at: datetime = Field(sa_type=Instant)
    body: str = Field(sa_type=Text)


class OrderNumbers(Row, table=True):
    """A number by which an order is known, as it is compared, and the key of that order's result.

    ``patient`` are the patient's identifiers as JSON, from the version that brought the number.
    """

    __tablename__ = "order_numbers"
    # The primary key finds the orders that a number names, the index all numbers of an order.
    __table_args__ = (Index("ix_order_numbers_key_value", "key_value"),)

    value: str = Field(primary_key=True, sa_type=Outside)
    kind: str = Field(primary_key=True, sa_type=Text)
    authority: str = Field(primary_key=True, sa_type=Outside)
    key_value: str = Field(primary_key=True, sa_type=Outside)
    key_kind: str = Field(primary_key=True, sa_type=Text)
    key_authority: str = Field(primary_key=True, sa_type=Outside)
    stated: bool
    patient: str = Field(sa_type=Text)


class Inbound(Row, table=True):
    """A provider's message or callback that was dealt with already."""

    __tablename__ = "inbound"

    provider: str = Field(primary_key=True, sa_type=Text)
    sid: str = Field(primary_key=True, sa_type=Outside)
    seen_at: datetime = Field(sa_type=Instant)


class SourceCursors(Row, table=True):
    """Up to when a source was read, by its own clock."""

    __tablename__ = "source_cursors"

    source: str = Field(primary_key=True, sa_type=Text)
    read_to: datetime = Field(sa_type=Instant)
