"""The log. No patient identifier can get into it: what is not on the list of keys, or does not look
like a value of its key's kind, is dropped, and the line says which key that was.

Exceptions appear as their type and where they came from, never with their text, which may quote
what was received; the text of our own is shown where it is a slug.
"""

import json
import logging
import select
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Literal, TextIO

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.log_filter import constants_of, exception_facts, fits

Format = Literal["auto", "pretty", "json"]
log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
about = bound_contextvars
"""``with about(ref=alert.ref):`` puts the alert's reference on every line written inside."""


def configure(
    form: Format = "auto",
    *,
    stream: TextIO | None = None,
    on_drop: Callable[[str], None] = lambda _: None,
    least: int = logging.INFO,
) -> None:
    """Write the log to ``stream`` (standard error), and with it what libraries have to say.

    "auto" is pretty on a terminal and JSON anywhere else. ``on_drop`` hears of dropped keys.
    What is below the level ``least`` is left out.
    """
    target = stream or sys.stderr
    pretty = form == "pretty" or (form == "auto" and target.isatty())
    _configure_structlog(target, pretty=pretty, on_drop=on_drop, least=least)
    _take_over_libraries()
    _take_over_crashes()


def _configure_structlog(
    target: TextIO, *, pretty: bool, on_drop: Callable[[str], None], least: int
) -> None:
    render: Processor = structlog.processors.JSONRenderer()
    if pretty:
        render = structlog.dev.ConsoleRenderer(colors=target.isatty(), pad_event_to=28)
    lines = _Lines(target)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _describe_exception,
            _Gate(on_drop),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )


class _Lines(structlog.WriteLogger):
    """A line that cannot be written (a full disk, a pipe that nobody empties) must not decide what
    becomes of a message: it is left out, and the next one that can be written says how many were.
    """

    def __init__(self, target: TextIO) -> None:
        super().__init__(target)
        self._target = target
        self._lost = 0

    def msg(self, message: str) -> None:
        try:
            if _would_block(self._target):
                raise BlockingIOError
            if self._lost:
                super().msg(json.dumps(_lost(self._lost)))
                self._lost = 0
            super().msg(message)
        except (OSError, ValueError):  # the disk is full, nobody reads, or the stream is closed
            self._lost += 1

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def _lost(lines: int) -> dict[str, object]:
    return {"event": "log_lines_lost", "count": lines, "level": "warning"}


def _would_block(target: TextIO) -> bool:
    """Whoever reads it has stopped reading: a write would wait for them, and all pages with it.
    What can be written to takes 4096 bytes (POSIX, PIPE_BUF), more than a line of ours has."""
    try:
        _, writable, _ = select.select([], [target], [], 0)
    except (OSError, ValueError):  # no file, or a number too high for select: written to at once
        return False
    return not writable


class _Gate:
    """Lets through the keys on the list whose values are of their kind."""

    def __init__(self, on_drop: Callable[[str], None]) -> None:
        self._on_drop = on_drop

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        kept = {key: value for key, value in event.items() if fits(key, value)}
        dropped = [key if fits("dropped", [key]) else "?" for key in event if key not in kept]
        for key in dropped:
            self._on_drop(key)
        if dropped:
            kept["dropped"] = dropped
        return {"event": "no_slug_for_an_event", **kept}


def _describe_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event.update(exception_facts(error))
    return event


# ---- what others have to say ----------------------------------------------------------------


class _FromLibraries(logging.Handler):
    """A library's warning: who, where, and its text only if it is a constant of that source file.

    Arguments, and texts put together at run time, may hold whole requests.
    """

    def emit(self, record: logging.LogRecord) -> None:
        facts: EventDict = {"logger": record.name.partition(":")[0], "line": record.lineno}
        if isinstance(record.msg, str) and record.msg in constants_of(record.pathname):
            facts["template"] = record.msg
        if record.exc_info:
            facts["exc_info"] = record.exc_info
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        log.log(level, "library", **facts)


def _take_over_libraries() -> None:
    """Every logger's warnings go through the gate, and no handler of a library's own is left."""
    root = logging.getLogger()
    ours = [handler for handler in root.handlers if isinstance(handler, _FromLibraries)]
    if not ours:
        root.addHandler(_FromLibraries(logging.WARNING))
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "slack_bolt", "slack_sdk", "twilio"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
    logging.captureWarnings(True)  # noqa: FBT003 - the standard library's only way to say it


def _take_over_crashes() -> None:
    """An exception that nobody caught must not print its text either."""
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed
    sys.unraisablehook = _unraisable


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("crashed", exc_info=(kind, error, trace))


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        log.critical("thread_crashed", exc_info=args.exc_value)


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    if args.exc_value is not None:
        log.error("unraisable", exc_info=args.exc_value)


_configure_structlog(sys.stderr, pretty=False, on_drop=lambda _: None, least=logging.INFO)
