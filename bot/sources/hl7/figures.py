"""What a laboratory sends as words (OBX-2 ST, TX, none) though it is a figure: as such it is shown
with the name of what was measured. "7.1" alone tells nobody what to do."""

from collections import Counter

from bot.domain.profile import STANDARD, Profile
from bot.sources.dictation.located import OF_MACROS
from bot.sources.dictation.site_macros import first_words
from bot.sources.hl7.columns import Columns
from bot.sources.hl7.flags import Result
from bot.sources.hl7.marks import at

_CALLED_WORDS = frozenset({"ST", "TX", "FT", "", "st", "tx", "ft"})
_FIGURE = "NM"
_LONGEST, _MOST_WORDS = 40, 3
_OBX_2, _OBX_3, _OBX_5, _UNITS, _RANGE = 2, 3, 5, 6, 7


def figures_as_such(
    results: list[Result], columns: Columns, profile: Profile = STANDARD
) -> list[Result]:
    """The same, each such result as a figure. Prose has neither units nor a reference range, and
    of a report line by line the lines have the same OBX-3."""
    if columns and not (any(columns[_UNITS]) or any(columns[_RANGE])):
        return results  # nearly every report
    macros = (*OF_MACROS, *first_words(profile))
    asked = Counter(at(fields, _OBX_3) for _, fields in results if fields[0] == "OBX")
    return [
        (number, [*fields[:_OBX_2], _FIGURE, *fields[_OBX_3:]])
        if asked[at(fields, _OBX_3)] == 1 and _is_figure(fields, macros)
        else (number, fields)
        for number, fields in results
    ]


def _is_figure(fields: list[str], macros: tuple[str, ...]) -> bool:
    """A macro is looked for in words alone."""
    if fields[0] != "OBX" or at(fields, _OBX_2) not in _CALLED_WORDS:
        return False
    if not (_says(at(fields, _UNITS)) or _says(at(fields, _RANGE))):
        return False
    value = at(fields, _OBX_5)
    if not 0 < len(value) <= _LONGEST or len(value.split()) > _MOST_WORDS:
        return False
    if ":" in value or value.endswith("."):
        return False
    return not any(word in value.lower() for word in macros)


def _says(value: str) -> bool:
    return value.strip() not in ("", '""')
