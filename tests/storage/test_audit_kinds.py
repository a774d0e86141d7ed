"""Whoever writes what is none of our values into the trail does not keep its entry from being
named. On PostgreSQL the columns refuse such values themselves."""

from collections.abc import Iterator

import pytest
from sqlalchemy import literal_column, update

from storage import tables
from storage.database import Database
from tests.storage.test_audit import append, broken, seal


@pytest.fixture
def trail(sqlite_url: str) -> Iterator[Database]:
    """An alert and administration under a seal, and an entry after it."""
    opened = Database(sqlite_url)
    append(opened, "a", "opened", "page_due")
    append(opened, "admin", "imported")
    assert seal(opened)
    append(opened, "a", "acknowledged")
    yield opened
    opened.close()


NOT_OURS = [
    ("at", "'yesterday'"),
    ("at", "9223372036854775807"),
    ("actor", "x'ff00'"),
    ("actor", "CAST(x'ff' AS TEXT)"),
    ("data", "x'7b7d'"),
    ("data", "CAST(x'7bff7d' AS TEXT)"),
    ("hash", "x'00'"),
]
SECOND = update(tables.audit).where(tables.audit.c.chain == "a", tables.audit.c.seq == 2)


@pytest.mark.parametrize(("column", "value"), NOT_OURS)
def test_an_entry_with_what_is_no_value_of_ours_is_named(
    trail: Database, column: str, value: str
) -> None:
    found = broken(trail, SECOND.values({column: literal_column(value)}))
    assert found.startswith("chain a, entry 2: changed after it was written")


@pytest.mark.parametrize(("column", "at"), [("seq", "chain a, entry 2"), ("chain", "chain b'")])
def test_an_entry_whose_place_is_none_is_missed(trail: Database, column: str, at: str) -> None:
    found = broken(trail, SECOND.values({column: literal_column("x'ff'")}))
    assert found.startswith(at)


@pytest.mark.parametrize("column", ["at", "from_id", "to_id", "entries", "hash", "prev"])
def test_a_seal_with_what_is_no_value_of_ours_is_named(trail: Database, column: str) -> None:
    found = broken(trail, update(tables.seals).values({column: literal_column("x'ff'")}))
    assert found.startswith("seal 1: changed after it was written")


def test_a_note_that_is_none_of_ours_is_told(trail: Database) -> None:
    found = broken(trail, "UPDATE editions SET edition = 'x' WHERE name = 'audit admin'")
    assert found == "chain admin, entry: the note of how far it has come was changed"
