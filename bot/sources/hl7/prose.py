"""Where in the segments a line of a report's text stands: what was found there names its place."""

from bot.domain.profile import Profile
from bot.sources.dictation.coded_lines import IN_EACH
from bot.sources.dictation.located import OF_MACROS
from bot.sources.dictation.site_macros import first_words
from bot.sources.hl7.flags import Result
from bot.sources.hl7.lines import is_prose, lines_of
from bot.sources.hl7.marks import at
from bot.sources.hl7.wire import Wire

_BEGIN_ONE = (*OF_MACROS, "acr", "cat", "code")
"""The rest of it may follow in the next segment."""


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


def coded_prose(results: list[Result], wire: Wire) -> dict[str, str]:
    """The lines of these segments that may state a category code, each with its place."""
    return {
        line.strip(): place_of(number, fields)
        for number, fields in reversed(results)  # of two alike the first counts
        if is_prose(fields) and IN_EACH in at(fields, 5 if fields[0] == "OBX" else 3).lower()
        for line in lines_of(fields, wire)
    }
