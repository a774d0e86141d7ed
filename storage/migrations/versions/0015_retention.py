"""What is old and belongs to no alert is found without looking at everything.

Revision 0015. Written out and never changed again: storage/tables is what the last one ends at.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Indexes of the messages that have their bytes, and of what refers to messages and reports."""
    kept = sa.text("length(data) > 0")
    op.create_index(
        "ix_messages_kept",
        "messages",
        ["last_received_at"],
        sqlite_where=kept,
        postgresql_where=kept,
    )
    op.create_index("ix_reports_message_id", "reports", ["message_id"])
    op.create_index("ix_alerts_report_id", "alerts", ["report_id"])


def downgrade() -> None:
    """Drop them: nothing but time depends on them."""
    op.drop_index("ix_alerts_report_id", "alerts")
    op.drop_index("ix_reports_message_id", "reports")
    op.drop_index("ix_messages_kept", "messages")
