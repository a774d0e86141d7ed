"""Boxes of a form as patterns: ticked, or left empty."""

import re

TICK = r"(?:[\[(]\s?[xX✓✔]\s?[\])]|[☑☒✓✔])"
TICKED = re.compile(rf"{TICK}[\s*]*\Z")
NOT_TICKED = re.compile(r"(?:\[[\s_]*\]|\([\s_]*\)|[☐□○◯]|(?:^|\s)_{1,4}\s)[\s*]*\Z")
"""Both at the end of what stands before the words that they are about."""
BOXES_END = frozenset("])☑☒✓✔☐□○◯_")
"""What any of them ends with."""
_DRAWN = str.maketrans({**dict.fromkeys("☑☒✓✔", "[x]"), **dict.fromkeys("☐□○◯", "[ ]")})
_WRITTEN = re.compile(r"_{1,3}[xX✓✔]_{1,3}")
_LINE = re.compile(r"_{2,}")


def in_brackets(line: str) -> str:
    """The same with its boxes as brackets: those that are drawn, and lines to write on of which
    one is ticked."""
    line = line if line.isascii() else line.translate(_DRAWN)
    if "_" in line and _WRITTEN.search(line):
        line = _LINE.sub("[ ]", _WRITTEN.sub("[x]", line))
    return line
