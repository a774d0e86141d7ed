"""Connections to the providers, which close those that have been idle for a while.

A request that goes out while its connection is being closed has perhaps arrived and perhaps not:
the page would be uncertain, and repeated, only because the server was tidying up. Servers of
Node.js and uvicorn close after 5 s, load balancers after 60 s; nothing here is reused after 4 s.
"""

import aiohttp

LONGEST_IDLE_SECONDS = 4.0


def connector(limit: int) -> aiohttp.TCPConnector:
    """A pool of so many connections at most; 0 for any number. Make it inside the running loop."""
    return aiohttp.TCPConnector(limit=limit, keepalive_timeout=LONGEST_IDLE_SECONDS)
