"""What is known for the length of one transaction, so that nothing is asked of the database twice.

It hangs on the connection (`Connection.info`) and is emptied by storage.database at every BEGIN.
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from bot.domain.coverage import Calls
from bot.domain.policy import CategoryPolicy
from storage.loaded import AlertFacts, Directory

if TYPE_CHECKING:
    from bot.domain.alert import Alert
    from bot.domain.report import Report

_KEY = "readback"


@dataclass(slots=True)
class Shared:
    """What outlives transactions and belongs to one Database: the directory with its edition, the
    policies by id, and which of them are known to be committed. ``calls`` are the site's."""

    calls: Calls = Calls.NONE
    directory: tuple[str, Directory] | None = None
    policies: dict[str, CategoryPolicy] = field(default_factory=dict)
    stored_policies: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Memory:
    """``heads`` and ``directory`` hold for the transaction; the rest for one unit of work in it.

    ``callbacks`` are run after COMMIT, ``otherwise`` where the unit is not stored or nobody knows.

    ``unpaged`` are alerts of which nothing waits in the outbox, as far as this unit has put it.
    ``alerts`` and ``reports`` are those that this unit has loaded and not changed since.
    ``entries`` are rows of the audit trail that this unit has yet to write.
    ``facts`` are those of the alerts that this unit has loaded, as it has left them.
    ``last`` is what this unit wants done once it has done everything else.
    ``revisions`` are those this unit has loaded: what it did not load, it must not save.
    """

    writes: bool
    shared: Shared
    callbacks: list[Callable[[], None]] = field(default_factory=list)
    otherwise: list[Callable[[], None]] = field(default_factory=list)
    last: list[Callable[[Connection], None]] = field(default_factory=list)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    directory: Directory | None = None
    unpaged: set[str] = field(default_factory=set)
    revisions: dict[str, int] = field(default_factory=dict)
    facts: dict[str, AlertFacts] = field(default_factory=dict)
    alerts: "dict[str, Alert]" = field(default_factory=dict)
    reports: "dict[str, Report]" = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)

    def next_unit(self) -> None:
        """A unit begins: what the one before it loaded may be old by now."""
        self.last.clear()
        self.entries.clear()
        self.unpaged.clear()
        self.revisions.clear()
        self.facts.clear()
        self.forget_loaded()

    def forget_loaded(self) -> None:
        """Something was changed that alerts or reports are read from."""
        self.alerts.clear()
        self.reports.clear()

    def forget(self, callbacks: int, otherwise: int) -> None:
        """A unit was rolled back: drop whatever it may have taught, and its own callbacks. Both
        numbers are of those that earlier units of the transaction have left."""
        del self.callbacks[callbacks:]
        _run(self.otherwise[otherwise:])
        del self.otherwise[otherwise:]
        self.heads.clear()
        self.directory = None


def begin(connection: Connection, shared: Shared, *, writes: bool) -> Memory:
    """Start with an empty memory: a transaction begins."""
    fresh = Memory(writes, shared)
    connection.info[_KEY] = fresh
    return fresh


def memory(connection: Connection) -> Memory:
    """The memory of the transaction under way. Raises KeyError on any other connection."""
    known: Memory = connection.info[_KEY]
    return known


def run_callbacks(memory: Memory) -> None:
    """Run each callback once, after the COMMIT. What one raises cannot undo that, so it is only
    shown.
    """
    _run(memory.callbacks)


def run_otherwise(memory: Memory) -> None:
    """The same where the transaction is not stored, or the answer to COMMIT got lost."""
    _run(memory.otherwise)


def _run(callbacks: list[Callable[[], None]]) -> None:
    for callback in dict.fromkeys(callbacks):
        try:
            callback()
        except Exception:  # a bug, but the units are stored, and their futures must say so
            threading.excepthook(
                threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread()))
            )
