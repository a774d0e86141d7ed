"""A page that comes too fast for its person is held, and keeps the time at which it was due.

Revision 0012. Written out and never changed again: storage/tables is what the last one ends at.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from storage.columns import Instant

revision = "0012"
down_revision = "0011"
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


def upgrade() -> None:
    """What waits now was held by moving the time at which it is due: it leaves at that time."""
    with _pages() as pages:
        pages.add_column(sa.Column("held_until", Instant(), nullable=True))


def downgrade() -> None:
    """Drop it: what is held leaves now."""
    with _pages() as pages:
        pages.drop_column("held_until")


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
