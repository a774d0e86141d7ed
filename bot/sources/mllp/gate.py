"""Who may come in to a listener: by address, and in TLS where there is a certificate."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from bot import metrics
from bot.log import log
from bot.sources.mllp.tls import Renewed

Network = IPv4Network | IPv6Network
_LOG_EVERY = timedelta(minutes=1)
_MOST_REMEMBERED = 1_000
HANDSHAKE_SECONDS = 5.0
# What senders get wrong, by OpenSSL's names of it.
_REASONS = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no-certificate",
    "CERTIFICATE_VERIFY_FAILED": "certificate-not-trusted",
    "HTTP_REQUEST": "no-tls",
    "WRONG_VERSION_NUMBER": "no-tls",
    "UNSUPPORTED_PROTOCOL": "old-tls",
    "TLSV1_ALERT_UNKNOWN_CA": "our-certificate-not-trusted",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "our-certificate-not-trusted",
    "SSLV3_ALERT_BAD_CERTIFICATE": "our-certificate-not-trusted",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "our-certificate-expired",
}


class Gate:
    """``allow`` is where senders may come from, empty is anywhere; ``tls`` is None for plain TCP.

    Whoever is turned away is counted; a sender that comes again and again is logged once a minute.
    """

    def __init__(
        self, allow: Sequence[Network], tls: Renewed | None, now: Callable[[], datetime]
    ) -> None:
        self._allow, self._tls, self._now = allow, tls, now
        self._told: dict[str, tuple[datetime, int]] = {}

    def admits(self, writer: asyncio.StreamWriter, has_room: Callable[[], bool]) -> bool:
        """Whether this address may connect and there is room: asked before a byte is read."""
        if not self.allows(_host(writer)):
            self._refused(writer, "address-not-allowed")
            return False
        if not has_room():
            self._refused(writer, "too-many-connections")
            return False
        if self._tls:
            _hold_back(writer)
        return True

    def allows(self, host: str) -> bool:
        """Whether this address stands on the list, or there is none."""
        return not self._allow or any(_is_in(host, network) for network in self._allow)

    async def wrap(self, writer: asyncio.StreamWriter) -> bool:
        """Have the connection encrypted where that is set; False where that failed."""
        if self._tls is None:
            return True
        try:
            await writer.start_tls(self._tls.context(), ssl_handshake_timeout=HANDSHAKE_SECONDS)
        except ssl.SSLError as error:
            reason = _REASONS.get(error.reason or "", "handshake-failed")
            self._refused(writer, reason)
            return False
        except (ConnectionError, TimeoutError):
            self._refused(writer, "no-handshake")
            return False
        return True

    def surprised_by_tls(self, writer: asyncio.StreamWriter) -> None:
        """Where none is set up."""
        self._refused(writer, "tls-not-set-up")

    def _refused(self, writer: asyncio.StreamWriter, reason: str) -> None:
        metrics.connection_refused(reason)
        host, now = _host(writer), self._now()
        last, count = self._told.get(host, (None, 0))
        if last is not None and timedelta(0) <= now - last < _LOG_EVERY:
            self._told[host] = last, count + 1
            return
        if len(self._told) >= _MOST_REMEMBERED:
            self._told.clear()
        self._told[host] = now, 0
        log.warning("mllp_refused", peer=address(writer), reason=reason, count=count + 1)


def notice_death(writer: asyncio.StreamWriter) -> None:
    """A sender may be silent for ever; one that is gone without a word must not stay connected."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def address(writer: asyncio.StreamWriter) -> str:
    """The peer's, as host:port."""
    peer = writer.get_extra_info("peername")
    return f"{peer[0]}:{peer[1]}" if peer else "unknown"


def _host(writer: asyncio.StreamWriter) -> str:
    peer = writer.get_extra_info("peername")
    return str(peer[0]) if peer else ""


def _is_in(host: str, network: Network) -> bool:
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:  # gone before it could be looked at
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped in network
    return found in network


def _hold_back(writer: asyncio.StreamWriter) -> None:
    """What a sender says first belongs to TLS: nothing may be read before that has begun."""
    if isinstance(writer.transport, asyncio.ReadTransport):
        writer.transport.pause_reading()
