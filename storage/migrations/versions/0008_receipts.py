"""A page knows when it was lost on its way and when to ask for its receipt; wrong numbers.

Revision 0008. Written out and never changed again: storage/tables is what the last one ends at.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from storage.columns import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATES = "'waiting', 'claimed', 'sent', 'failed', 'uncertain', 'cancelled'"
CHECKS = {
    "state": f"state IN ({STATES})",
    "claimed_at": "(state IN ('waiting', 'cancelled')) = (claimed_at IS NULL)",
    "settled_at": "(state IN ('waiting', 'claimed')) = (settled_at IS NULL)",
    "delivered_at": "delivered_at IS NULL OR state NOT IN ('waiting', 'cancelled')",
    "tries": "tries >= 1",
}
AWAITED = "look_at IS NOT NULL"


def upgrade() -> None:
    """Nothing that was sent before is asked for: its alert has had its receipts or its steps."""
    with _pages() as pages:
        pages.add_column(sa.Column("lost_at", Instant(), nullable=True))
        pages.add_column(sa.Column("look_at", Instant(), nullable=True))
    awaited = sa.text(AWAITED)
    op.create_index(
        "ix_pages_look_at", "pages", ["look_at"], sqlite_where=awaited, postgresql_where=awaited
    )
    op.create_table(
        "wrong_numbers",
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mobile", name=op.f("pk_wrong_numbers")),
    )


def downgrade() -> None:
    """Drop it: a number that was somebody else's is paged again."""
    op.drop_table("wrong_numbers")
    op.drop_index("ix_pages_look_at", "pages")
    with _pages() as pages:
        pages.drop_column("look_at")
        pages.drop_column("lost_at")


@contextmanager
def _pages() -> Iterator[BatchOperations]:
    """SQLite would write the columns behind the others' lines: its tables are compared by them. A
    table that is written anew loses its CHECKs unless they are named."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    named = (sa.CheckConstraint(said, op.f(f"ck_pages_{name}")) for name, said in CHECKS.items())
    checks = tuple(named)
    with op.batch_alter_table(
        "pages", recreate="always" if sqlite else "never", table_args=checks if sqlite else ()
    ) as pages:
        yield pages
