"""An addendum that comes as an order of its own and only names its parent (OBR-29, ORC-8), or has
its parent's number and is called one: it is part of the parent's report, and never one by itself.

A laboratory's reflex tests name a parent too, mostly with the result that led to them (OBR-26):
they are reports of their own.
"""

import re

from bot.domain.profile import Layout, Profile, Section
from bot.domain.report import Status
from bot.sources.hl7.marks import Marks, at
from bot.sources.hl7.orders import Order, names_somebody
from bot.sources.hl7.people import entity
from bot.sources.hl7.sections import section_in
from bot.sources.hl7.status import of_observation
from bot.sources.hl7.wire import Wire

_TIME = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d[0-2]\d[0-5]\d(?:[0-5]\d)?(?:[.+-]\d+)*")
_OBR_29, _ORC_8 = "OBR-29", "ORC-8"


def adopt(order: Order, orders: list[Order], wire: Wire, profile: Profile) -> None:
    """Give the order its parent's numbers where it is an addendum to it: those of the parent itself
    where that came along, else those that it names."""
    field = order.obr[29] if order.obr[29].strip() else order.orc[8]
    if order.obr[26].strip() or names_somebody(field, wire.marks):
        return  # a radiologist, where a sender has miscounted
    placer, filler = _parent(field, wire.marks)
    if not (placer or filler):
        return
    beside = _beside(order, orders, (placer, filler), wire.marks)
    when = {placer or filler, at(field.split(wire.marks.component), 3)}
    if beside is None and any(map(_TIME.fullmatch, when)):
        return  # the time of the order (or its TQ, whose fourth is one), likewise
    if not _is_addendum(order, beside, wire, profile):
        return
    _add(order)
    if beside:
        order.orc = beside.orc
        order.obr = _with(order.obr, {2: beside.obr[2], 3: beside.obr[3], 18: beside.obr[18]})
    else:
        order.parent = _OBR_29 if order.obr[29].strip() else _ORC_8
        order.orc = _with(order.orc, {2: "", 3: ""})
        order.obr = _with(order.obr, {2: placer, 3: filler})


def set_apart(parts: list[Order]) -> None:
    """Of the parts of one report those that OBR-4 calls an addendum add to the others."""
    named = [part for part in parts if "ADDEND" in part.obr[4].upper()]
    if len(named) < len(parts):
        for part in named:
            _add(part)


def _add(order: Order) -> None:
    numbers = [number for number, _ in order.results]
    order.added = dict.fromkeys(numbers, min(numbers, default=0))


def _parent(field: str, marks: Marks) -> tuple[str, str]:
    """The placer's and the filler's number of a parent (EIP, 2.A.29), each as a field of its own.
    A name of an authority alone is none."""
    parts = [
        part.replace(marks.subcomponent, marks.component) for part in field.split(marks.component)
    ]
    numbers = [part if any(map(str.isdigit, entity(part, marks)[0])) else "" for part in parts[:2]]
    return at(numbers, 0), at(numbers, 1)


def _beside(
    order: Order, orders: list[Order], numbers: tuple[str, str], marks: Marks
) -> Order | None:
    """The parent, where it is an order of the same message and patient."""
    wanted = [{_value(number, marks)} - {""} for number in numbers]
    for other in orders:
        if other is order or other.added or other.pid != order.pid:
            continue
        named = [{_value(side[n], marks) for side in (other.obr, other.orc)} for n in (2, 3)]
        either = set().union(*wanted) & named[1]  # some write the filler's number in front
        if either or any(mine & its for mine, its in zip(wanted, named, strict=True)):
            return other
    return None


def _value(field: str, marks: Marks) -> str:
    return entity(field, marks)[0].upper()


def _is_addendum(order: Order, beside: Order | None, wire: Wire, profile: Profile) -> bool:
    """It has no number of its own, or says in one way or another that it adds to something."""
    own = [side[number] for side in (order.obr, order.orc) for number in (2, 3)]
    if not any(field.strip() for field in own):
        return True
    marks = wire.marks
    if beside and marks.first(order.obr[4]) == marks.first(beside.obr[4]) != "":
        return True
    if wire.addenda and any("ADDEND" in line.upper() for line in order.raw):
        return True
    observed = [fields for _, fields in order.results if fields[0] == "OBX"]
    return any(
        section_in(at(fields, 3), *_how(marks, profile)) is Section.ADDENDUM
        or of_observation(marks.first(at(fields, 11))) is Status.ADDENDED
        for fields in observed
    )


def _how(
    marks: Marks, profile: Profile
) -> tuple[str, str, Layout, tuple[tuple[str, Section], ...]]:
    return marks.component, marks.subcomponent, profile.layout, profile.sections


def _with(fields: list[str], changes: dict[int, str]) -> list[str]:
    return [changes.get(number, field) for number, field in enumerate(fields)]
