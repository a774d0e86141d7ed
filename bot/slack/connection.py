"""Socket Mode by bolt's built-in handler, with a socket that says when the peer has closed it.

The SDK takes the end of the stream for silence: it spins on it with a whole core until five pings
have failed, and clicks are lost meanwhile. An error at the first empty read ends both.
"""

import errno
import socket
import ssl
from contextlib import suppress
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.socket_mode.builtin import SocketModeClient

from bot.slack import SlackSettings
from bot.slack.transport import is_local, library_logger, web_client

# A closed connection is replaced within this time, a deaf one within five times of it.
PING_SECONDS = 2.0
CONNECT_SECONDS = 10


class Connection(SocketModeHandler):
    """Bolt's handler on a client that notices when the peer hangs up."""

    def __init__(self, app: App, settings: SlackSettings, workers: int) -> None:
        self.app, self.app_token = app, settings.app_token
        self.client = _Client(
            settings.app_token,
            logger=library_logger(),
            web_client=web_client(settings, CONNECT_SECONDS),
            ping_interval=PING_SECONDS,
            concurrency=workers,
        )
        if is_local(settings.api_url):
            self.client.proxy = None
            if settings.api_url.startswith("http:"):
                # Without one the SDK reads every authority there is at each connection, also where
                # there is no TLS. This one knows none, so it would trust nobody.
                self.client.web_client.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]  # as the SDK does

    def hang_up(self) -> None:
        """Close for good. The SDK would wait for its reader's timeout first, and a second for its
        queue's: both are cut short."""
        self.client.auto_reconnect_enabled = False
        self.client.closed = True
        self.client.message_queue.put(None)
        self.client.current_session_state.terminated = True
        session = self.client.current_session
        line: object = session.sock if session else None
        if isinstance(line, _Line):
            line.end()
        self.client.close()


class _Client(SocketModeClient):
    def connect(self) -> None:
        """As the SDK connects, and then keep an eye on the line."""
        super().connect()
        session = self.current_session
        if session and session.sock:
            line: Any = _Line(session.sock)
            session.sock = line


class _Line:
    """A socket whose end of stream is an error, unless it was we who ended it."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._ended = line, False

    def recv(self, size: int) -> bytes:
        received = self._line.recv(size)
        if not received and not self._ended:
            raise ConnectionResetError(errno.ECONNRESET, "closed by the peer")
        return received

    def end(self) -> None:
        self._ended = True
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line, name)
