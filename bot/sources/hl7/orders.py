"""From segments to orders: each OBR with its results, and the number that names its report.

``ReportKey``: the accession is OBR-18 where that looks like a number (IHE's place for it; others
put room or body part there), else the filler order number OBR-3, else ORC-3: in imaging the RIS
is the filler, and its number is what a radiologist calls the accession. A later version without
OBR-18 so keeps its key. The placer's number comes last.
"""

import re
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from bot.domain.numbers import LONGEST
from bot.domain.report import KeyKind, OrderNumber, ReportKey
from bot.sources.hl7.flags import Result
from bot.sources.hl7.lines import is_prose
from bot.sources.hl7.marks import EMPTY, Marks, at, fields_of
from bot.sources.hl7.people import entity, first_given
from bot.sources.hl7.wire import Wire
from bot.sources.refused import BadReport

_ACCESSION, _FILLER, _PLACER = KeyKind.ACCESSION, KeyKind.FILLER, KeyKind.PLACER
"""Each message needs them, and Python 3.11 takes as long to look one up as to split a field."""
_SHORTEST_ACCESSION = 6
_FEWEST_DIGITS = 4
_BEGINS = itemgetter(slice(3))
_NO_NUMBER = re.compile(r".*[=@(),;+]|\d{3}[.-]\d{3}[.-]\d{4}\Z")
"""Fields of Australia ("DR=0191324T"), addresses, telephones: they are of a person, not an exam."""


@dataclass(slots=True)
class Order:
    """An OBR with what belongs to it. ``raw`` is what the content hash covers, ORC left out;
    ``others`` are those of its segments that have no place of their own here. The four segments
    have each field that they are asked for, see fields_of: a segment that is not there is empty.
    ``added`` are the numbers of results that are an addendum, each with the first of that addendum;
    ``parent`` is the field by which one that came alone names its report; see hl7.parents."""

    pid: list[str]
    pv1: list[str]
    orc: list[str]
    obr: list[str]
    raw: list[str]
    results: list[Result] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    added: dict[int, int] = field(default_factory=dict)
    parent: str = ""


@dataclass(slots=True)
class Numbers:
    """``every`` has them all with their authorities, ``key`` is made of the best."""

    key: ReportKey
    accession: str
    filler: str
    placer: str
    every: tuple[OrderNumber, ...] = ()


def orders_in(wire: Wire) -> list[Order]:
    """Each OBR with what follows it; results before the first of a patient belong to it."""
    orders: list[Order] = []
    pid, pv1, orc, shared = EMPTY, EMPTY, EMPTY, [""]
    early: list[str] = []
    ahead: list[str] = []  # of an ORC whose OBR comes
    results: list[Result] = []
    others: list[str] = []
    raw = early
    in_order = False
    number, mark = 0, wire.marks.field
    for name, lines in groupby(_patient_first(wire.lines)[1:], _BEGINS):
        if name == "OBX":
            observed = list(lines)
            raw += observed
            results += enumerate((line.split(mark) for line in observed), number + 1)
            number += len(observed)
            continue
        for line in lines:
            if name == "OBR":
                obr = fields_of(line, mark)
                raw, early = [*shared, line, *early], []
                if in_order:
                    results, others = [], []
                others += ahead
                ahead, in_order = [], True
                orders.append(Order(pid, pv1, orc, obr, raw, results, others))
                orc = EMPTY
            elif name == "ORC":
                orc = fields_of(line, mark)
            elif name == "PID":
                pid, pv1, shared = fields_of(line, mark), EMPTY, [line]
                if orders:  # what follows is of no order above it
                    early, results, others, in_order = [], [], [], False
                    raw = early
            elif name == "PV1":
                pv1 = fields_of(line, mark)
                shared = [*shared[:1], line]
            else:
                raw.append(line)
                (ahead if name == "PRT" and orc is not EMPTY else others).append(line)
                _tell(line.split(mark), results, number if results else 0, in_order=in_order)
    # Those of a patient without an order, behind another's: a flag may be in them.
    lost = orders and results and not in_order
    return [*orders, Order(pid, pv1, orc, EMPTY, raw, results, others)] if lost else orders


