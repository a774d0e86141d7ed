"""What `readback explain` says of a message is what comes of it when it is received."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from bot.clock import SystemClock
from storage import tables
from storage.database import Database
from tests.cli.conftest import ADA, BEN, CARLA, Place, Receive, made
from tests.cli.explain.conftest import lines, written
from tests.sources.oru import OBX, message, obr, sample

NOW = f"{SystemClock().now():%Y%m%d%H%M%S}+0000"
BY_ADA = {16: "1234567893^OSEI^ADA^^^^^^NPI", 22: NOW}
OTHER = {**BY_ADA, 2: "P2", 3: "B1^RIS", 18: ""}
NORMAL = OBX.replace("HH", "N").replace("Tension pneumothorax.", "Normal.")
MUTE_ADA = "1234567893,,Ada,,,,,,1245319599"
MUTE_BEN = "1245319599,,Ben,,,,,,"
MUTE_CARL = "1500000017,,Carl,,,,,coordinator,"
DIRECTORIES = {
    "all": [CARLA, ADA, BEN],
    "provider out of reach": [CARLA, MUTE_ADA, BEN],
    "two out of reach": [CARLA, MUTE_ADA, MUTE_BEN],
    "coordinator out of reach": [MUTE_CARL, CARLA],
}
MESSAGES = {
    "flagged": sample(fields=BY_ADA),
    "unknown provider": sample(fields={**BY_ADA, 16: "9^NO^ONE^^^^^^NPI~1^NO^ONE"}),
    "second provider known": sample(fields={**BY_ADA, 16: "9^NO^ONE~" + BY_ADA[16]}),
    "unknown code": sample(OBX.replace("HH", "RID49483"), fields=BY_ADA),
    "significant": sample(OBX.replace("HH", "RID49482"), fields=BY_ADA),
    "routine": sample(NORMAL, fields=BY_ADA),
    "preliminary": sample(fields={**BY_ADA, 25: "P"}),
    "withdrawn": sample(fields={**BY_ADA, 25: "X"}),
    "unusable": sample(fields={**BY_ADA, 25: "?"}),
    "unusable test": sample(fields={**BY_ADA, 25: "?"}).replace(b"|P|2.5.1", b"|D|2.5.1"),
    "test": sample(fields=BY_ADA).replace(b"|P|2.5.1", b"|T|2.5.1"),
    "in part": message(obr(BY_ADA), NORMAL, obr({**OTHER, 25: "?"}), OBX),
    "in part, test": message(obr(BY_ADA), OBX, obr({**OTHER, 25: "?"}), OBX).replace(
        b"|P|2.5.1", b"|T|2.5.1"
    ),
    "two orders": message(obr(BY_ADA), NORMAL, obr(OTHER), OBX),
    "no order": message(OBX),
    "other type": sample("OBX|1|TX|X||CRITICAL RESULT: air.||||||F", fields=BY_ADA).replace(
        b"ORU^R01^ORU_R01", b"MDM^T02"
    ),
}


@pytest.fixture
def place(tmp_path: Path, sqlite_url: str) -> Place:
    """With a database into which messages are received."""
    return made(tmp_path, sqlite_url)


def paged(c: Connection) -> set[tuple[str, str]]:
    """Who is paged by what, as soon as it is received."""
    pages, named = tables.pages.c, tables.people.c.name
    found = select(named, pages.channel).join_from(tables.people, tables.pages)
    return {(row.name, row.channel) for row in c.execute(found.where(pages.notice.is_(None)))}


def waiting(c: Connection) -> list[str]:
    return sorted(c.execute(select(tables.quarantine.c.reason)).scalars())


@pytest.mark.parametrize(
    ("directory", "what"),
    [
        (name, what)
        for name in DIRECTORIES
        for what in MESSAGES
        if name == "all" or what in {"flagged", "unusable"}
    ],
)
def test_it_pages_whom_the_bot_pages_and_quarantines_what_it_does(
    place: Place, database: Database, receive: Receive, directory: str, what: str
) -> None:
    place.imported(*DIRECTORIES[directory])
    data = MESSAGES[what].replace(b"20260115120100-0600", NOW.encode())
    result = place.run("explain", str(written(place.folder, data)), "--json")
    (told,) = lines(result)
    receive(data)
    at_once = {
        (step["person"], channel)
        for step in told["would_page"]
        for channel in step["channels"]
        if not step["after_minutes"]
    }
    assert at_once == database.look(paged)
    reasons = [told["reason"]] if result.exit_code else []
    if told["report"]:
        reasons = [one["reason"] for one in told["report"]["left"]]
    assert reasons == database.look(waiting)
    assert result.exit_code == bool(reasons)
