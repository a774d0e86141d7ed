"""What is kept of the PINs with which people answer calls.

Revision 0009. Written out and never changed again: storage/tables is what the last one ends at.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "pins",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("hashed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_pins_person_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_pins"),
    )


def downgrade() -> None:
    """Drop it: calls are then answered with a page's code alone."""
    op.drop_table("pins")
