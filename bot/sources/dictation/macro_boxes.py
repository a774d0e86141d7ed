"""The boxes of a form behind a macro: which of its choices has the tick."""

import re
from itertools import takewhile

from bot.sources.dictation.boxes import EMPTY, TICK, TICKED, in_brackets, may_have_box
from bot.sources.dictation.mention import Mention

# Each part in one way only: where a row of boxes is none after all, every other way is tried too.
_BOX = r"[\[(](?:\s?([xX✓✔])\s?|\s{0,2})[\])]"
_BOX_FIRST = re.compile(rf"{_BOX}[ \t]*([\w/]*)")
# "Critical: [X]  Urgent: [ ]": each box is of the words before it.
_OWN_BOX = re.compile(rf"{_BOX}[ \t]+\w[\w /-]{{0,20}}:[ \t]*{_BOX}")
# "Critical [x]  Urgent [ ]  Routine [ ]": likewise.
_OWN_BOXES = re.compile(
    rf"{_BOX}(?:[ \t]+(?!(?:yes|no|none|n/a|y|n)\b)\w[\w /-]{{0,20}}{_BOX})+[ \t.]*(?:\n|\Z)",
    re.IGNORECASE,
)
_WORD_FIRST = re.compile(rf"\b(yes|no|none|n/a)\s*{_BOX}", re.IGNORECASE)
_BEFORE_A_BOX = " \t:?=*-•"
_ANSWERS = frozenset({"yes", "y", "no", "n", "none", "n/a"})
"""Another word behind a box is the next choice of a list."""

# "[X] Critical result [ ] Not critical": the next choice of the form, which nobody has ticked. Not
# where what is asked has boxes of its own: "Reviewed [X] Critical result [ ] No [X] Yes".
_NEXT_CHOICE = re.compile(
    rf"\s{{0,6}}{EMPTY}[ \t]*(?:no|none|not|non|n/a)\b(?![^\n]*(?:\byes\b|{TICK}))", re.IGNORECASE
)


def is_the_choice(macro: Mention) -> bool:
    """Whether it has the tick before it, and the choice behind it denies and has none."""
    before = macro.before(_BEFORE)
    if macro.follows(_NEXT_CHOICE) is None:
        return False
    return TICKED.search(may_have_box(before)) is not None


_BEFORE = 80


def said_by_box(after: str) -> bool | None:
    """What boxes behind it say; None where there are none. No tick at all is a form left empty."""
    line = _boxes(in_brackets(after))
    if "[" not in line and "(" not in line:
        return None
    answers = line.lstrip(_BEFORE_A_BOX)
    if own := _OWN_BOX.match(answers) or _OWN_BOXES.match(answers):
        return bool(own[1])
    if _BOX_FIRST.match(answers):
        found = [(word.lower() or "yes", tick) for tick, word in _BOX_FIRST.findall(answers)]
        ticks = [(word, tick) for word, tick in found if word in _ANSWERS]
        if ticks and "\n" in line and not any(tick for _, tick in ticks):
            # "( ) None", and another choice of the list has the tick.
            return any(tick for _, tick in found)
    else:
        ticks = _WORD_FIRST.findall(line)
    if not ticks:
        return None
    return any(tick and word.lower() in {"yes", "y"} for word, tick in ticks)


def _boxes(after: str) -> str:
    """The line behind the question; boxes may stand on those below it, one each."""
    line, _, rest = after.partition("\n")
    if line.strip(" \t:?="):
        return line
    below = rest.split("\n")
    boxed = [*takewhile(lambda one: _BOX_FIRST.match(one.strip(_BEFORE_A_BOX)), below)]
    return "\n".join(boxed or below[:1])
