"""Test pages, their answers, and which channels are proven by them.

Revision 0010. Written out and never changed again: storage/tables is what the last one ends at.
"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables. Nobody's channels are proven by what was answered before."""
    op.create_table(
        "drills",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_drills_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_drills"),
    )
    op.create_index("ix_drills_person_id", "drills", ["person_id", "at"])
    op.create_index("ix_drills_mobile", "drills", ["mobile", "code"])
    op.create_table(
        "drill_pages",
        sa.Column("drill_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["drill_id"], ["drills.id"], name="fk_drill_pages_drill_id"),
        sa.PrimaryKeyConstraint("drill_id", "channel", name="pk_drill_pages"),
    )
    op.create_table(
        "proofs",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_proofs_person_id"),
        sa.PrimaryKeyConstraint("person_id", "channel", name="pk_proofs"),
    )


def downgrade() -> None:
    """Drop them: no channel is known to reach anybody."""
    op.drop_table("proofs")
    op.drop_table("drill_pages")
    op.drop_index("ix_drills_mobile", "drills")
    op.drop_index("ix_drills_person_id", "drills")
    op.drop_table("drills")
