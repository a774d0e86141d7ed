"""`readback quarantine` where the message itself was older than the site keeps it."""

import json

from sqlalchemy import update

from storage import audit, tables
from storage.database import Database
from tests.cli.conftest import CARLA, Place, Receive, report


def test_it_is_neither_shown_nor_replayed_and_that_is_said(
    place: Place, receive: Receive, database: Database
) -> None:
    place.imported(CARLA)
    receive(report("A1").replace(b"OBR|", b"XXX|"))
    (entry,) = json.loads(place.run("quarantine", "list", "--json").stdout)
    database.run(lambda c: c.execute(update(tables.messages).values(data=b"")))
    place.env |= {"READBACK_RETENTION__ROUTINE_DAYS": "400", "COLUMNS": "120"}
    said = "the message itself was removed after 400 days by [retention]"
    assert said in place.run("quarantine", "show", entry["id"], "--reveal").stdout
    entries = database.look(lambda c: audit.chain(c, audit.ADMIN))
    assert "quarantine_revealed" not in {one.what for one in entries}
    replayed = place.run("quarantine", "replay", entry["id"])
    assert replayed.exit_code == 1
    assert said in replayed.stdout
