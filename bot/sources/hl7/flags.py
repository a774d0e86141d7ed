"""The coded values that may decide the category, by value and wherever vendors put them."""

from collections.abc import Iterable, Iterator, Sequence

from bot.domain.profile import CODED, STANDARD, Profile, Rule
from bot.domain.report import Flag
from bot.sources.codes import by_rule, by_rules, canonical, is_critical, is_radlex, radlex_in
from bot.sources.hl7.marks import Marks, at
from bot.sources.hl7.wire import Wire
from bot.sources.kept import kept

Result = tuple[int, list[str]]
"""An OBX, or the NTE after it, with the number of the OBX in the message, from 1."""
_OBX_8 = 8
# In a coded value (CWE): identifier and alternate identifiers; the coding system is two further.
_CODES = frozenset({0, 3, 9})
# A rule that names no field looks in all but those that count, measure, and say when, by whom and
# how far it is: "F" in OBX-11 is a status, and no code of anybody's.
_ANYWHERE = (3, 5, 8, 9, 10, 13, 15, 17, 18, 20, 21, 22, 26, 27, 28, 29, 30)


def flags(
    results: list[Result],
    wire: Wire,
    profile: Profile = STANDARD,
    abnormal: Sequence[str] | None = None,
) -> dict[int, tuple[Flag, ...]]:
    """By the number of the OBX: each value of OBX-8, each RadLex code by value, and what the
    sender's rules name. ``abnormal`` is every OBX-8, where that is known."""
    found: dict[int, tuple[Flag, ...]] = {}
    rules, marks = [rule for rule in profile.rules if rule.code], wire.marks
    if not (wire.radlex or rules):  # then only what has anything in OBX-8 is looked at
        if abnormal is not None and not any(abnormal):
            return found
        results = [(n, fields) for n, fields in results if len(fields) > _OBX_8 and fields[_OBX_8]]
    for number, fields in results:
        if fields[0] != "OBX":
            continue
        some = _abnormal(fields, number, marks) if at(fields, _OBX_8) else []
        if wire.radlex:
            some += by_rules(_radlex(fields, number, marks, profile.coded), rules)
        if rules:
            some = _and_ruled(some, _ruled(fields, number, marks, rules, profile.coded))
        if some:
            found[number] = tuple(dict.fromkeys(some))
    return found


def _and_ruled(some: list[Flag], ruled: list[Flag]) -> list[Flag]:
    """What a rule says of a value, and not what it would mean to the policy without the rule."""
    decided = {(flag.where, flag.value.casefold()) for flag in ruled}
    return [*(f for f in some if (f.where, f.value.casefold()) not in decided), *ruled]


def _abnormal(fields: list[str], number: int, marks: Marks) -> list[Flag]:
    where = f"OBX[{number}]-8"
    return [Flag(value, system, where) for value, system in _stated(fields[_OBX_8], marks)]


@kept
def _stated(field: str, marks: Marks) -> tuple[tuple[str, str], ...]:
    """The values of OBX-8, each with its coding system; one, where all are the same."""
    found = []
    for repetition in field.split(marks.repetition):
        parts = repetition.split(marks.component)
        for place in (0, 3) if parts[0] or at(parts, 3) else (1,):  # "^AA" is a text alone
            value = canonical(marks.clean(at(parts, place)).strip('"'))
            if value:
                found.append((value, marks.clean(at(parts, place + 2))))
    return tuple(found[:1] if len({value for value, _ in found}) == 1 else found)


def _radlex(fields: list[str], number: int, marks: Marks, places: tuple[int, ...]) -> list[Flag]:
    found: list[Flag] = []
    for place in places:
        field = at(fields, place)
        if "RID" in field.upper():
            for repetition in field.split(marks.repetition):
                found += _coded(repetition.split(marks.component), f"OBX[{number}]-{place}", marks)
    return found


