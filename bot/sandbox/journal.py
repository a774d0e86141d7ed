"""What reached the stand-ins, in order, and the bell that wakes whoever waits for it.

One lock guards the whole world: handlers on the server's thread change it, test threads look at it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from bot.sandbox.realtime import real_now

Json = dict[str, Any]
Listener = Callable[[Json], object]
T = TypeVar("T")
LOOK_AGAIN_SECONDS = 0.05


@dataclass
class Entry:
    """One thing the bot sent: a call, an acknowledgment over a socket, its answer to a webhook."""

    at: datetime
    service: str
    method: str
    body: Json
    query: str = ""
    answer: Json | None = None

    @property
    def text(self) -> str:
        """All that the bot sent in it as one string, to search for what must never have left."""
        return json.dumps([self.method, self.query, self.body], ensure_ascii=False)


@dataclass
class Journal:
    changed: threading.Condition = field(default_factory=threading.Condition)
    entries: list[Entry] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)

    def add(self, service: str, method: str, body: Json, query: str = "") -> Entry:
        entry = Entry(real_now(), service, method, body, query)
        with self.changed:
            self.entries.append(entry)
            self.changed.notify_all()
        return entry

    def tell(self, kind: str, **data: object) -> None:
        """Wake the waiting and call the listeners, on the thread that made the change."""
        event = {"kind": kind, "at": real_now().isoformat(), **data}
        with self.changed:
            self.changed.notify_all()
            listeners = list(self.listeners)
        for listener in listeners:
            listener(event)

    def wait(self, probe: Callable[[], T | None], timeout: float) -> T | None:
        """What `probe`, run under the lock, finds within `timeout` seconds, or None."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while (found := probe()) is None:
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                # What is waited for may lie outside the world, which then rings no bell.
                self.changed.wait(min(left, LOOK_AGAIN_SECONDS))
            return found
