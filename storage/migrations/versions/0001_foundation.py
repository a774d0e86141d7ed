"""Everything that the first release needs.

Revision 0001. Written out and never changed again: storage/tables is what the last one ends at.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFUSAL = "the audit trail is append-only"


def upgrade() -> None:
    """Create the tables, their indexes, and the triggers that keep the audit trail append-only."""
    _audit()
    _editions()
    _inbound()
    _messages()
    _people()
    _policies()
    _seals()
    _person_identifiers()
    _quarantine()
    _reports()
    _alerts()
    _codes()
    _pages()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgresql_triggers()


def downgrade() -> None:
    """Drop everything, with all that was ever recorded."""
    op.drop_table("pages")
    op.drop_table("codes")
    op.drop_table("alerts")
    op.drop_table("reports")
    op.drop_table("quarantine")
    op.drop_table("person_identifiers")
    op.drop_table("seals")
    op.drop_table("policies")
    op.drop_table("people")
    op.drop_table("messages")
    op.drop_table("inbound")
    op.drop_table("editions")
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _sqlite_triggers() -> None:
    for table in ("audit", "seals"):
        for act in ("update", "delete"):
            head = f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table}"
            op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS\n"
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    for table in ("audit", "seals"):
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, nullable=False, autoincrement=True),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("chain", "seq", name="uq_audit_chain_seq"),
    )


def _editions() -> None:
    op.create_table(
        "editions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_editions"),
    )


def _inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("provider", "sid", name="pk_inbound"),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("control_id", sa.Text(), nullable=False),
        sa.Column("processing_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("last_received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint(
            "source", "control_id", "digest", name="uq_messages_source_control_id_digest"
        ),
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("slack_team", sa.Text(), nullable=False),
        sa.Column("slack_user", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("designee_id", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("opted_out_at", INSTANT, nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.ForeignKeyConstraint(["designee_id"], ["people.id"], name="fk_people_designee_id"),
    )


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
    )


def _seals() -> None:
    op.create_table(
        "seals",
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("entries_hash", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_seals"),
    )


def _person_identifiers() -> None:
    op.create_table(
        "person_identifiers",
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("authority", "value", name="pk_person_identifiers"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_person_identifiers_person_id"
        ),
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("control_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("quarantined_at", INSTANT, nullable=False),
        sa.Column("replayed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("message_id", "reason", name="uq_quarantine_message_id_reason"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_quarantine_message_id"),
    )
    _partial_index(
        "ix_quarantine_waiting", "quarantine", ["reason", "quarantined_at"], "replayed_at IS NULL"
    )


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("key_value", sa.Text(), nullable=False),
        sa.Column("key_kind", sa.Text(), nullable=False),
        sa.Column("key_authority", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("status_at", INSTANT, nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("finding_hash", sa.Text(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint(
            "key_value",
            "key_kind",
            "key_authority",
            "content_hash",
            name="uq_reports_key_value_key_kind_key_authority_content_hash",
        ),
        sa.CheckConstraint("status BETWEEN 0 AND 4", name=op.f("ck_reports_status")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_reports_message_id"),
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("key_value", sa.Text(), nullable=False),
        sa.Column("key_kind", sa.Text(), nullable=False),
        sa.Column("key_authority", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("owner_role", sa.Text(), nullable=False),
        sa.Column("window_opens_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("next_action_at", INSTANT, nullable=True),
        sa.Column("expired_at", INSTANT, nullable=True),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("exam", sa.Text(), nullable=False),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("ordering_person", sa.Text(), nullable=True),
        sa.Column("radiologist_person", sa.Text(), nullable=True),
        sa.Column("rest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint(
            "key_value",
            "key_kind",
            "key_authority",
            name="uq_alerts_key_value_key_kind_key_authority",
        ),
        sa.UniqueConstraint("ref", name="uq_alerts_ref"),
        *_alert_states(),
        sa.ForeignKeyConstraint(
            ["ordering_person"], ["people.id"], name="fk_alerts_ordering_person"
        ),
        sa.ForeignKeyConstraint(["owner"], ["people.id"], name="fk_alerts_owner"),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_alerts_policy_id"),
        sa.ForeignKeyConstraint(
            ["radiologist_person"], ["people.id"], name="fk_alerts_radiologist_person"
        ),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_alerts_report_id"),
    )
    _partial_index("ix_alerts_due", "alerts", ["next_action_at"], "state = 'open'")
    op.create_index("ix_alerts_opened_at", "alerts", ["opened_at"])


def _alert_states() -> tuple[sa.CheckConstraint, ...]:
    return (
        sa.CheckConstraint(
            "state <> 'acknowledged' OR acknowledged_at IS NOT NULL",
            name=op.f("ck_alerts_acknowledged_at"),
        ),
        sa.CheckConstraint(
            "(state = 'open') = (next_action_at IS NOT NULL)",
            name=op.f("ck_alerts_open_has_next_action"),
        ),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at IS NULL)", name=op.f("ck_alerts_open_has_not_ended")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'acknowledged', 'withdrawn', 'downgraded')",
            name=op.f("ck_alerts_state"),
        ),
    )


def _codes() -> None:
    op.create_table(
        "codes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_codes"),
        sa.UniqueConstraint(
            "alert_id",
            "person_id",
            "version",
            "mobile",
            name="uq_codes_alert_id_person_id_version_mobile",
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_codes_alert_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_codes_person_id"),
    )
    op.create_index("ix_codes_mobile", "codes", ["mobile", "code"])


def _pages() -> None:
    op.create_table(
        "pages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("possible_repeat", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("claimed_by", sa.Integer(), nullable=True),
        sa.Column("claimed_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("slack_channel", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
        sa.CheckConstraint(
            "(state IN ('waiting', 'cancelled')) = (claimed_at IS NULL)",
            name=op.f("ck_pages_claimed_at"),
        ),
        sa.CheckConstraint(
            "delivered_at IS NULL OR state NOT IN ('waiting', 'cancelled')",
            name=op.f("ck_pages_delivered_at"),
        ),
        sa.CheckConstraint(
            "(state IN ('waiting', 'claimed')) = (settled_at IS NULL)",
            name=op.f("ck_pages_settled_at"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'claimed', 'sent', 'failed', 'uncertain', 'cancelled')",
            name=op.f("ck_pages_state"),
        ),
        sa.CheckConstraint("tries >= 1", name=op.f("ck_pages_tries")),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_pages_alert_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_pages_person_id"),
    )
    op.create_index("ix_pages_alert_id", "pages", ["alert_id"])
    _partial_index("ix_pages_claimed", "pages", ["claimed_by"], "state = 'claimed'")
    _partial_index("ix_pages_provider_id", "pages", ["provider_id"], "provider_id <> ''")
    _partial_index("ix_pages_waiting", "pages", ["priority", "not_before"], "state = 'waiting'")