def _patient_first(lines: list[str]) -> list[str]:
    """The segments, with the only patient and their visit before the orders, wherever they stand.
    One with an order behind is that order's."""
    if lines[1:2] and lines[1][:3] == "PID":  # nearly every message
        return lines
    names = [line[:3] for line in lines]
    if names.count("PID") != 1 or "OBR" not in names[: (place := names.index("PID"))]:
        return lines
    if "OBR" in names[place:]:
        return lines
    moved = [line for line in lines if line[:3] in {"PID", "PV1"}]
    return [lines[0], *moved, *(line for line in lines[1:] if line[:3] not in {"PID", "PV1"})]


def _tell(fields: list[str], results: list[Result], number: int, *, in_order: bool) -> None:
    """Put a note with the results, but those on the patient, and those of who placed the order
    (table 0105): that is a wish, and no part of the report. ADD is the rest of a segment that was
    too long for its sender (HL7 v2.5.1, 2.10.2): it goes on in the midst of the last field."""
    if fields[0] == "NTE" and (results or (in_order and at(fields, 2).upper() != "P")):
        results.append((number, fields))
    elif fields[0] == "ADD" and results:
        last = results[-1][1]
        last[-1] += at(fields, 1)
        last += fields[2:]


_STATUSES = frozenset("FCPRISABDWXUNO")
_MOST_CUTS, _TEXT, _BEHIND_ITS_STATUS = 5, 5, 12


def rejoin(results: list[Result], mark: str) -> list[Result]:
    """A text in which the field separator stands unescaped is put together where that is certain:
    OBX-11 has no status and a field behind it has one, and words stand where units should, or the
    rest of a table: no other field has line ends."""
    if all(_STATUSES.isdisjoint(map(str.strip, f[_BEHIND_ITS_STATUS:])) for _, f in results):
        return results
    whole = [(number, _rejoined(fields, mark)) for number, fields in results]
    return results if whole == results else whole


def _rejoined(fields: list[str], mark: str) -> list[str]:
    if fields[0] != "OBX" or at(fields, 11).strip() in _STATUSES or not is_prose(fields):
        return fields
    fewest = max((place for place, value in enumerate(fields) if "\n" in value), default=0) - _TEXT
    for cuts in (*range(max(fewest, 1), fewest + _MOST_CUTS), *range(1, _MOST_CUTS + 1)):
        said = "".join(fields[6 : 6 + cuts])
        if at(fields, 11 + cuts).strip() in _STATUSES and (" " in said or "\n" in said):
            return [*fields[:5], mark.join(fields[5 : 6 + cuts]), *fields[6 + cuts :]]
    return fields


def code(fields: list[str], number: int, wire: Wire) -> str:
    return wire.marks.first(at(fields, number))


def salvaged_order(wire: Wire) -> tuple[Order, tuple[OrderNumber, ...]] | None:
    """The first order with a number in a message that cannot be used otherwise."""
    named = ((order, numbers_of(order, wire)) for order in orders_in(wire))
    return next(((order, numbers.every) for order, numbers in named if numbers), None)


def no_number() -> BadReport:
    """Why an order without any cannot be used."""
    detail = "The order has no number: send the filler order number in OBR-3"
    return BadReport("no-order-identifier", detail, "101", "OBR^1^3")


# ---- identifiers ----------------------------------------------------------------------------


