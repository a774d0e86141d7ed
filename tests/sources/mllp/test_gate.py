"""What a sender that is turned away says of the reason."""

import asyncio
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from bot.sources.mllp.tls import TlsFiles, client_context
from tests.certificates import Authority
from tests.sources.mllp_senders import HOW, Inbox, listening
from tests.waiting import soon


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_that_our_certificate_has_expired_is_the_reason_that_is_told(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    ca = Authority(tmp_path)
    ours = ca.issue(days=-1)
    tls = client_context(ca.file)
    tls.maximum_version = version

    def connect(port: int) -> None:
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            tls.wrap_socket(plain, server_hostname="127.0.0.1")

    async def run() -> None:
        how = replace(HOW, tls=TlsFiles(ours.certificate, ours.key))
        async with listening(Inbox(), how) as listener:
            await asyncio.to_thread(connect, listener.port)
            await soon(lambda: not listener.connections)

    with structlog.testing.capture_logs() as logs:
        asyncio.run(run())
    assert [entry["reason"] for entry in logs] == ["our-certificate-expired"]
