"""One report for several orders: the same words under several OBRs of a message, the words under
one and the code that flags them under another, or under the last of those that are said to be
combined.

Only what is flagged is put together. Of what is not nobody is told, and two exams may well be
"Normal." both.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from bot.domain.report import Addendum, Flag, Report, Status, words_of
from bot.sources.codes import is_critical, is_radlex
from bot.sources.hl7.flags import Result
from bot.sources.hl7.lines import is_prose
from bot.sources.hl7.marks import at

_SIGNED = {Status.FINAL, Status.ADDENDED, Status.CORRECTED}


@dataclass(frozen=True, slots=True)
class Part:
    """The report of one order; ``spoken``: it says something in words, and not in codes alone.
    ``combined`` by ORC-1: "the results follow the last ORC and its OBR" (HL7 v2.5.1, 4.5.1.1)."""

    report: Report
    spoken: bool
    combined: bool = False


def has_prose(results: list[Result]) -> bool:
    """Whether any of an order's segments holds words."""
    return any(is_prose(f) and at(f, 3 if f[0] == "NTE" else 5).strip() for _, f in results)


def joint(parts: list[Part]) -> tuple[Report, ...]:
    """The reports of a message, each once, at the place of its first order."""
    if len(parts) == 1 or not any(_is_flagged(part.report) for part in parts):
        return tuple(part.report for part in parts)
    groups: list[list[Part]] = []
    by_words: dict[tuple[str, ...], list[list[Part]]] = {}  # a night's orders may be thousands
    for part in parts:
        alike = by_words.setdefault(words_of(part.report), [])
        same = next((some for some in alike if _are_one(some, part)), None)
        if same is None:
            groups.append([part])
            alike.append(groups[-1])
        else:
            same.append(part)
    for some in [some for some in groups if not some[0].spoken and _decides(some[0].report)]:
        _to_its_words(some, groups)
    if any(part.combined for part in parts):
        _to_the_combined(groups)
    return tuple(reduce(_both, some).report for some in groups)


def _to_its_words(coded: list[Part], groups: list[list[Part]]) -> None:
    """A code without words is of the only report that has some; of several it is of none."""
    said = [some for some in groups if some[0].spoken and _of_one(some[0], coded[0])]
    if len(said) == 1:
        groups[groups.index(said[0])] = sorted((*said[0], *coded), key=lambda p: _place(p, groups))
        groups.remove(coded)


def _to_the_combined(groups: list[list[Part]]) -> None:
    """An order without results is of the report that follows, where either says it is combined."""
    for some in reversed(groups.copy()):
        behind = groups[groups.index(some) + 1 :]
        told = next((each for each in behind if any(part.spoken for part in each)), None)
        if told and not any(part.spoken for part in some) and _is_of(some[0], told):
            told[:0] = some
            groups.remove(some)


def _is_of(silent: Part, told: list[Part]) -> bool:
    is_combined = silent.combined or any(part.combined for part in told)
    flagged = any(_is_flagged(part.report) for part in told)
    says_nothing = not (silent.report.text or silent.report.unread)
    return is_combined and flagged and says_nothing and _of_one(told[-1], silent)


def _place(part: Part, groups: list[list[Part]]) -> int:
    return next(number for number, some in enumerate(groups) if part in some)


def _are_one(some: list[Part], part: Part) -> bool:
    """Of those that say the same."""
    if not (some[0].spoken and part.spoken and _of_one(some[0], part)):
        return False
    return any(_is_flagged(one.report) for one in (*some, part))


def _of_one(one: Part, other: Part) -> bool:
    """Of the same known patient, as far along, and each with a number to know it by."""
    a, b = one.report, other.report
    known = bool(a.patient.identifiers) and a.patient == b.patient
    alike = a.status == b.status or {a.status, b.status} <= _SIGNED
    return known and alike and bool(a.order and b.order) and a.order != b.order


def _is_flagged(report: Report) -> bool:
    return bool(report.flags) or any(addendum.flags for addendum in report.addenda)


def _decides(report: Report) -> bool:
    """By a category's code. A laboratory's "H" says nothing about the words of another order."""
    return any(is_critical(flag) or is_radlex(flag.value) for flag in report.flags)


def _both(one: Part, other: Part) -> Part:
    """The first, with what the other has more: its numbers, its flags, and whom it names."""
    a, b = one.report, other.report
    spoken, more = (a, b) if one.spoken else (b, a)
    added = () if one.spoken and other.spoken else (more.text,)
    content = f"{a.content_hash}\r{b.content_hash}"
    joined = replace(
        a,
        status=max(a.status, b.status),
        content_hash=hashlib.sha256(content.encode()).hexdigest(),
        exam=" + ".join(dict.fromkeys(filter(None, (a.exam, b.exam)))),
        text="\n".join(filter(None, (spoken.text, *added))),
        impression=spoken.impression,
        addenda=_addenda(spoken, more),
        flags=_once((*a.flags, *b.flags)),
        ordering=tuple(dict.fromkeys((*a.ordering, *b.ordering))),
        attending=tuple(dict.fromkeys((*a.attending, *b.attending))),
        copies_to=tuple(dict.fromkeys((*a.copies_to, *b.copies_to))),
        radiologist=a.radiologist or b.radiologist,
        finalized_at=a.finalized_at or b.finalized_at,
        discovered_at=min(filter(None, (a.discovered_at, b.discovered_at)), default=None),
        time_notes=tuple(dict.fromkeys((*a.time_notes, *b.time_notes))),
        study_uid=a.study_uid or b.study_uid,
        called=spoken.called or more.called,
        machine=a.machine and b.machine,
        numbers=(*a.numbers, *b.numbers),
        order=f"{a.order} {b.order}",
        unread=a.unread or b.unread,
        figures=(a.figures or b.figures) and not (one.spoken or other.spoken),
    )
    return Part(joined, one.spoken or other.spoken)


def _addenda(spoken: Report, more: Report) -> tuple[Addendum, ...]:
    beside = dict(enumerate(more.addenda))
    return tuple(
        replace(addendum, flags=_once((*addendum.flags, *(beside[n].flags if n in beside else ()))))
        for n, addendum in enumerate(spoken.addenda)
    )


def _once(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """The same code under each order is one; it stands where it stood first."""
    found: dict[tuple[str, str, str], Flag] = {}
    for flag in flags:
        found.setdefault((flag.value, flag.system, flag.category), flag)
    return tuple(found.values())
