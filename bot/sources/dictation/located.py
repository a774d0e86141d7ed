"""Where in its message each line of a report's prose stands: what is found names its place."""

from collections.abc import Callable, Mapping
from functools import cached_property

from bot.sources.dictation.mention import Mention
from bot.sources.dictation.typed import as_typed

OF_MACROS = ("crit", "actiona", "panic")
"""One of them, or ACR, is in each macro that everybody knows."""
MOST_LOOKED_UP = 50
"""Places of one macro, and lines that are looked for within others: thousands would hold up the
feed."""

Prose = Callable[[], Mapping[str, str]]
"""Each line of a report's prose, without blanks around it, with the place where it stands. A coded
answer is no prose: what stands in one is no macro."""


class Lines:
    """Where each line of the prose stands; made when a macro is found, and once a report."""

    def __init__(self, prose: Prose) -> None:
        self._prose = prose
        self._searched = 0

    @cached_property
    def _lines(self) -> Mapping[str, str]:
        return {as_typed(line).strip(): place for line, place in self._prose().items()}

    def where(self, macro: Mention) -> str:
        """The place of the line in which the macro stands, empty where no prose has it."""
        line = macro.line
        return self._lines.get(line) or self._within(line)

    def _within(self, line: str) -> str:
        """An addendum's first line stands behind its heading."""
        self._searched += 1
        if self._searched > MOST_LOOKED_UP:
            return "text"
        return next((place for said, place in self._lines.items() if line in said), "")
