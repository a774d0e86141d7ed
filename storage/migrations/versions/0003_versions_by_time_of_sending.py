"""A report's version is its content and when it was sent: the same text may be issued again.

Revision 0003. Written out and never changed again: storage/tables is what the last one ends at.
What was stored before is taken for sent when it was received.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
BEFORE = ("key_value", "key_kind", "key_authority", "content_hash")
BEFORE_NAME = "uq_reports_key_value_key_kind_key_authority_content_hash"
AFTER = (*BEFORE, "sent_at")
AFTER_NAME = "uq_reports_version"
ADDED = ("sent_at", "resource")


def upgrade() -> None:
    """Add both columns, and let the same content be stored once for each time of sending."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(AFTER_NAME, AFTER, added=True)
        return
    op.add_column("reports", sa.Column("sent_at", INSTANT, nullable=True))
    op.add_column("reports", sa.Column("resource", sa.Text(), nullable=True))
    op.execute("UPDATE reports SET sent_at = received_at, resource = ''")
    for column in ADDED:
        op.alter_column("reports", column, nullable=False)
    op.drop_constraint(BEFORE_NAME, "reports")
    op.create_unique_constraint(AFTER_NAME, "reports", list(AFTER))


def downgrade() -> None:
    """Take it back. Fails where the same content was stored twice: go back to a backup then."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(BEFORE_NAME, BEFORE, added=False)
        return
    op.drop_constraint(AFTER_NAME, "reports")
    op.create_unique_constraint(BEFORE_NAME, "reports", list(BEFORE))
    for column in ADDED:
        op.drop_column("reports", column)


def _rebuild(name: str, unique: tuple[str, ...], *, added: bool) -> None:
    """SQLite cannot drop a constraint: the table is written anew."""
    columns: list[sa.Column[Any]] = [
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "message_id", *BEFORE)),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("status_at", INSTANT, nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("finding_hash", "review", "rule", "evidence")
        ),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    ]
    kept = [column.name for column in columns]
    if added:
        columns.append(sa.Column("sent_at", INSTANT, nullable=False))
        columns.append(sa.Column("resource", sa.Text(), nullable=False))
    op.create_table(
        "reports_anew",
        *columns,
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint(*unique, name=name),
        sa.CheckConstraint("status BETWEEN 0 AND 4", name=op.f("ck_reports_status")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_reports_message_id"),
    )
    old = sa.table("reports", *(sa.column(name) for name in kept))
    new = sa.table("reports_anew", *(sa.column(column.name) for column in columns))
    stands_in = (old.c.received_at, sa.literal("")) if added else ()
    values = sa.select(*(old.c[name] for name in kept), *stands_in)
    op.execute(new.insert().from_select([column.name for column in columns], values))
    op.drop_table("reports")
    op.rename_table("reports_anew", "reports")
