"""How far each source that is polled has been read.

Revision 0002. Written out and never changed again: storage/tables is what the last one ends at.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "source_cursors",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("read_to", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_source_cursors"),
    )


def downgrade() -> None:
    """Drop it: the sources are read anew from an hour before."""
    op.drop_table("source_cursors")
