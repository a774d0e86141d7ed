"""Connections to the providers, which close those that have been idle for a while.

A request that goes out while its connection is being closed has perhaps arrived and perhaps not:
the page would be uncertain, and repeated, only because the server was tidying up. Servers of
Node.js and uvicorn close after 5 s, load balancers after 60 s; nothing here is reused after 4 s.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import aiohttp

LONGEST_IDLE_SECONDS = 4.0
NEVER_CONNECTED = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,  # the proxy would not connect us
    aiohttp.ConnectionTimeoutError,
)
"""The provider has certainly not seen the request."""
NOT_TAKEN = frozenset({408, 425})
"""The statuses by which a server, or a gateway before it, says that it has not worked on a request
and that the same may come again: RFC 9110, 15.5.9, and RFC 8470, 5.2."""
_NUMBER = re.compile(r"-?\d+(\.\d*)?", re.ASCII)


def connector(limit: int) -> aiohttp.TCPConnector:
    """A pool of so many connections at most; 0 for any number. Make it inside the running loop."""
    return aiohttp.TCPConnector(limit=limit, keepalive_timeout=LONGEST_IDLE_SECONDS)


def answered_at(headers: Mapping[str, str]) -> datetime | None:
    """When the answer left, by the clock of whoever gave it (RFC 9110, 6.6.1), in whole seconds.
    None where it does not say."""
    try:
        said = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def retry_after(headers: Mapping[str, str], at_most: float) -> float | None:
    """What the answer's Retry-After asks for (RFC 9110, 10.2.3), in seconds from 0 to ``at_most``.

    A date is taken relative to the answer's own, which comes from the same clock. None where there
    is nothing that can be read. Fractions are not in the standard, but come from gateways.
    """
    value = headers.get("Retry-After", "").strip()
    if _NUMBER.fullmatch(value):
        return min(max(float(value), 0.0), at_most)
    try:
        until = parsedate_to_datetime(value)
        wait = (until - parsedate_to_datetime(headers.get("Date", ""))).total_seconds()
    except (ValueError, TypeError, OverflowError):  # the last is what a year of many digits raises
        return None
    return min(max(wait, 0.0), at_most)


def proxy_for(url: str) -> str | None:
    """Through which an address outside is asked: ``HTTPS_PROXY`` or else ``HTTP_PROXY``, as by
    Slack's SDK, unless ``NO_PROXY`` spares the host. This machine needs none."""
    if is_local(url):
        return None
    proxies = getproxies_environment()
    proxy = proxies.get(urlsplit(url).scheme) or proxies.get("https") or proxies.get("http")
    if not proxy or proxy_bypass(urlsplit(url).netloc):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def is_local(url: str) -> bool:
    """Whether the address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
