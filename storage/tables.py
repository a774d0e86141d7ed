"""The rows, their constraints and their indexes. Rows never leave storage/: see the modules beside this one.

An empty text means "none" except in columns that refer to another table, where it is NULL.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from storage.columns import Instant, Outside

# Names must be the same on both databases and in every release, or a later migration cannot find them.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite numbers rows by itself only where the type is exactly INTEGER.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def _numbered() -> Any:
    return Field(default=None, sa_column=Column(_NUMBER, primary_key=True, autoincrement=True))


class Messages(SQLModel, table=True):
    """A message as it was received; an identical one only raises ``copies``."""

    __tablename__ = "messages"
    # Answers "was it received before?", as part of the insert itself.
    __table_args__ = (UniqueConstraint("source", "control_id", "digest"),)

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


class Quarantine(SQLModel, table=True):
    """A message that could not be used, with the reason."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("message_id", "reason"),
        # "Is one of this reason waiting already?", and the list of those that wait.
        Index(
            "ix_quarantine_waiting",
            "reason",
            "quarantined_at",
            sqlite_where=text("replayed_at IS NULL"),
            postgresql_where=text("replayed_at IS NULL"),
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


class Reports(SQLModel, table=True):
    """One version of one report; ``body`` is the whole of it as JSON."""

    __tablename__ = "reports"
    # Finds all versions of one order's result, and refuses the same content twice.
    __table_args__ = (
        UniqueConstraint("key_value", "key_kind", "key_authority", "content_hash"),
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
    category: str | None = Field(default=None, sa_type=Text)
    finding_hash: str = Field(sa_type=Text)
    review: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Outside)
    evidence: str = Field(sa_type=Text)
    received_at: datetime = Field(sa_type=Instant)
    body: str = Field(sa_type=Text)


class Policies(SQLModel, table=True):
    """A category's policy as some alert was opened under it. ``id`` is the hash of ``body``."""

    __tablename__ = "policies"

    id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class People(SQLModel, table=True):
    """Somebody who can be paged. Who left the directory stays, inactive: old alerts name them."""

    __tablename__ = "people"

    id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    email: str = Field(sa_type=Text)
    mobile: str = Field(sa_type=Text)
    slack_team: str = Field(sa_type=Text)
    slack_user: str = Field(sa_type=Text)
    timezone: str = Field(sa_type=Text)
    roles: str = Field(sa_type=Text)
    designee_id: str | None = Field(default=None, foreign_key="people.id", sa_type=Text)
    position: int
    active: bool
    opted_out_at: datetime | None = Field(default=None, sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)


class PersonIdentifiers(SQLModel, table=True):
    """An identifier by which reports name a person: an NPI, or a local id with its authority."""

    __tablename__ = "person_identifiers"

    # Upper case, as it is compared; "NPI" for national provider identifiers.
    authority: str = Field(primary_key=True, sa_type=Text)
    value: str = Field(primary_key=True, sa_type=Text)
    person_id: str = Field(foreign_key="people.id", sa_type=Text)
    written: str = Field(sa_type=Text)


class Editions(SQLModel, table=True):
    """A new value tells every process that its copy of the thing named is old."""

    __tablename__ = "editions"

    name: str = Field(primary_key=True, sa_type=Text)
    edition: str = Field(sa_type=Text)


class Alerts(SQLModel, table=True):
    """One alert. Columns are what is searched or shown in lists; ``rest`` is the rest, as JSON."""

    __tablename__ = "alerts"
    __table_args__ = (
        # One alert for one order's result, however many processes try.
        UniqueConstraint("key_value", "key_kind", "key_authority"),
        UniqueConstraint("ref"),
        # The sweep: costs what is due, not what exists.
        Index(
            "ix_alerts_due",
            "next_action_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        # The list of the latest alerts, whatever became of them.
        Index("ix_alerts_opened_at", "opened_at"),
        CheckConstraint(
            "state IN ('open', 'acknowledged', 'withdrawn', 'downgraded')", name="state"
        ),
        # No open alert waits for nothing, and none that ended waits for anything.
        CheckConstraint(
            "(state = 'open') = (next_action_at IS NOT NULL)", name="open_has_next_action"
        ),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="open_has_not_ended"),
        CheckConstraint(
            "state <> 'acknowledged' OR acknowledged_at IS NOT NULL", name="acknowledged_at"
        ),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    ref: str = Field(sa_type=Text)
    revision: int
    key_value: str = Field(sa_type=Outside)
    key_kind: str = Field(sa_type=Text)
    key_authority: str = Field(sa_type=Outside)
    policy_id: str = Field(foreign_key="policies.id", sa_type=Text)
    report_id: str | None = Field(default=None, foreign_key="reports.id", sa_type=Text)
    category: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    owner: str | None = Field(default=None, foreign_key="people.id", sa_type=Text)
    owner_role: str = Field(sa_type=Text)
    window_opens_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    opened_at: datetime = Field(sa_type=Instant)
    next_action_at: datetime | None = Field(default=None, sa_type=Instant)
    expired_at: datetime | None = Field(default=None, sa_type=Instant)
    acknowledged_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    exam: str = Field(sa_type=Outside)
    modality: str = Field(sa_type=Outside)
    accession: str = Field(sa_type=Outside)
    ordering_person: str | None = Field(default=None, foreign_key="people.id", sa_type=Text)
    radiologist_person: str | None = Field(default=None, foreign_key="people.id", sa_type=Text)
    rest: str = Field(sa_type=Text)


class Pages(SQLModel, table=True):
    """The outbox, and the record of every page and notice: a row is one attempt."""

    __tablename__ = "pages"
    __table_args__ = (
        # What to claim next, in the order of claiming.
        Index(
            "ix_pages_waiting",
            "priority",
            "not_before",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        # When the dispatcher has to look again.
        Index(
            "ix_pages_not_before",
            "not_before",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        # What a process that died had in its hands.
        Index(
            "ix_pages_claimed",
            "claimed_by",
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
        # An alert's history, its Slack messages, and what an acknowledgment cancels.
        Index("ix_pages_alert_id", "alert_id"),
        # Callbacks name a page by the provider's identifier.
        Index(
            "ix_pages_provider_id",
            "provider_id",
            sqlite_where=text("provider_id <> ''"),
            postgresql_where=text("provider_id <> ''"),
        ),
        CheckConstraint(
            "state IN ('waiting', 'claimed', 'sent', 'failed', 'uncertain', 'cancelled')",
            name="state",
        ),
        # The attempt is committed before the call to the provider: no outcome without a claim.
        CheckConstraint(
            "(state IN ('waiting', 'cancelled')) = (claimed_at IS NULL)", name="claimed_at"
        ),
        CheckConstraint(
            "(state IN ('waiting', 'claimed')) = (settled_at IS NULL)", name="settled_at"
        ),
        CheckConstraint(
            "delivered_at IS NULL OR state NOT IN ('waiting', 'cancelled')", name="delivered_at"
        ),
        CheckConstraint("tries >= 1", name="tries"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    alert_id: str | None = Field(default=None, foreign_key="alerts.id", sa_type=Text)
    person_id: str = Field(foreign_key="people.id", sa_type=Text)
    role: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    round: int
    tries: int
    possible_repeat: bool
    notice: str | None = Field(default=None, sa_type=Text)
    version: int
    data: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    priority: int
    not_before: datetime = Field(sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    claimed_by: int | None = Field(default=None)
    claimed_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    provider_id: str = Field(sa_type=Text)
    slack_channel: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


class Codes(SQLModel, table=True):
    """The SMS code of one alert, version and person on one mobile."""

    __tablename__ = "codes"
    __table_args__ = (
        # A reply is looked up by the number that it came from, and new codes are chosen per number.
        Index("ix_codes_mobile", "mobile", "code"),
        UniqueConstraint("alert_id", "person_id", "version", "mobile"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    mobile: str = Field(sa_type=Text)
    code: str = Field(sa_type=Text)
    alert_id: str = Field(foreign_key="alerts.id", sa_type=Text)
    person_id: str = Field(foreign_key="people.id", sa_type=Text)
    version: int
    created_at: datetime = Field(sa_type=Instant)


class Inbound(SQLModel, table=True):
    """A provider's message or callback that was dealt with already."""

    __tablename__ = "inbound"

    provider: str = Field(primary_key=True, sa_type=Text)
    sid: str = Field(primary_key=True, sa_type=Outside)
    seen_at: datetime = Field(sa_type=Instant)


class Audit(SQLModel, table=True):
    """One entry of one chain. Triggers refuse to change or delete it (storage/triggers.py)."""

    __tablename__ = "audit"
    # The head of a chain, and a chain in its order.
    __table_args__ = (UniqueConstraint("chain", "seq"),)

    id: int | None = _numbered()
    chain: str = Field(sa_type=Text)
    seq: int
    at: datetime = Field(sa_type=Instant)
    what: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Outside)
    data: str = Field(sa_type=Text)
    prev: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class Seals(SQLModel, table=True):
    """A hash over all entries since the seal before it. Triggers protect it like the entries."""

    __tablename__ = "seals"

    number: int = Field(sa_column=Column(_NUMBER, primary_key=True, autoincrement=False))
    from_id: int = Field(sa_type=BigInteger)
    to_id: int = Field(sa_type=BigInteger)
    entries: int = Field(sa_type=BigInteger)
    entries_hash: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    prev: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


def _table(row: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


messages = _table(Messages)
quarantine = _table(Quarantine)
reports = _table(Reports)
policies = _table(Policies)
people = _table(People)
person_identifiers = _table(PersonIdentifiers)
editions = _table(Editions)
alerts = _table(Alerts)
pages = _table(Pages)
codes = _table(Codes)
inbound = _table(Inbound)
audit = _table(Audit)
seals = _table(Seals)
