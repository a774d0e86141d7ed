"""A wire between the bot and a provider that fails in the ways in which wires do.

It passes bytes on both ways. Set ``fault`` and the next request to ``path`` meets it: what is cut
is cut with a reset, as by a peer that is gone.
"""

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Self
from urllib.parse import urlsplit

# stale: reset as a request comes in on a connection that was used before. reset before: read and
# not passed on. reset after: passed on, and cut before its answer. silent: passed on, no answer
# ever. deaf: the request is never read.
Fault = Literal["stale", "reset before", "reset after", "silent", "deaf"]
PROCESSED: tuple[Fault, ...] = ("reset after", "silent")
_RESET = struct.pack("ii", 1, 0)
_SIZE = 65536


@dataclass
class Wire:
    """Stands at ``url`` and passes on to ``upstream``; ``met`` counts the requests that failed."""

    upstream: str
    path: bytes
    fault: Fault | None = None
    met: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._port = 0
        self.open()

    def open(self) -> None:
        """Whoever connects is passed on, at the same port each time."""
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def shut(self) -> None:
        """Connections are cut, and new ones refused."""
        with self._lock:
            self._close(self._listening, *self._open)
            self._open.clear()

    def _is_kept(self, connection: socket.socket, listening: socket.socket) -> bool:
        """Note it for ``shut``. One that was accepted just before gets here after it: cut too."""
        with self._lock:
            kept = listening.fileno() != -1
            self._open += [connection] if kept else []
        if not kept:
            self._close(connection)
        return kept

    def fill_up(self) -> None:
        """Connections are cut, and new ones never open: nobody says yes or no."""
        self.shut()
        self._listening = socket.create_server(("127.0.0.1", self._port), backlog=0)
        for _ in range(2):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", self._port))
            self._open.append(waiting)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}{urlsplit(self.upstream).path}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.shut()

    def _close(self, *sockets: socket.socket) -> None:
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                if self._is_kept(client, listening):
                    serving = threading.Thread(target=self._serve, args=(client, listening))
                    serving.daemon = True
                    serving.start()

    def _serve(self, client: socket.socket, listening: socket.socket) -> None:
        parts, answers, used = urlsplit(self.upstream), Answers(client), False
        with suppress(OSError), socket.create_connection((parts.hostname, parts.port)) as server:
            if not self._is_kept(server, listening):
                return
            threading.Thread(target=answers.pass_on, args=(server,), daemon=True).start()
            while waiting := client.recv(_SIZE, socket.MSG_PEEK):
                fault = self._met_by(waiting, used=used)
                if fault == "deaf":
                    self._ended.wait(30)
                    return
                request, used = client.recv(_SIZE), True
                if fault is None or fault in PROCESSED:
                    answers.muted = fault is not None
                    server.sendall(request)
                if fault in PROCESSED:
                    answers.swallowed.wait(10)
                if fault == "silent":
                    self._ended.wait(30)
                elif fault:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    client.close()
                    return

    def _met_by(self, request: bytes, *, used: bool) -> Fault | None:
        fault, first_line = self.fault, request.split(b"\r\n", 1)[0]
        if fault is None or self.path not in first_line or not first_line.startswith(b"POST"):
            return None
        if fault == "stale" and not used:
            return None
        self.fault = None
        self.met += 1
        return fault


@dataclass
class Answers:
    """The way back to one client; while ``muted`` what comes is ``swallowed``."""

    client: socket.socket
    muted: bool = False
    swallowed: threading.Event = field(default_factory=threading.Event)

    def pass_on(self, server: socket.socket) -> None:
        with suppress(OSError):
            while answer := server.recv(_SIZE):
                if self.muted:
                    self.swallowed.set()
                else:
                    self.client.sendall(answer)
