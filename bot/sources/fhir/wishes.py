"""What a search for reports asks of a server at a time: less, where that was too much."""

from bot.sources.fhir.exchange import BROKE_OFF, TOO_LARGE, TOO_SLOW
from bot.sources.fhir.references import INCLUDED

_LEVELS = ((100, True), (10, True), (1, True), (1, False))
"""Reports on a page, and whether what they refer to is to come along."""
_TOO_MUCH = frozenset({TOO_SLOW, BROKE_OFF, "search-504", "search-500"})
"""We gave up, or the gateway before the server did, or it cut the answer; or the server broke: some
do for an _include, and for whatever else they cannot put together."""
_REFUSES_INCLUDES = "search-400"
_GOOD_POLLS = 20


class Wishes:
    """Of one server. Where it was too slow, or broke, a little more is asked for again after a
    while, as it may only have been busy; pages that were too large stay so."""

    def __init__(self) -> None:
        self._level, self._least, self._good = 0, 0, 0
        self._may_include = True

    def parameters(self) -> list[tuple[str, str]]:
        """For the search."""
        size, includes = _LEVELS[self._level]
        return [("_count", str(size)), *(INCLUDED if includes and self._may_include else ())]

    def fewer(self, reason: str) -> bool:
        """A search has failed so. Whether less is asked for from now on."""
        if reason == _REFUSES_INCLUDES and self._may_include:
            self._may_include = False
            return True
        lowest = len(_LEVELS) - (1 if self._may_include else 2)
        if reason not in {TOO_LARGE, *_TOO_MUCH} or self._level >= lowest:
            return False
        self._level, self._good = self._level + 1, 0
        self._least = self._level if reason == TOO_LARGE else self._least
        return True

    def went_well(self) -> None:
        """One more poll that got all it asked for."""
        self._good += 1
        if self._good % _GOOD_POLLS == 0:
            self._level = max(self._level - 1, self._least)
