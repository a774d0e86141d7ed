"""The numbered items of an impression: one may stand below a heading that is no part of it.

"1. Embolus. | Recommendation: CT. | 2. Pneumothorax." has the heading's sentence between two items,
and whoever is paged has to see the second as well.
"""

import re
from collections.abc import Sequence

_NUMBER = r"\(?(?P<number>\d{1,2})[.)](?=\s|[A-Za-z]|$)"
_BEGINS = re.compile(rf"\s*{_NUMBER}")
_WITHIN = re.compile(rf"(?:(?<=[.;!?)])\s+|\A){_NUMBER}")


def awaited(impression: Sequence[str], rest: str) -> tuple[int, str]:
    """The number with which it would go on below a heading, 0 where none may; and what of the
    heading's own line (``rest``: behind the heading) goes on already."""
    number = _last(impression) + 1
    item = _WITHIN.search(rest)
    if number == 1 or item is None:
        return (0 if number == 1 else number), ""
    return 0, rest[item.start() :].strip() if int(item["number"]) == number else ""


_LONGEST = 100
"""Lines of one item: a report with thousands of headings would hold up the feed."""


def _last(impression: Sequence[str]) -> int:
    return next(filter(None, map(item_of, reversed(impression[-_LONGEST:]))), 0)


def item_of(line: str) -> int:
    """The number of the item that the line begins with, or 0."""
    found = _BEGINS.match(line)
    return int(found["number"]) if found else 0
