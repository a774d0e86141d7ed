"""The observations of a report as a table. What is asked of each is asked of a column in one go,
which takes a fifth of the time: nearly every report is twenty OBX that are alike.
"""

from bot.sources.hl7.flags import Result

Columns = list[tuple[str, ...]]
"""``columns[5]`` is every OBX-5, in order."""
_OBX_11 = 11


def columns_of(results: list[Result]) -> Columns:
    """Empty where there is no such table: where a note stands among them, or one has no OBX-11.
    These have to be looked at one by one."""
    columns = list(zip(*[fields for _, fields in results], strict=False))
    usual = len(columns) > _OBX_11 and columns[0].count("OBX") == len(results)
    return columns if usual else []
