"""STOP is of the number, whoever has it: it stays out where an import takes it away and back.

Revision 0013. Written out and never changed again: storage/tables is what the last one ends at.
"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who has opted out stays so."""
    op.create_table(
        "stopped_numbers",
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mobile", name="pk_stopped_numbers"),
    )
    op.execute(
        "INSERT INTO stopped_numbers (mobile, at) SELECT mobile, min(opted_out_at) FROM people"
        " WHERE opted_out_at IS NOT NULL GROUP BY mobile"
    )
    op.drop_column("people", "opted_out_at")


def downgrade() -> None:
    """Numbers that nobody has any more are forgotten."""
    op.add_column("people", sa.Column("opted_out_at", Instant(), nullable=True))
    op.execute(
        "UPDATE people SET opted_out_at ="
        " (SELECT at FROM stopped_numbers WHERE stopped_numbers.mobile = people.mobile)"
    )
    op.drop_table("stopped_numbers")
