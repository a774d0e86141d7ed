"""A migrated database of each kind, and one with people in it."""

from collections.abc import Iterator

import pytest

from storage import people_import
from storage.database import Database
from tests.storage import given
from tests.storage.given import person_named


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Empty, and migrated."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def clinic(database: Database) -> Database:
    """With Dr. Adams, Dr. Baker who stands in for them, and Cole, the coordinator."""
    database.run(lambda c: people_import.apply_import(c, given.EVERYBODY, given.NOW))
    return database


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """A SQLite database, for what only its writer does."""
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def adams(clinic: Database) -> str:
    return clinic.look(lambda c: person_named(c, "Dr. Adams"))
