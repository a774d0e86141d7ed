"""Alerts, the policies that govern them, their pages, and the codes that answer these."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from storage.columns import Instant, Outside
from storage.tables.base import Row, partial_index


class Policies(Row, table=True):
    """A category's policy as some alert was opened under it. ``id`` is the hash of ``body``."""

    __tablename__ = "policies"

    id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class Alerts(Row, table=True):
    """One alert. Columns are what is searched or shown in lists; ``rest`` is the rest, as JSON."""

    __tablename__ = "alerts"
    __table_args__ = (
        # One alert for one order's result, however many processes try.
        UniqueConstraint("key_value", "key_kind", "key_authority"),
        UniqueConstraint("ref"),
        # The sweep: costs what is due, not what exists.
        partial_index("ix_alerts_due", "next_action_at", where="state = 'open'"),
        # Those that have ended so lately that an answer still counts.
        partial_index("ix_alerts_ended_at", "ended_at", where="ended_at IS NOT NULL"),
        # The list of the latest alerts, whatever became of them.
        Index("ix_alerts_opened_at", "opened_at"),
        # Asked for each report that is removed, by the database itself, too.
        Index("ix_alerts_report_id", "report_id"),
        CheckConstraint(
            "state IN ('open', 'acknowledged', 'withdrawn', 'downgraded', 'shadow')", name="state"
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


class Pages(Row, table=True):
    """The outbox, and the record of every page and notice: a row is one attempt.

    ``not_before`` is when it is due; it may be ``held_until`` later.
    ``settled_at`` is when the provider took it or refused it, ``delivered_at`` and ``lost_at`` what
    it told of the way to the phone, ``look_at`` when to ask it for that.
    """

    __tablename__ = "pages"
    __table_args__ = (
        # What to claim next, in the order of claiming, and when to look again.
        partial_index("ix_pages_waiting", "priority", "not_before", where="state = 'waiting'"),
        # What a process that died had in its hands.
        partial_index("ix_pages_claimed", "claimed_by", where="state = 'claimed'"),
        # An alert's history, its Slack messages, and what an acknowledgment cancels.
        Index("ix_pages_alert_id", "alert_id"),
        # Callbacks name a page by the provider's identifier.
        partial_index("ix_pages_provider_id", "provider_id", where="provider_id <> ''"),
        # Whose receipt has to be asked for, where nobody can bring it.
        partial_index("ix_pages_look_at", "look_at", where="look_at IS NOT NULL"),
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
    held_until: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    claimed_by: int | None = Field(default=None)
    claimed_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    lost_at: datetime | None = Field(default=None, sa_type=Instant)
    look_at: datetime | None = Field(default=None, sa_type=Instant)
    provider_id: str = Field(sa_type=Text)
    slack_channel: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


class Codes(Row, table=True):
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
