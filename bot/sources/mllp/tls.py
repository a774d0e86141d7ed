"""TLS of a listener and of whoever sends to one: contexts out of PEM files, and their renewal."""

import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.log import log

_CERTIFICATE, _KEY = b"-----BEGIN CERTIFICATE-----", b"PRIVATE KEY-----"
Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: our certificate with those that lead to its root, and its key. With ``client_ca``
    whoever connects needs a certificate that one of these CAs has signed."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


class BadTls(Exception):
    """A file cannot be used. ``which`` is the field of TlsFiles; nothing of the key is quoted."""

    def __init__(self, which: str, what: str, cure: str) -> None:
        super().__init__(f"{which} {what}. {cure}")
        self.which, self.what, self.cure = which, what, cure


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """For a listener: TLS 1.2 or later. Raises BadTls."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _identify(context, files.certificate, files.key)
    if files.client_ca:
        _trust(context, files.client_ca, "client_ca")
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def ends_at(files: TlsFiles) -> datetime | None:
    """When our certificate ends; None where it is not one of a server. Raises BadTls."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(files.certificate)
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _WHENEVER
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context(TlsFiles(files.certificate, files.key))
    # ssl tells what is in a certificate only to whom it was shown.
    sides = client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)
    with suppress(ssl.SSLError):
        for side in sides * _TURNS:
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
        shown = sides[0].getpeercert() or {}
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    return None


_TURNS = 3
_WHENEVER = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL: one that has ended is shown as well."""


def client_context(
    ca: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """For a sender, which trusts ``ca``, else what this machine trusts. Raises BadTls."""
    context = ssl.create_default_context()
    if ca:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _trust(context, ca, "ca")
    if certificate:
        _identify(context, certificate, key or certificate)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Renewed:
    """The context for each new connection: files that have changed are read again, and where they
    cannot be used the last good ones hold. Raises BadTls where the first cannot be used."""

    def __init__(self, files: TlsFiles) -> None:
        self._files, self._stamp = files, _stamp(files)
        self._context = server_context(files)

    def context(self) -> ssl.SSLContext:
        """That of now."""
        stamp = _stamp(self._files)
        if stamp != self._stamp:
            self._stamp = stamp
            self._renew()
        return self._context

    def _renew(self) -> None:
        try:
            self._context = server_context(self._files)
        except BadTls as bad:
            # Half of a new pair is no error yet: the other half is written next.
            log.warning("tls_not_renewed", part=bad.which)
        else:
            log.info("tls_renewed")


def _stamp(files: TlsFiles) -> Stamp:
    """What changes when one of the files does; a missing one is a change, too."""
    found = []
    for path in (files.certificate, files.key, files.client_ca):
        try:
            stat = path.stat() if path else None
        except OSError:
            stat = None
        found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else (0, 0, 0))
    return tuple(found)


def _identify(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if _CERTIFICATE not in _read(certificate, "certificate"):
        raise BadTls("certificate", "holds no certificate", "Name a PEM file with one.")
    secret = _read(key, "key")
    if _KEY not in secret:
        raise BadTls("key", "holds no private key", "Name a PEM file with one.")
    if b"ENCRYPTED" in secret:
        cure = "Store it without, readable by Readback's account alone."
        raise BadTls("key", "is locked by a passphrase", cure)
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            cure = "Name the key that this certificate was made for."
            raise BadTls("key", "does not fit the certificate", cure) from None
        raise BadTls("certificate", *_unusable(error)) from None


def _trust(context: ssl.SSLContext, ca: Path, which: str) -> None:
    if _CERTIFICATE not in _read(ca, which):
        raise BadTls(which, "holds no certificate", "Name a PEM file with those of the CAs.")
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError as error:
        raise BadTls(which, *_unusable(error)) from None


def _unusable(error: ssl.SSLError) -> tuple[str, str]:
    reason = (error.reason or "unreadable").replace("_", " ").lower()
    return f"cannot be used: {reason}", "Store certificate and key anew, as PEM."


def _read(path: Path, which: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        cure = "See that it is there, and that Readback may read it."
        raise BadTls(which, f"cannot be read: {error.strerror}", cure) from None
