"""Asking the provider whether an attempt went out although nobody knows: evidence first."""

import asyncio
from contextlib import suppress

from bot.domain.page import Page, Sender, SendFailed, SendUncertain, Sent
from bot.engine.settle import Lost
from bot.log import log
from storage.database import OUTAGES

PROOF_WAITS = (0.0, 0.5, 2.0)
"""Seconds before each question; the provider may know of it late."""
PROOF_SECONDS = 10.0
"""For all of them: a provider that takes everything in and answers nothing is waited for no longer
before the next channel is tried."""


async def prove(sender: Sender, page: Page) -> Sent | Lost:
    """What the provider has of this attempt; Lost where it has nothing, or cannot be asked."""
    found = None
    with suppress(TimeoutError):
        async with asyncio.timeout(PROOF_SECONDS):
            found = await _found(sender, page)
    return found or Lost()


async def _found(sender: Sender, page: Page) -> Sent | None:
    for wait in PROOF_WAITS:
        await asyncio.sleep(wait)
        try:
            found = await sender.find(page)
        except (SendFailed, SendUncertain):
            continue
        except OUTAGES:
            raise
        except Exception:  # whatever it was: asked anew for ever, the page would wait for nothing
            log.exception("proof_broke_off")
            continue
        if found:
            return found
    return None
