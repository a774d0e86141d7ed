"""The alerts that have ended lately are found without looking at all: their codes still count.

Revision 0014. Written out and never changed again: storage/tables is what the last one ends at.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index of those that have ended."""
    ended = sa.text("ended_at IS NOT NULL")
    op.create_index(
        "ix_alerts_ended_at", "alerts", ["ended_at"], sqlite_where=ended, postgresql_where=ended
    )


def downgrade() -> None:
    """Drop it: nothing but time depends on it."""
    op.drop_index("ix_alerts_ended_at", "alerts")
