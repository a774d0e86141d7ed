"""Boxes of a form as patterns: ticked, or left empty."""

import re

TICK = r"(?:[\[(]\s?[xX✓✔]\s?[\])]|[☑☒✓✔])"
TICKED = re.compile(rf"{TICK}[\s*]*\Z")
NOT_TICKED = re.compile(r"(?:\[[\s_]*\]|\([\s_]*\)|[☐□○◯]|(?:^|\s)_{1,4}\s)[\s*]*\Z")
"""Both at the end of what stands before the words that they are about."""
EMPTY = r"(?:\[[ _]*\]|\([ _]*\)|[☐□○◯])"
_ALONE = re.compile(rf"\s*(?:{TICK}|{EMPTY})[\s*]*")
BOXES_END = frozenset("])☑☒✓✔☐□○◯_")
"""What any of them ends with."""
_DRAWN = str.maketrans({**dict.fromkeys("☑☒✓✔", "[x]"), **dict.fromkeys("☐□○◯", "[ ]")})
_WRITTEN = re.compile(r"_{1,3}[xX✓✔]_{1,3}")
_LINE = re.compile(r"_{2,}")


def may_have_box(before: str) -> str:
    """The line at whose end the box stands that is of what follows: its own, or the one above with
    nothing else on it. "Comparison: [ ]" is a field that nobody has filled in."""
    *above, line = before.split("\n")
    if line.strip(" \t*") or not above:
        return line
    box = above.pop()
    is_field = bool(above) and above[-1].rstrip().endswith(":")
    return f"{box}\n" if _ALONE.fullmatch(box) and not is_field else ""


def in_brackets(line: str) -> str:
    """The same with its boxes as brackets: those that are drawn, and lines to write on of which
    one is ticked."""
    line = line if line.isascii() else line.translate(_DRAWN)
    if "_" in line and _WRITTEN.search(line):
        line = _LINE.sub("[ ]", _WRITTEN.sub("[x]", line))
    return line
