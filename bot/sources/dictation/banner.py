"""A banner over a report that has addenda ("*** ADDENDED REPORT ***", "ADDENDUM (corrected
report)"): no addendum by itself."""

import re

_BANNER = re.compile(
    r"[\s*=#_-]*(?:ADDENDED REPORT|ADDENDUM\s*\([^()\n]{0,30}\bREPORT\))[\s*=#_-]*", re.IGNORECASE
)
# A sentence is no title, nor is what says how urgent it is.
_TITLE = re.compile(r"(?!.*\b(?:CRITICAL|ACR|ACTIONABLE)\b)[^.:;!?\n]{1,80}", re.IGNORECASE)
_MOST_TITLES = 3


def says_more(line: str) -> bool:
    """Than that addenda follow, which stand below headings of their own."""
    return bool(line) and not _BANNER.fullmatch(line)


def is_banner_over(line: str, below: list[str]) -> bool:
    """Whether it is one, and the lines below it are the report's title and no words of an
    addendum."""
    if not _BANNER.fullmatch(line) or len(below) > _MOST_TITLES:
        return False
    return all(map(_TITLE.fullmatch, below))
