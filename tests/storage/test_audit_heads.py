"""What is cut off at its end leaves the rest in order: only a note elsewhere tells."""

import pytest
from sqlalchemy import select

from storage import audit_heads, tables
from storage.database import Database
from tests.storage.test_audit import append, broken, seal, tamper, verify


@pytest.fixture
def trail(database: Database) -> Database:
    """An alert and administration, and two seals."""
    append(database, "a", "opened")
    append(database, "admin", "imported")
    assert seal(database)
    append(database, "a", "acknowledged")
    assert seal(database)
    return database


@pytest.mark.parametrize(
    ("removed", "missed"),
    [
        ("DELETE FROM seals", "seal 2: removed"),
        ("DELETE FROM seals WHERE number = 2", "seal 2: removed"),
        ("DELETE FROM audit WHERE chain = 'admin' AND seq = 3", "chain admin, entry 3: removed"),
        ("DELETE FROM audit WHERE chain = 'admin' AND seq > 1", "chain admin, entry 3: removed"),
    ],
)
def test_an_end_that_was_cut_off_is_missed_though_no_seal_covers_it(
    trail: Database, removed: str, missed: str
) -> None:
    append(trail, "admin", "exported", "started")
    assert verify(trail).ok
    assert broken(trail, removed).startswith(missed)


def test_a_last_entry_of_administration_written_anew_is_noticed(trail: Database) -> None:
    append(trail, "admin", "exported")
    tamper(trail, "DELETE FROM audit WHERE chain = 'admin' AND seq = 2")
    mine = tables.editions.c.name == audit_heads.ADMIN_CHAIN
    noted = trail.look(
        lambda c: c.execute(select(tables.editions.c.edition).where(mine)).scalar_one()
    )
    append(trail, "admin", "nothing")
    trail.run(lambda c: c.execute(tables.editions.update().where(mine).values(edition=noted)))
    assert "chain admin, entry 2: is not the one" in (verify(trail).first_broken or "")


def test_a_trail_from_before_such_notes_is_sound(trail: Database) -> None:
    trail.run(lambda c: c.execute(tables.editions.delete()))
    assert verify(trail).ok
