"""A folder that is looked at by itself, and what can be seen of it."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.sources.fhir.numbers import Origin
from bot.sources.files import Known
from bot.sources.folder import Folder, Watching
from bot.sources.folder_moved import NOTES
from storage import tables
from tests.sources.fhir_server import Reading
from tests.sources.oru import CHICAGO
from tests.written import Written, writing

KNOWN = Known("folder:ris", CHICAGO, Origin("ris", {}, CHICAGO), 5_000_000)


def folder(reading: Reading, inbox: Path, **how: Any) -> Folder:
    """One to which every file is complete at the first look."""
    every = timedelta(0)
    return Folder(reading.engine, Watching("ris", inbox, KNOWN, every, **how))


def looked(one: Folder, times: int = 1) -> Written:
    """Look so many times; the log of it."""

    async def run() -> None:
        for _ in range(times):
            await one.look()

    with writing() as log:
        asyncio.run(run())
    return log


def names(inbox: Path) -> list[str]:
    files = (path for path in inbox.rglob("*") if path.is_file() and path.name != NOTES)
    return sorted(str(path.relative_to(inbox)) for path in files)


def events(log: Written) -> list[object]:
    return [line["event"] for line in log.lines]


def copies(reading: Reading) -> list[int]:
    """How often each message came."""
    rows = reading.engine.database.look(lambda c: list(c.execute(tables.messages.select())))
    return [row.copies for row in rows]