def _coded(parts: list[str], where: str, marks: Marks) -> list[Flag]:
    found = []
    for index, part in enumerate(parts):
        system = marks.clean(at(parts, index + 2)) if index in _CODES else ""
        for piece in part.split(marks.subcomponent):
            value = canonical(marks.clean(piece))
            if is_radlex(value):
                found.append(Flag(value, system, where))
    return found or [
        Flag(code.upper(), "", where) for code in radlex_in(marks.component.join(parts))
    ]


def _ruled(
    fields: list[str], number: int, marks: Marks, rules: list[Rule], places: tuple[int, ...]
) -> list[Flag]:
    """What the sender's rules name in this observation: in the fields that its profile says, and
    where it says nothing of its own, in any."""
    places = _ANYWHERE if places == CODED else places
    return _decided(
        by_rule(rule, f"OBX[{number}]-{place}")
        for rule in rules
        if rule.at is None or rule.at.segment == "OBX"
        for place in ((rule.at.field,) if rule.at else places)
        if _has(at(fields, place), rule.code, marks)
    )


def _decided(found: Iterable[Flag]) -> list[Flag]:
    """Of several rules for a code the first that names the field, or any, decides there."""
    first: dict[tuple[str, str], Flag] = {}
    for flag in found:
        first.setdefault((flag.where, flag.value.casefold()), flag)
    return list(first.values())


def flags_elsewhere(segments: list[list[str]], wire: Wire, profile: Profile) -> tuple[Flag, ...]:
    """What the sender's rules name outside of observations: at a place, or in any Z segment; and
    RadLex codes in Z segments, unless its profile says in which fields codes stand."""
    found = _decided(
        by_rule(rule, f"{fields[0]}-{place}")
        for rule in profile.rules
        if rule.code
        for fields in segments
        for place in _places(rule, fields)
        if _has(at(fields, place), rule.code, wire.marks)
    )
    if wire.radlex and profile.coded == CODED:
        found = _and_ruled(list(by_rules(_in_z(segments, wire.marks), profile.rules)), found)
    return tuple(dict.fromkeys(found))


def flags_in_notes(results: list[Result], wire: Wire, profile: Profile) -> Iterator[Flag]:
    """RadLex codes that stand in a note as they would in OBX-5."""
    for number, fields in results if wire.radlex else ():
        if fields[0] == "NTE":
            where = f"OBX[{number}] NTE-3" if number else "NTE-3"
            for line in at(fields, 3).split(wire.marks.repetition):
                found = _coded(line.split(wire.marks.component), where, wire.marks)
                yield from by_rules(found, profile.rules)


def _in_z(segments: list[list[str]], marks: Marks) -> list[Flag]:
    return [
        flag
        for fields in segments
        if fields[0][:1] == "Z"
        for place, field in enumerate(fields[1:], 1)
        if "RID" in field.upper()
        for repetition in field.split(marks.repetition)
        for flag in _coded(repetition.split(marks.component), f"{fields[0]}-{place}", marks)
    ]


def _places(rule: Rule, fields: list[str]) -> Iterable[int]:
    if rule.at:
        return (rule.at.field,) if fields[0] == rule.at.segment else ()
    return range(1, len(fields)) if fields[0][:1] == "Z" else ()


def _has(field: str, code: str, marks: Marks) -> bool:
    """Whether one of the field's parts, down to sub-components, is this value."""
    if not field:
        return False
    component = marks.component
    flat = field.replace(marks.repetition, component).replace(marks.subcomponent, component)
    return any(marks.clean(part).casefold() == code.casefold() for part in flat.split(component))


def salvage(wire: Wire, profile: Profile = STANDARD) -> tuple[Flag, ...]:
    """The flags of the critical kind in a message that cannot be used otherwise."""
    segments = [line.split(line[3:4] or "|") for line in wire.lines]
    results = list(enumerate((fields for fields in segments if fields[0] == "OBX"), 1))
    found = [flag for some in flags(results, wire, profile).values() for flag in some]
    found += flags_elsewhere([wire.header, *segments[1:]], wire, profile)
    notes = [(0, fields) for fields in segments if fields[0] == "NTE"]
    found += flags_in_notes(notes, wire, profile)
    return tuple(flag for flag in dict.fromkeys(found) if is_critical(flag))
