"""The latest time that is written down, for a copy that starts with its clock set back."""

from datetime import timedelta

from bot.domain.effects import Record
from storage import audit
from storage.database import Database
from storage.latest import latest
from tests.storage import given

LATER = given.NOW + timedelta(minutes=20)


def test_an_empty_database_knows_no_time(database: Database) -> None:
    assert database.look(latest) is None


def test_with_nothing_open_time_may_begin_anywhere(clinic: Database) -> None:
    clinic.run(lambda c: audit.append(c, audit.ADMIN, [Record("started")], LATER))
    assert clinic.look(latest) is None


def test_with_an_alert_open_it_is_the_time_of_the_latest_entry(clinic: Database) -> None:
    alert = given.opened(clinic)
    found = clinic.look(latest)
    assert found is not None
    assert found >= alert.opened_at
    clinic.run(lambda c: audit.append(c, audit.ADMIN, [Record("started")], LATER))
    clinic.run(lambda c: audit.append(c, audit.ADMIN, [Record("imported")], given.NOW))
    assert clinic.look(latest) == LATER


def test_a_seal_counts_as_well(clinic: Database) -> None:
    given.opened(clinic)
    clinic.run(lambda c: audit.append(c, audit.ADMIN, [Record("started")], given.NOW))
    clinic.run(lambda c: audit.seal(c, LATER))
    assert clinic.look(latest) == LATER
