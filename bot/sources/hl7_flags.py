"""The coded values that may decide the category, by value and wherever vendors put them."""

import re

from bot.domain.report import Flag
from bot.sources.hl7_wire import Wire, at

Result = tuple[int, list[str]]
"""An OBX, or the NTE after it, with the number of the OBX in the message, from 1."""

_RADLEX = re.compile(r"RID\d+")
# The positions seen to carry a RadLex code: question, answer, abnormal flags, producer, method.
_OBX_8 = 8
_PLACES = (3, 5, 8, 15, 17)
# In a coded value (CWE): identifier and alternate identifiers; the coding system is two further.
_CODES = frozenset({0, 3, 9})

# For what cannot be read: only these kinds wake a coordinator, a plain H or N does not.
_CRITICAL = re.compile(r"AA|HH|LL|RID4948\d", re.IGNORECASE)
_NOT_ACTIONABLE = "RID50261"


def flags(results: list[Result], wire: Wire) -> dict[int, tuple[Flag, ...]]:
    """By the number of the OBX: each value of OBX-8, and each RadLex code by value."""
    found: dict[int, tuple[Flag, ...]] = {}
    for number, fields in results:
        if fields[0] != "OBX":
            continue
        some = _abnormal(fields, number, wire) if len(fields) > _OBX_8 and fields[_OBX_8] else []
        if wire.radlex:
            some += _radlex(fields, number, wire)
        if some:
            found[number] = tuple(dict.fromkeys(some))
    return found


def _abnormal(fields: list[str], number: int, wire: Wire) -> list[Flag]:
    found = []
    for repetition in fields[_OBX_8].split(wire.repetition):
        parts = repetition.split(wire.component)
        for place in (0, 3):
            value = wire.clean(at(parts, place))
            if value:
                found.append(Flag(value, wire.clean(at(parts, place + 2)), f"OBX[{number}]-8"))
    return found[:1] if len({flag.value for flag in found}) == 1 else found


def _radlex(fields: list[str], number: int, wire: Wire) -> list[Flag]:
    found: list[Flag] = []
    for place in _PLACES:
        field = at(fields, place)
        if "RID" in field:
            for repetition in field.split(wire.repetition):
                found += _coded(repetition.split(wire.component), f"OBX[{number}]-{place}", wire)
    return found


def _coded(parts: list[str], where: str, wire: Wire) -> list[Flag]:
    found = []
    for index, part in enumerate(parts):
        system = wire.clean(at(parts, index + 2)) if index in _CODES else ""
        for piece in part.split(wire.subcomponent):
            value = wire.clean(piece)
            if _RADLEX.fullmatch(value):
                found.append(Flag(value, system, where))
    return found


def salvage(wire: Wire) -> tuple[Flag, ...]:
    """The flags of the critical kind in a message that cannot be used otherwise."""
    lines = [line for line in wire.lines if line[:3] == "OBX"]
    results = [(number, line.split(line[3:4] or "|")) for number, line in enumerate(lines, 1)]
    found = flags(results, wire)
    return tuple(flag for some in found.values() for flag in some if _is_critical(flag))


def _is_critical(flag: Flag) -> bool:
    if flag.value.upper() == _NOT_ACTIONABLE:
        return False
    in_flag_field = flag.where.endswith("-8") and _RADLEX.fullmatch(flag.value) is not None
    return in_flag_field or _CRITICAL.fullmatch(flag.value) is not None
