"""The SDK's WebSocket session where it falls short: ends that go unseen, and long frames."""

import errno
import secrets
import socket
import struct
from contextlib import suppress
from typing import Any

from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode.builtin.connection import Connection

# RFC 6455, section 5.2: the last and only frame of a text; masked, with a length of eight bytes.
_TEXT, _MASKED_LONG = 0x81, 0xFF
# Longer than this, the SDK has no frame for it.
_LONGEST = 0xFFFF


class Session(Connection):
    """The SDK's, with a line that we watch. Two threads may end it at the same time."""

    def connect(self) -> None:
        super().connect()
        if self.sock:
            line: Any = _Line(self.sock)
            self.sock = line

    def send(self, payload: str) -> None:
        """Also a modal with a long report in it. Raises SlackClientNotConnectedError."""
        data = payload.encode()
        if len(data) <= _LONGEST:
            super().send(payload)
            return
        with self.sock_send_lock:
            line = self.sock
            if line is None:
                raise SlackClientNotConnectedError("the session has ended")
            try:
                line.send(_long_frame(data))
            except OSError as lost:
                raise SlackClientNotConnectedError("the session was lost") from lost

    def end(self) -> None:
        """End the stream: the reader notices at once, and closes."""
        line: object = self.sock
        if isinstance(line, _Line):
            line.end()

    def disconnect(self) -> None:
        with suppress(AttributeError):  # the SDK looks whether it is closed before it takes a lock
            super().disconnect()


class _Line:
    """A socket whose end of stream is an error, and that ends with a frame it cannot send whole:
    nothing could follow a half, and whoever has something to send would wait as long, in turn."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def recv(self, size: int) -> bytes:
        """However long it takes: at a timeout the SDK forgets what it has read of a frame, and the
        clicks before it, and takes the rest for another one. Who waits too long ends the line."""
        while True:
            with suppress(TimeoutError):
                received = self._line.recv(size)
                break
        if not received:
            raise ConnectionResetError(errno.ECONNRESET, "the stream has ended")
        return received

    def send(self, frame: bytes) -> int:
        try:
            self._line.sendall(frame)
        except OSError:
            self.end()
            raise
        return len(frame)

    def end(self) -> None:
        """By the socket's own method: that of TLS gives up the encryption first, and for a moment
        another thread would send in clear."""
        with suppress(OSError):
            socket.socket.shutdown(self._line, socket.SHUT_RDWR)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line, name)


def _long_frame(data: bytes) -> bytes:
    key = secrets.token_bytes(4)
    mask = (key * (len(data) // 4 + 1))[: len(data)]
    masked = int.from_bytes(data) ^ int.from_bytes(mask)
    head = struct.pack("!BBQ", _TEXT, _MASKED_LONG, len(data))
    return head + key + masked.to_bytes(len(data))
