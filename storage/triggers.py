"""The database itself refuses to change the audit trail. Whoever can drop a trigger still meets the
hashes.
"""

from sqlalchemy import DDL, Table, event

from storage import tables

_REFUSAL = "the audit trail is append-only"
_FUNCTION = f"""CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"""


def protect(table: Table) -> None:
    """Have the table created with its triggers."""
    _on(table, "postgresql", _FUNCTION)
    for act in ("update", "delete"):
        head = f"CREATE TRIGGER {table.name}_no_{act} BEFORE {act.upper()} ON {table.name}"
        _on(table, "sqlite", f"{head} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END")
    _on(
        table,
        "postgresql",
        f"CREATE TRIGGER {table.name}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE "
        f"ON {table.name} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    )


def _on(table: Table, dialect: str, statement: str) -> None:
    ddl = DDL(statement)  # type: ignore[no-untyped-call] # SQLAlchemy left it without types
    event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


protect(tables.audit)
protect(tables.seals)
