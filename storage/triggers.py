"""The database itself refuses to change the audit trail. Whoever can drop a trigger still meets the hashes."""

from sqlalchemy import DDL, Table, event

from storage import tables

_REFUSAL = "the audit trail is append-only"
_FUNCTION = f"""CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"""


def protect(table: Table) -> None:
    """Have the table created with its triggers."""
    event.listen(table, "after_create", DDL(_FUNCTION).execute_if(dialect="postgresql"))
    for act in ("update", "delete"):
        head = f"CREATE TRIGGER {table.name}_no_{act} BEFORE {act.upper()} ON {table.name}"
        sqlite = DDL(f"{head} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END")
        event.listen(table, "after_create", sqlite.execute_if(dialect="sqlite"))
    acts = DDL(
        f"CREATE TRIGGER {table.name}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    event.listen(table, "after_create", acts.execute_if(dialect="postgresql"))


protect(tables.audit)
protect(tables.seals)
