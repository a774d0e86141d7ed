"""A session's line as it ends."""

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode.builtin.connection import ConnectionState

from bot.slack.session import Session, _Line
from bot.slack.transport import library_logger
from tests.certificates import Authority


class _Haltingly:
    """A line by which these pieces come, with a timeout behind each, and then the end."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self._late = False

    def recv(self, _: int) -> bytes:
        self._late = not self._late
        if not self._late:
            raise TimeoutError
        return self._pieces.pop(0) if self._pieces else b""

    def close(self) -> None:
        """Nothing to close."""


def test_a_frame_that_halts_is_read_whole_and_so_is_what_came_before_it() -> None:
    heard: list[str] = []
    session = Session(
        url="ws://127.0.0.1",
        logger=library_logger(),
        on_message_listener=heard.append,
        on_error_listener=lambda _: None,
    )
    line: Any = _Line(cast("socket.socket", _Haltingly(b"\x81\x05click\x81", b"\x07an", b"other")))
    session.sock = line
    session.run_until_completion(ConnectionState())  # type: ignore[no-untyped-call]
    assert heard == ["click", "another"]


LONG = "A long report. " * 50_000


def test_a_frame_that_leaves_by_half_ends_the_line_and_nobody_waits_behind_it() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.3)
        theirs.settimeout(5)
        session = Session(url="ws://127.0.0.1", logger=library_logger())
        session.sock = _Line(ours)  # type: ignore[assignment] # the SDK has it that all are of TLS
        with pytest.raises(SlackClientNotConnectedError):
            session.send(LONG)
        with pytest.raises(BrokenPipeError):
            session.ping("1")
        while theirs.recv(65_536):
            pass


def over_tls(folder: Path) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """Our end and theirs."""
    authority = Authority(folder)
    pair = authority.issue()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pair.certificate, pair.key)
    asking = ssl.create_default_context(cafile=str(authority.file))
    asking.check_hostname = False
    ours, theirs = socket.socketpair()
    with ThreadPoolExecutor(1) as other:
        serves = other.submit(serving.wrap_socket, theirs, server_side=True)
        return asking.wrap_socket(ours), serves.result()


def test_what_another_thread_sends_as_a_line_ends_does_not_leave_in_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = socket.socket.shutdown

    def meanwhile(line: socket.socket, how: int) -> None:
        with suppress(OSError):
            line.sendall(b"the finding")
        ended(line, how)

    ours, theirs = over_tls(tmp_path)
    with ours, theirs:
        monkeypatch.setattr(socket.socket, "shutdown", meanwhile)
        line = _Line(ours)
        line.end()
        theirs.settimeout(5)
        assert b"the finding" not in socket.socket.recv(theirs, 65_536)
        with pytest.raises(ConnectionError):
            line.recv(10)
