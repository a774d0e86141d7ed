"""What the people of the harness share: the stand-ins, the bell, and the way onto the loop."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bot.sandbox.journal import Journal
from bot.sandbox.slack import Slack
from bot.sandbox.twilio import Twilio

PATIENCE_SECONDS = 10.0
T = TypeVar("T")
Pattern = str | re.Pattern[str]


class Run(Protocol):
    """Runs work on the server's loop and waits for its result, from another thread."""

    def __call__(self, work: Coroutine[Any, Any, T], timeout: float = ...) -> T: ...


def matches(pattern: Pattern, text: str) -> bool:
    """A plain string must occur as it is; a compiled pattern is searched for."""
    return pattern in text if isinstance(pattern, str) else pattern.search(text) is not None


@dataclass(frozen=True)
class Stage:
    journal: Journal
    slack: Slack
    twilio: Twilio
    run: Run

    @property
    def names(self) -> dict[str, str]:
        return {u.id: u.name for u in self.slack.workspace.users.values()}

    def need(self, probe: Callable[[], T | None], timeout: float, missing: Callable[[], str]) -> T:
        """What `probe` finds within `timeout` seconds.

        Raises AssertionError, which says what was there instead.
        """
        found = self.journal.wait(probe, timeout)
        if found is None:
            raise AssertionError(f"{missing()} (waited {timeout} s)")
        return found
