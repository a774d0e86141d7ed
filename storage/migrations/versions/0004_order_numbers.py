"""The numbers by which an order is known beside the one that names its result, and when a person
has dismissed what waited in quarantine.

Revision 0004. Written out and never changed again: storage/tables is what the last one ends at.
"""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    """Create the table; what was received before is known by its key."""
    op.create_table(
        "order_numbers",
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("key_value", sa.Text(), nullable=False),
        sa.Column("key_kind", sa.Text(), nullable=False),
        sa.Column("key_authority", sa.Text(), nullable=False),
        sa.Column("stated", sa.Boolean(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "value",
            "kind",
            "authority",
            "key_value",
            "key_kind",
            "key_authority",
            name="pk_order_numbers",
        ),
    )
    op.create_index("ix_order_numbers_key_value", "order_numbers", ["key_value"])
    for table in ("reports", "alerts"):
        _know_by_key(table)
    op.drop_index("ix_quarantine_waiting", "quarantine")
    with op.batch_alter_table("quarantine", recreate=_recreate()) as quarantine:
        quarantine.add_column(sa.Column("dismissed_at", INSTANT, nullable=True))
    _index_waiting("replayed_at IS NULL AND dismissed_at IS NULL")


def downgrade() -> None:
    """Drop it: each order is known by the number of its first version alone."""
    op.drop_table("order_numbers")
    op.drop_index("ix_quarantine_waiting", "quarantine")
    with op.batch_alter_table("quarantine", recreate=_recreate()) as quarantine:
        quarantine.drop_column("dismissed_at")
    _index_waiting("replayed_at IS NULL")


def _recreate() -> Literal["always", "never"]:
    """SQLite would write the column behind the others' lines: its tables are compared by them."""
    return "always" if op.get_bind().dialect.name == "sqlite" else "never"


def _index_waiting(where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        "ix_quarantine_waiting",
        "quarantine",
        ["reason", "quarantined_at"],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _know_by_key(table: str) -> None:
    """Whether an authority was stated is not on record: taken for stated, nothing is guessed."""
    number = "upper(replace(key_value, ' ', ''))"
    place = "key_kind = 'filler' AND key_value LIKE 'DiagnosticReport/%'"
    statement = (
        "INSERT INTO order_numbers "  # noqa: S608 - no part of it comes from outside
        "(value, kind, authority, key_value, key_kind, key_authority, stated, patient) "
        f"SELECT DISTINCT CASE WHEN {place} THEN key_value ELSE {number} END, "
        f"CASE WHEN {place} THEN 'place' ELSE key_kind END, "
        f"CASE WHEN {place} THEN key_authority ELSE upper(replace(key_authority, ' ', '')) END, "
        f"key_value, key_kind, key_authority, true, '[]' FROM {table} "
        "WHERE key_kind <> 'message' ON CONFLICT DO NOTHING"
    )
    op.execute(statement)
