"""The bot's log during a test, for tests to read."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.log import configure


class Written(io.StringIO):
    """Where the log goes instead of standard error."""

    dropped: list[str]

    @property
    def error_lines(self) -> list[dict[str, object]]:
        return [line for line in self.lines if line["level"] in {"error", "critical"}]

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@contextmanager
def as_it_was() -> Iterator[None]:
    """Afterwards everything that configure takes over is as it was."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook, sys.unraisablehook)
    handlers, level, config = list(root.handlers), root.level, structlog.get_config()
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        structlog.configure(**config)


@contextmanager
def writing() -> Iterator[Written]:
    """A JSON log, as it was before afterwards."""
    stream = Written()
    stream.dropped = []
    with as_it_was():
        configure("json", stream=stream, on_drop=stream.dropped.append)
        yield stream
