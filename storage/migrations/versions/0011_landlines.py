"""Numbers that take no SMS, as Twilio says.

Revision 0011. Written out and never changed again: storage/tables is what the last one ends at.
"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table. Each landline is found out by the next SMS to it."""
    op.create_table(
        "landlines",
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mobile", name="pk_landlines"),
    )


def downgrade() -> None:
    """Drop it: landlines are sent SMS again, which fail and go to voice."""
    op.drop_table("landlines")
