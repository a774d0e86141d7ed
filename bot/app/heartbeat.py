"""A sign of life to somebody outside, who tells people when it stays away: of a machine that is
gone, a database that takes nothing or a loop that hangs nobody in here could tell."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from bot.connections import connector, proxy_for
from bot.log import log

EVERY_SECONDS = 60.0
ANSWER_SECONDS = 10.0
REFUSED = 400


@dataclass
class Heartbeat:
    """To ``url``, as long as ``ready`` says that this copy can work. The address is a secret of the
    site's: whoever knows it can keep the watch quiet."""

    url: str
    ready: Callable[[], Awaitable[bool]]
    trouble: str = ""

    async def run(self) -> None:
        """Beat until cancelled."""
        limits = aiohttp.ClientTimeout(ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=limits, connector=connector(limit=1)) as session:
            while True:
                if await self.ready():
                    self._note(await self._beat(session))
                await asyncio.sleep(EVERY_SECONDS)

    async def _beat(self, session: aiohttp.ClientSession) -> str:
        """What went wrong, as a slug."""
        try:
            async with session.get(self.url, proxy=proxy_for(self.url)) as answer:
                return f"http-{answer.status}" if answer.status >= REFUSED else ""
        except (aiohttp.ClientError, TimeoutError):
            return "unreachable"

    def _note(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            log.warning("heartbeat_not_taken", reason=trouble)
        elif self.trouble and not trouble:
            log.info("heartbeat_taken")
        self.trouble = trouble
