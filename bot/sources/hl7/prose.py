"""Where in the segments a line of a report's text stands: what was found there names its place."""

from collections.abc import Callable, Mapping
from functools import cached_property

from bot.domain.profile import Profile
from bot.sources.hl7.flags import Result
from bot.sources.hl7.lines import is_prose, lines_of
from bot.sources.hl7.marks import at
from bot.sources.hl7.mention import Mention
from bot.sources.hl7.site_macros import first_words
from bot.sources.hl7.typed import as_typed
from bot.sources.hl7.wire import Wire

OF_MACROS = ("crit", "actiona", "panic")
"""One of them, or ACR, is in each macro that everybody knows."""
_BEGIN_ONE = (*OF_MACROS, "acr", "cat", "code")
"""The rest of it may follow in the next segment."""
MOST_LOOKED_UP = 50
"""Places of one macro, and lines that are looked for within others: thousands would hold up the
feed."""

Prose = Callable[[], Mapping[str, str]]
"""Each line of a report's prose, without blanks around it, with the place where it stands. A coded
answer is no prose: what stands in one is no macro."""


def prose_of(results: list[Result], wire: Wire, profile: Profile) -> dict[str, str]:
    """The prose of these segments, without those in which no macro can begin."""
    found: dict[str, str] = {}
    values = [at(fields, 5 if fields[0] == "OBX" else 3) for _, fields in results]
    for begins in sorted(_that_may_begin_one(values, wire, profile)):
        number, fields = results[begins]
        if is_prose(fields):
            place = place_of(number, fields)
            for line in lines_of(fields, wire):
                found.setdefault(line.strip(), place)
    return found


def _that_may_begin_one(values: list[str], wire: Wire, profile: Profile) -> set[int]:
    """All are searched for each word first: most words stand in none of them."""
    text = "\n".join(values)
    if not text.isascii():
        return {*range(len(values))}
    lowered, each = text.lower(), [value.lower() for value in values]
    words = [word for word in _words(profile) if word in lowered]
    found = {number for word in words for number, value in enumerate(each) if word in value}
    if _is_coded(text, wire):
        found |= {number for number, value in enumerate(values) if _is_coded(value, wire)}
    return found


def _words(profile: Profile) -> tuple[str, ...]:
    return (*_BEGIN_ONE, *first_words(profile)) if profile.rules else _BEGIN_ONE


def _is_coded(value: str, wire: Wire) -> bool:
    """Whether its letters may mean others: escapes, entities, markup."""
    return wire.marks.escape in value or "\\" in value or "&" in value or "<" in value


def place_of(number: int, fields: list[str]) -> str:
    """What these fields say stands there."""
    if fields[0] == "OBX":
        return f"OBX[{number}]-5"
    return f"OBX[{number}] NTE-3" if number else "NTE-3"  # without one it is on the order


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
