"""Alerts may end as what they were: opened in shadow mode, without anybody having been paged.

Revision 0005. Written out and never changed again: storage/tables is what the last one ends at.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BEFORE = "state IN ('open', 'acknowledged', 'withdrawn', 'downgraded')"
AFTER = "state IN ('open', 'acknowledged', 'withdrawn', 'downgraded', 'shadow')"


def upgrade() -> None:
    """Allow the state."""
    _change(BEFORE, AFTER)


def downgrade() -> None:
    """Take it back: what was opened in shadow counts as withdrawn by nobody's report."""
    op.execute("UPDATE alerts SET state = 'withdrawn' WHERE state = 'shadow'")
    _change(AFTER, BEFORE)


def _change(old: str, new: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rewrite(old, new)
        return
    op.drop_constraint(op.f("ck_alerts_state"), "alerts", type_="check")
    op.create_check_constraint(op.f("ck_alerts_state"), "alerts", new)


def _rewrite(old: str, new: str) -> None:
    """SQLite cannot alter a CHECK. Nothing stored changes, so the schema's text is changed, by the
    procedure of sqlite.org/lang_altertable.html: a copy of the table would have to go round the
    foreign keys that lead to it."""
    c = op.get_bind()
    version = c.exec_driver_sql("PRAGMA schema_version").scalar_one()
    c.exec_driver_sql("PRAGMA writable_schema = ON")
    done = c.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) "
        "WHERE type = 'table' AND name = 'alerts' AND instr(sql, ?) > 0",
        (old, new, old),
    )
    if done.rowcount != 1:
        raise RuntimeError("the table alerts has not the constraint that is to be changed")
    c.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    c.exec_driver_sql("PRAGMA writable_schema = OFF")
