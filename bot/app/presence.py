"""Each copy is seen to be at work; what one that is not had claimed, another one takes over."""

import asyncio

from storage.database import Database

EVERY_SECONDS = 1.0


async def be_seen(database: Database) -> None:
    """Look who else is here, until cancelled: that shows that we are. Not left to the dispatcher,
    which may be waiting for a table that somebody has locked."""
    while True:
        await database.see_alive()
        await asyncio.sleep(EVERY_SECONDS)
