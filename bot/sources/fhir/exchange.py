"""One HTTP call to a FHIR server or its token endpoint, and what to do when it fails.

No redirect is followed: it would carry the token to wherever it points.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from yarl import URL

from bot.connections import NEVER_CONNECTED, answered_at, retry_after

MOST_BYTES, TOO_LARGE = 50_000_000, "answer-too-large"
TOO_SLOW, BROKE_OFF = "no-answer-in-time", "answer-broke-off"
NO_TLS, CLOSED = "tls-failed", "connection-closed"
LONGEST_WAIT = 600.0
_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=10)
_BUSY = frozenset({408, 425, 429})
_REDIRECT, _BROKEN = 300, 500
_OLDEST = 2000
"""The year; a clock before it was never set, and all reports that there are would be asked for."""


class TryLater(Exception):
    """The same call may succeed later. ``wait`` is in seconds where the server named a time."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.wait = reason, wait


class Refused(Exception):
    """The same call will fail again: somebody has to change something. ``reason`` is a slug."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def refuse(self, what: str) -> None:
        """Raise for a status that is no success: TryLater where waiting helps, else Refused."""
        if self.status in _BUSY or self.status >= _BROKEN:
            raise TryLater(f"{what}-{self.status}", retry_after(self.headers, LONGEST_WAIT))
        if self.status >= _REDIRECT:
            raise Refused(f"{what}-{self.status}", self.status)


async def call(
    session: aiohttp.ClientSession,
    method: str,
    url: str | URL,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Raises TryLater without an answer, and Refused for one that is too large, and for an address
    that is none.

    A URL that a server wrote is passed as URL(..., encoded=True): quoting anew could change it.
    """
    try:
        async with session.request(
            method, url, headers=headers, data=body, allow_redirects=False, timeout=_TIMEOUT
        ) as response:
            return Answer(response.status, response.headers, await _bounded(response))
    except aiohttp.ClientSSLError:  # its certificate has ended, or nobody here trusts the CA
        raise TryLater(NO_TLS) from None
    except aiohttp.ClientPayloadError:  # a gateway let no more than so much of it pass
        raise TryLater(BROKE_OFF) from None
    except NEVER_CONNECTED:
        raise TryLater("unreachable") from None
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
        raise TryLater(CLOSED) from None
    except (aiohttp.ClientError, asyncio.IncompleteReadError):
        raise TryLater("unreachable") from None
    except TimeoutError:
        raise TryLater(TOO_SLOW) from None
    except UnicodeError:  # of a host's name, two full stops in a row say
        raise Refused("address-is-none") from None


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    found = bytearray()
    async for chunk in response.content.iter_any():
        found += chunk
        if len(found) > MOST_BYTES:
            raise Refused(TOO_LARGE)
    return bytes(found)


def date(headers: Mapping[str, str]) -> datetime | None:
    """When the answer was made, by the server's clock (RFC 9110, 6.6.1), in UTC."""
    told = answered_at(headers)
    try:
        return told.astimezone(UTC) if told and told.year > _OLDEST else None
    except OverflowError:  # the last day of all years, in another zone
        return None
