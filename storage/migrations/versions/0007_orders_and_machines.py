"""Which order of an accession a version is of, and whether a machine wrote it.

Revision 0007. Written out and never changed again: storage/tables is what the last one ends at.
What was stored before tells no number: it belongs to the only order that does.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; who wrote what was stored before stands in its body."""
    with _reports() as reports:
        reports.add_column(sa.Column("order_number", sa.Text(), nullable=True))
        reports.add_column(sa.Column("machine", sa.Boolean(), nullable=True))
    table = sa.table("reports", sa.column("machine", sa.Boolean()), sa.column("body", sa.Text()))
    by_machine = table.c.body.contains('"machine":true')
    op.execute(table.update().where(by_machine).values(machine=True))


def downgrade() -> None:
    """Drop them: siblings and machines are folded with the rest again."""
    with _reports() as reports:
        reports.drop_column("machine")
        reports.drop_column("order_number")


@contextmanager
def _reports() -> Iterator[BatchOperations]:
    """SQLite would write the columns behind the others' lines: its tables are compared by them. A
    table that is written anew loses its CHECKs unless they are named."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    check = sa.CheckConstraint("status BETWEEN 0 AND 4", name=op.f("ck_reports_status"))
    with op.batch_alter_table(
        "reports",
        recreate="always" if sqlite else "never",
        table_args=(check,) if sqlite else (),
    ) as reports:
        yield reports
