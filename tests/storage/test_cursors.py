"""How far a source was read."""

from datetime import timedelta

from sqlalchemy import Connection

from storage import cursors
from storage.database import Database
from tests.storage.given import NOW


def test_a_source_that_was_never_read_has_no_cursor(database: Database) -> None:
    assert database.look(lambda c: cursors.load(c, "ehr")) is None


def test_each_source_has_its_own_and_it_never_goes_back(database: Database) -> None:
    later = NOW + timedelta(seconds=1)

    def note(c: Connection) -> None:
        for source, read_to in (("ehr", NOW), ("ehr", later), ("ehr", NOW), ("other", NOW)):
            cursors.advance(c, source, read_to)

    database.run(note)
    assert database.look(lambda c: cursors.load(c, "ehr")) == later
    assert database.look(lambda c: cursors.load(c, "other")) == NOW


def test_one_that_a_wrong_clock_has_made_can_be_put_back(database: Database) -> None:
    database.run(lambda c: cursors.advance(c, "ehr", NOW + timedelta(hours=2)))
    database.run(lambda c: cursors.put(c, "ehr", NOW))
    assert database.look(lambda c: cursors.load(c, "ehr")) == NOW
