"""What a search for reports asks of a server at a time: less, where that was too much."""

from dataclasses import dataclass
from datetime import timedelta

from bot.sources.fhir.exchange import BROKE_OFF, CLOSED, TOO_LARGE, TOO_SLOW
from bot.sources.fhir.references import INCLUDED

_LEVELS = ((100, True), (10, True), (1, True), (1, False))
"""Reports on a page, and whether what they refer to is to come along."""
_TOO_MUCH = frozenset({TOO_SLOW, BROKE_OFF, CLOSED, "search-504", "search-500"})
"""We gave up, or the gateway before the server did, or it cut the answer; or the server broke, or
died of it: some do for an _include, and for whatever else they cannot put together."""
_FOR_ONE = frozenset({TOO_LARGE, BROKE_OFF, "search-500"})
_REFUSED = frozenset(f"search-{status}" for status in (400, 403, 405, 422, 501))
"""How servers answer a search with parameters that they do not know, or not for us: some are asked
by a client that may read reports and not patients."""
_SORTED = ("_sort", "_lastUpdated")
_GOOD_POLLS = 20
_POLLS_TO_FORGET = 1_000
"""Eight hours, at two a minute: one search in vain then costs nothing."""


@dataclass(frozen=True, slots=True)
class Polling:
    """``query`` narrows the search ("category=RAD"); ``every`` and ``overlap`` as times."""

    query: tuple[tuple[str, str], ...] = ()
    every: timedelta = timedelta(seconds=30)
    overlap: timedelta = timedelta(minutes=5)


class Wishes:
    """Of one server. Where it was too slow, or broke, a little more is asked for again after a
    while, as it may only have been busy; pages that were too large stay so."""

    def __init__(self) -> None:
        self._level, self._least, self._good = 0, 0, 0
        # Whether it has refused a search with everything, and one without what comes along, too.
        self._refused = 0

    def parameters(self) -> list[tuple[str, str]]:
        """For the search."""
        size, includes = _LEVELS[self._level]
        return [
            *([_SORTED] if self._refused <= 1 else ()),
            ("_count", str(size)),
            *(INCLUDED if includes and not self._refused else ()),
        ]

    def fewer(self, reason: str) -> bool:
        """A search has failed so. Whether less is asked for from now on; where that was in vain,
        all of it is again."""
        if reason in _REFUSED:
            self._refused = (self._refused + 1) % 3
            return bool(self._refused)
        if reason not in {TOO_LARGE, *_TOO_MUCH} or self._level >= self._lowest():
            return False
        self._level, self._good = self._level + 1, 0
        self._least = self._level if reason == TOO_LARGE else self._least
        return True

    def are_least(self, reason: str) -> bool:
        """Whether a search for one report at a time has failed so, as it does where the server
        cannot bring one of them."""
        return reason in _FOR_ONE and self._level >= self._lowest()

    def _lowest(self) -> int:
        return len(_LEVELS) - (2 if self._refused else 1)

    def went_well(self) -> None:
        """One more poll that got all it asked for. What was refused, perhaps for a moment, is asked
        for again in time."""
        self._good += 1
        if self._good % _POLLS_TO_FORGET == 0:
            self._refused = 0
        if self._good % _GOOD_POLLS == 0:
            self._level = max(self._level - 1, self._least)
