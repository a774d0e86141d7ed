"""One link by itself, at instants that its owner cannot choose."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import App

from bot.slack import SlackSettings
from bot.slack.link import Link
from bot.slack.session import Session
from bot.slack.transport import library_logger, web_client

PATIENCE = 10.0


@pytest.fixture
def line() -> Iterator[Any]:  # the SDK has it that its lines are all of TLS
    """Our end of a line on which nothing is said."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0.2)
    with ours, theirs:
        yield ours


class _HungUpMeanwhile(Session):
    """A session whose link is hung up between the reader's look whether there is one and its first
    read: the reader's first question is answered once the link says that it has ended."""

    def meet(self, link: Link) -> None:
        self._link, self.hanging_up = link, threading.Thread(target=link.hang_up, daemon=True)

    def is_active(self) -> bool:
        active = super().is_active()
        if active and not self.hanging_up.ident:
            self.hanging_up.start()
            while not self._link.current_session_state.terminated:
                self.hanging_up.join(0.01)
        return active


def test_a_link_that_is_hung_up_as_its_reader_begins_is_gone_at_once(
    site: SlackSettings, line: Any
) -> None:
    client = web_client(site)
    client.token = site.bot_token
    link = Link(App(client=client), site, 1, lambda: None)
    session = _HungUpMeanwhile(url="ws://127.0.0.1", logger=library_logger())
    session.meet(link)
    session.sock = line

    link.current_session = session  # its reader looks ten times a second
    reader = link.current_session_runner.thread
    reader.join(PATIENCE)
    session.hanging_up.join(PATIENCE)

    assert not reader.is_alive()
    assert not session.hanging_up.is_alive()
