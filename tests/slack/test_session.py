"""A session's line where the other side does not read."""

import socket

import pytest
from slack_sdk.errors import SlackClientNotConnectedError

from bot.slack.session import Session, _Line
from bot.slack.transport import library_logger

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