def numbers_of(order: Order, wire: Wire) -> Numbers | None:
    """All its numbers and the key of the best; None where it has none."""
    marks = wire.marks
    in_obr_3, (filler, issuer) = _number(order, 3, marks)
    in_obr_2, (placer, placed_by) = _number(order, 2, marks)
    in_obr_18 = order.obr[18]
    stated, stated_by = _entity(in_obr_18, marks)
    if stated not in {filler, placer} and not _is_accession(stated, order, wire):
        in_obr_18, stated, stated_by = "", "", ""
    accession = stated or filler
    sender = (party(wire, 4) or party(wire, 3))[:LONGEST]
    if accession:
        key = ReportKey(stated_by or issuer or sender, _ACCESSION, accession)
    elif placer:
        key = ReportKey(placed_by or sender, _PLACER, placer)
    else:
        return None
    stated_by = stated_by or (issuer if stated == filler else "")
    every = (
        *_named(_ACCESSION, in_obr_18, (stated, stated_by), sender, marks),
        *_named(_FILLER, in_obr_3, (filler, issuer), sender, marks),
        *_named(_PLACER, in_obr_2, (placer, placed_by), sender, marks),
    )
    return Numbers(key, accession, filler, placer, every)


def _number(order: Order, place: int, marks: Marks) -> tuple[str, tuple[str, str]]:
    """The field of OBR where it has a number, else that of ORC; and what was made out of it."""
    read = _entity(order.obr[place], marks)
    if read[0]:
        return order.obr[place], read
    return order.orc[place], _entity(order.orc[place], marks)


def _entity(field: str, marks: Marks) -> tuple[str, str]:
    """What is too long to be one is no number: a database could not index it."""
    if len(field) <= LONGEST:
        return entity(field, marks)
    value, authority = entity(field, marks)
    if len(value) > LONGEST:
        return "", ""
    return value, authority if len(authority) <= LONGEST else ""


def _named(
    kind: KeyKind, field: str, read: tuple[str, str], sender: str, marks: Marks
) -> list[OrderNumber]:
    """The number under each name of its authority: namespace and universal id (2.A.28). ``read`` is
    what was made out of the field already."""
    value, authority = read
    if not value:
        return []
    number = OrderNumber(kind, value, authority or sender, bool(authority))
    if marks.component not in field:
        return [number]
    universal = marks.clean(at(first_given(field, marks).split(marks.component, 3), 2))
    if universal and universal != authority and len(universal) <= LONGEST:
        return [number, OrderNumber(kind, value, universal)]
    return [number]


def _is_accession(value: str, order: Order, wire: Wire) -> bool:
    """Rooms, body parts and procedure codes stand in OBR-18, too, and people and times where a
    sender has miscounted: one key for all "CHEST" exams, or for all of a reader, would merge what
    is apart. An accession is at least six characters, four of them digits, no blank.
    """
    obr = order.obr
    long_enough = len(value) >= _SHORTEST_ACCESSION and " " not in value
    if not long_enough or sum(map(str.isdigit, value)) < _FEWEST_DIGITS:
        return False
    if _NO_NUMBER.match(value) or value in {obr[6], obr[7], obr[22], wire.header[7]}:
        return False
    return wire.marks.component not in obr[18] or not names_somebody(obr[18], wire.marks)


def names_somebody(field: str, marks: Marks) -> bool:
    """A family name and a given name behind it; behind a number stands its authority, and what
    kind of name that has (2.A.28)."""
    parts = field.split(marks.component)
    family, given = (marks.clean(at(parts, place)) for place in (1, 2))
    both = _NAME.fullmatch(family) and _NAME.fullmatch(given)
    return both is not None and at(parts, 3).upper() not in _OF_AUTHORITIES


_NAME = re.compile(r"[^\W\d_]+(?:[ '’.-]+[^\W\d_]+)*\.?")
_OF_AUTHORITIES = frozenset({"ISO", "DNS", "UUID", "GUID", "URI", "HCD", "L", "M", "N"})


def party(wire: Wire, number: int) -> str:
    """MSH-3 or MSH-4: namespace, else universal id."""
    name, universal = entity(wire.header[number], wire.marks)
    return name or universal


def processing_id(wire: Wire) -> str:
    """MSH-11 without its mode; a sender's small p is production too."""
    return wire.msh(11).upper()


def sender(wire: Wire) -> str:
    """The sending application and facility, as "RIS/MAIN"."""
    application, facility = party(wire, 3), party(wire, 4)
    return f"{application}/{facility}" if application and facility else application or facility
