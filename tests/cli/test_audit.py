"""`readback migrate` and `readback audit verify`."""

import json

import pytest
from sqlalchemy import text

from storage import audit
from storage.database import Database
from tests.cli.conftest import ADA, BEN, CARLA, Place, Receive, report


def test_migrate_makes_the_database_and_says_so(any_place: Place) -> None:
    result = any_place.run("migrate", "--json")
    assert json.loads(result.stdout)["ok"] is True
    assert "is up to date." in any_place.run("migrate").stderr


def test_who_migrated_the_tables_is_in_the_audit_trail_once(place: Place) -> None:
    url = f"sqlite:///{place.folder}/new.db"
    place.env = {"READBACK_DATABASE__URL": url}
    for _ in range(2):
        assert place.run("migrate").exit_code == 0
    made = Database(url)
    entries = made.look(lambda c: audit.chain(c, audit.ADMIN))
    made.close()
    assert [(entry.what, bool(entry.actor)) for entry in entries] == [("migrated", True)]


@pytest.mark.parametrize(
    "words", ["migrate", "alerts", "audit verify", "quarantine replay --all", "people test --all"]
)
def test_a_database_of_a_later_release_is_left_alone(
    place: Place, database: Database, words: str
) -> None:
    database.run(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    result = place.run(*words.split())
    assert result.exit_code == 2
    assert "later release" in result.stderr


def test_a_folder_that_does_not_exist_is_named(place: Place) -> None:
    place.env = {"READBACK_DATABASE__URL": f"sqlite:///{place.folder}/absent/readback.db"}
    result = place.run("migrate")
    assert result.exit_code == 2
    assert "its folder does not exist" in result.stderr


def test_a_whole_trail_is_said_to_be_whole(any_place: Place) -> None:
    any_place.imported(CARLA, ADA, BEN)
    result = any_place.run("audit", "verify")
    assert result.exit_code == 0
    assert "The audit trail is whole: 1 entry, 0 seals." in result.stderr


@pytest.mark.usefixtures("database")
def test_where_no_terminal_shows_progress_no_line_stands_in_its_place(place: Place) -> None:
    said = place.run("audit", "verify").stderr
    assert said == "The audit trail is whole: 0 entries, 0 seals.\n"


def test_a_trail_that_somebody_changed_names_the_first_broken_entry(
    place: Place, database: Database
) -> None:
    place.imported(CARLA, ADA, BEN)
    place.imported(CARLA, BEN)
    database.run(lambda c: c.execute(text("DROP TRIGGER audit_no_update")))
    database.run(lambda c: c.execute(text("UPDATE audit SET actor = 'nobody' WHERE seq = 2")))
    result = place.run("audit", "verify")
    assert result.exit_code == 1
    assert "chain admin, entry 2: changed after it was written" in result.stderr
    told = json.loads(place.run("audit", "verify", "--json").stdout)
    assert told["ok"] is False
    assert told["first_broken"].startswith("chain admin, entry 2")


def test_a_broken_chain_of_an_alert_is_told_with_its_reference(
    place: Place, database: Database, receive: Receive
) -> None:
    place.imported(CARLA)
    receive(report())
    (alert,) = json.loads(place.run("alerts", "--json").stdout)
    database.run(lambda c: c.execute(text("DROP TRIGGER audit_no_update")))
    lie = "UPDATE audit SET actor = 'nobody' WHERE chain != 'admin' AND seq = 2"
    database.run(lambda c: c.execute(text(lie)))
    told = " ".join(place.run("audit", "verify").stderr.split())
    assert f"That is the chain of alert {alert['ref']}." in told


def test_migrate_is_the_cure_only_for_tables_that_are_behind(place: Place) -> None:
    file = place.folder / "readback.db"
    file.write_bytes(b"")
    place.env = {"READBACK_DATABASE__URL": f"sqlite:///{file}"}
    assert "`readback migrate` brings them up to date" in place.run("alerts").stderr
    file.write_bytes(b"no database at all, but some text" * 99)
    told = place.run("alerts").stderr
    assert "its file is no SQLite database" in told
    assert "migrate" not in told
