"""Whether a request has begun to leave: what makes the difference between failed and uncertain.

A kept-alive connection that the peer has closed meanwhile fails with the same error before and
after the first byte. aiohttp's signal for a body about to be written tells them apart.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp


@dataclass
class Wire:
    """One request. ``began``: its first byte may have left."""

    began: bool = False


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
        wire.began = True


def tracing() -> aiohttp.TraceConfig:
    """For the session on which requests are watched.

    Headers leave together with the body, so that before the body nothing has left at all.
    """
    config = aiohttp.TraceConfig()
    config.on_request_chunk_sent.append(_about_to_write)
    return config
