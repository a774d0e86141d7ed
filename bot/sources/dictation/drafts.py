"""Addenda as far as they are told, and what may be part of one or of the report below it."""

import re
from dataclasses import dataclass, field

from bot.domain.report import Flag
from bot.sources.dictation.signatures import signs


@dataclass(slots=True)
class Draft:
    """``begins``: how much there was of the text above it."""

    lines: list[str] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    begins: int = 0


Size = tuple[int, int, int]
"""How much there is of the text, of the impression and of the report's own flags."""


@dataclass(slots=True)
class Doubtful:
    """What a heading cut off from the addendum above it, and may be part of it: from ``begins`` to
    ``ends``. ``bare``: without it the addendum says nothing. ``concludes``: it began with an
    impression."""

    addendum: Draft
    begins: Size
    bare: bool
    concludes: bool
    ends: Size | None = None


def ends_it(heading: re.Match[str]) -> bool:
    """Whether it says that an addendum ends there."""
    return bool(heading["ended"] or heading["original"])


def was_doubted(doubt: Doubtful, heading: re.Match[str], *, concluded: bool) -> bool:
    """Whether here the report begins, and what came before was still the addendum's.
    ``concluded``: that had an impression."""
    if ends_it(heading) or (doubt.bare and heading["exam"]):
        return True
    another = heading["other"] or (heading["impression"] and doubt.bare)
    return concluded and bool(another) and (doubt.bare or doubt.concludes)


def with_signatures(addenda: list[Draft]) -> list[Draft]:
    """Each with its signature: "Addendum by: Dr. Lind" and no more below one is none by itself."""
    told: list[Draft] = []
    for draft in addenda:
        if told and not draft.flags and _only_signs(draft.lines):
            told[-1].lines += draft.lines
        else:
            told.append(draft)
    return told


_ADDED_BY = re.compile(r"\W*ADDEND(?:UM|ED)(?:\s+\w+)?\s+BY\s*:?\s+[^.:;!?]{1,60}", re.IGNORECASE)
_ABBREVIATED = re.compile(r"\b(?:Dr|Prof|Mr|Mrs|Ms|med)\.|\b[A-Z]\.")


def _only_signs(lines: list[str]) -> bool:
    said = [_ABBREVIATED.sub("", line) for line in lines if line.strip()]
    return bool(said) and _ADDED_BY.fullmatch(said[0]) is not None and all(map(signs, said[1:]))
