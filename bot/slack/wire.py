"""Whether a request has begun to leave: what makes the difference between failed and uncertain.

A kept-alive connection that the peer has closed meanwhile fails with the same error before and
after the first byte. aiohttp's signal for a body about to be written tells them apart; from Python
3.12 on it comes also where the connection then takes nothing, of which the error's cause tells.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp


@dataclass
class Wire:
    """One request. ``chunks``: so many times some of it may have left."""

    chunks: int = 0

    def kept(self, error: aiohttp.ClientError) -> bool:
        """Whether no byte of it has left, now that it has failed so. Headers and body are one."""
        if self.chunks > 1:
            return False
        cause = error.__cause__
        refused = isinstance(cause, aiohttp.ClientConnectionResetError) and _REFUSED in str(cause)
        return refused or not self.chunks


_REFUSED = "closing transport"
"""aiohttp's words for a write that was not begun. Without them a request counts as begun."""
_present: ContextVar[Wire] = ContextVar("wire")


def watch() -> Wire:
    """Follow the next request of this task."""
    wire = Wire()
    _present.set(wire)
    return wire


async def _about_to_write(
    _: aiohttp.ClientSession, __: SimpleNamespace, ___: aiohttp.TraceRequestChunkSentParams
) -> None:
    # aiohttp writes in a task of its own, which has a copy of the context with this same Wire.
    wire = _present.get(None)
    if wire is not None:
        wire.chunks += 1


def tracing() -> aiohttp.TraceConfig:
    """For the session on which requests are watched.

    Headers leave together with the body, so that before the body nothing has left at all.
    """
    config = aiohttp.TraceConfig()
    config.on_request_chunk_sent.append(_about_to_write)
    return config
