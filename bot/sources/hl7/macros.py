"""Macros beside the text of a report: in Z segments, and in messages that cannot be used."""

from collections.abc import Iterable
from dataclasses import replace

from bot.domain.profile import Profile
from bot.domain.report import Flag
from bot.sources.codes import is_critical
from bot.sources.dictation.breast import is_of_breast, is_titled_so
from bot.sources.dictation.coded_lines import codes_in
from bot.sources.dictation.located import Lines
from bot.sources.dictation.macro_words import CRITICAL
from bot.sources.dictation.macros import PLAIN, flags_in, lowered, macros_in, may_have
from bot.sources.hl7.documents import salvaged_documents
from bot.sources.hl7.flags import Result
from bot.sources.hl7.lines import lines_of
from bot.sources.hl7.marks import at
from bot.sources.hl7.prose import coded_prose, prose_of
from bot.sources.hl7.wire import Wire


def macros_in_z(
    segments: Iterable[str], wire: Wire, profile: Profile, *, breast: bool = False
) -> tuple[Flag, ...]:
    """Those in the fields of Z segments, each with the field behind it as its answer: "N" denies
    it. CRITICAL alone is none there: it may be how the patient is."""
    found: dict[str, Flag] = {}
    for line in segments:
        if line[:1] == "Z" and may_have(lowered(line), profile):
            fields = [_as_prose(field, wire) for field in line.split(wire.marks.field)]
            for place, field in enumerate(fields[1:], 1):
                for flag in _answered(field, at(fields, place + 1), profile, breast=breast):
                    found.setdefault(flag.value, replace(flag, where=f"{fields[0]}-{place}"))
    return tuple(found.values())


def _as_prose(field: str, wire: Wire) -> str:
    parts = field.replace(wire.marks.repetition, "\n").split(wire.marks.component)
    return ": ".join(wire.marks.clean(part) for part in parts if part)


def _answered(field: str, answer: str, profile: Profile, *, breast: bool) -> tuple[Flag, ...]:
    if not macros_in(field, "Z", profile, breast=breast):
        return ()
    said = ": ".join(line for line in (field, answer) if line.strip())
    found = macros_in(said, "Z", profile, breast=breast)
    return tuple(flag for flag in found if CRITICAL.search(field) or flag.value != PLAIN)


def salvaged_macros(wire: Wire, profile: Profile) -> tuple[Flag, ...]:
    """The macros, and the codes in the text, of a message that cannot be used otherwise."""
    results, number, breast = list[Result](), 0, False
    for line in wire.lines:
        number += line[:3] == "OBX"
        if line[:3] == "OBR":
            fields = line.split(wire.marks.field)
            breast = breast or is_of_breast(at(fields, 24), at(fields, 4))
        if line[:3] in {"OBX", "NTE"}:
            results.append((number, line.split(wire.marks.field)))
    results = salvaged_documents(results, wire)
    text = "\n".join(line for _, fields in results for line in lines_of(fields, wire))
    there = Lines(lambda: prose_of(results, wire, profile))
    told = flags_in(text, there, profile, breast=breast or is_titled_so(text))
    codes = codes_in(text, coded_prose(results, wire), profile)
    told += [flag for flag in dict.fromkeys(codes) if is_critical(flag)]
    return (*told, *macros_in_z(wire.lines, wire, profile, breast=breast))
