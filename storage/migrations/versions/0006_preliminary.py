"""A preliminary version may count, or ask the radiologist: by the settings when it was received.

Revision 0006. Written out and never changed again: storage/tables is what the last one ends at.
What was stored before had nothing set, and counts as little as it did.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    with _reports() as reports:
        reports.add_column(sa.Column("if_preliminary", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it: what opened an alert before it was final counts no more."""
    with _reports() as reports:
        reports.drop_column("if_preliminary")


@contextmanager
def _reports() -> Iterator[BatchOperations]:
    """SQLite would write the column behind the others' lines: its tables are compared by them. A
    table that is written anew loses its CHECKs unless they are named."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    check = sa.CheckConstraint("status BETWEEN 0 AND 4", name=op.f("ck_reports_status"))
    with op.batch_alter_table(
        "reports",
        recreate="always" if sqlite else "never",
        table_args=(check,) if sqlite else (),
    ) as reports:
        yield reports
