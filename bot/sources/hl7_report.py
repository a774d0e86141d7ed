"""From segments to reports: one for each order that a message has results of.

Which field is read for what, and what stands in for it, is decided here; see docs/interop.md
for what senders do. ``ReportKey`` first: the accession is OBR-18 where that looks like a number
(IHE's place for it; others put room or body part there), else the filler order number OBR-3,
else ORC-3: in imaging the RIS is the filler, and its number is what a radiologist calls the
accession. A later version without OBR-18 so keeps its key. The placer's number is the last.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from bot.domain.report import Flag, KeyKind, Patient, Report, ReportKey, Status
from bot.domain.window import FUTURE_TOLERANCE
from bot.sources.hl7_exam import exam_of, modality_of
from bot.sources.hl7_flags import Result, flags
from bot.sources.hl7_people import entity, interpreter, location, patient, providers
from bot.sources.hl7_status import is_deleted, status
from bot.sources.hl7_text import narrate
from bot.sources.hl7_time import Moment, moment, zone_of
from bot.sources.hl7_wire import BadReport, Wire, at


@dataclass(slots=True)
class _Order:
    """An OBR with what belongs to it. ``raw`` is what the content hash covers, ORC left out."""

    pid: list[str]
    pv1: list[str]
    orc: list[str]
    obr: list[str]
    raw: list[str]
    results: list[Result] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Numbers:
    key: ReportKey
    accession: str
    filler: str
    placer: str


def reports(wire: Wire, zone: tzinfo, now: datetime) -> tuple[Report, ...]:
    """Every report of the message. ``zone`` is for times without one where MSH-7 has none either.

    Raises BadReport where there is no OBR, no number for the order, or no known status.
    """
    orders = _orders(wire)
    if not orders:
        raise BadReport(
            "no-obr", "The message has no OBR: send the order with its result", "100", "OBR"
        )
    zone = zone_of(at(wire.header, 7).split(wire.component, 1)[0]) or zone
    return tuple(
        _report(order, numbers, wire, zone, now) for order, numbers in _by_key(orders, wire)
    )


# ---- segments to orders ---------------------------------------------------------------------


def _orders(wire: Wire) -> list[_Order]:
    orders: list[_Order] = []
    none: list[str] = []
    early: list[Result] = []
    pid, pv1, orc, shared = none, none, none, [""]
    number = 0
    for line in wire.lines:
        name = line[:3]
        if name == "OBX":
            number += 1
        match name:
            case "OBX" | "NTE":
                _add_result(orders, early, number, line, wire)
            case "OBR":
                obr = line.split(wire.field)
                orders.append(
                    _Order(pid, pv1, orc, obr, [*shared, line], early, [_code(obr, 25, wire)])
                )
                orc, early = none, []
            case "ORC":
                orc = line.split(wire.field)
            case "PID":
                pid, pv1, shared = line.split(wire.field), none, [line]
            case "PV1":
                pv1 = line.split(wire.field)
                shared = [*shared[:1], line]
            case "MSH":
                pass
            case _ if orders:
                orders[-1].raw.append(line)
    return orders


def _add_result(
    orders: list[_Order], early: list[Result], number: int, line: str, wire: Wire
) -> None:
    results = orders[-1].results if orders else early
    if line[:3] == "NTE" and not results:
        return  # a note on the patient or the order, not on a result
    results.append((number, line.split(wire.field)))
    if orders:
        orders[-1].raw.append(line)


def _code(fields: list[str], number: int, wire: Wire) -> str:
    value = at(fields, number)
    return wire.clean(value.split(wire.component, 1)[0]) if value else ""


def _by_key(orders: list[_Order], wire: Wire) -> list[tuple[_Order, _Numbers]]:
    """One order for each key; a part without a number belongs to the same patient's first order."""
    found: dict[ReportKey, tuple[_Order, _Numbers]] = {}
    nameless: list[_Order] = []
    for order in orders:
        numbers = _numbers(order, wire)
        if numbers is None:
            nameless.append(order)
        elif numbers.key in found:
            _merge(found[numbers.key][0], order)
        else:
            found[numbers.key] = (order, numbers)
    for order in nameless:
        _merge(_first_of(order.pid, found.values()), order)
    return list(found.values())


def _first_of(pid: list[str], found: Iterable[tuple[_Order, _Numbers]]) -> _Order:
    for order, _ in found:
        if order.pid == pid:
            return order
    detail = "The order has no number: send the filler order number in OBR-3"
    raise BadReport("no-order-identifier", detail, "101", "OBR^1^3")


def _merge(order: _Order, more: _Order) -> None:
    order.results += more.results
    order.statuses += more.statuses
    order.raw += more.raw


# ---- identifiers ----------------------------------------------------------------------------


def _numbers(order: _Order, wire: Wire) -> _Numbers | None:
    filler, issuer = _number(order, 3, wire)
    placer, placed_by = _number(order, 2, wire)
    stated, stated_by = entity(at(order.obr, 18), wire)
    if stated not in {filler, placer} and not _looks_like_accession(stated):
        stated, stated_by = "", ""
    accession = stated or filler
    sender = _party(wire, 4) or _party(wire, 3)
    if accession:
        key = ReportKey(stated_by or issuer or sender, KeyKind.ACCESSION, accession)
    elif placer:
        key = ReportKey(placed_by or sender, KeyKind.PLACER, placer)
    else:
        return None
    return _Numbers(key, accession, filler, placer)


def _number(order: _Order, place: int, wire: Wire) -> tuple[str, str]:
    value, authority = entity(at(order.obr, place), wire)
    return (value, authority) if value else entity(at(order.orc, place), wire)


def _looks_like_accession(value: str) -> bool:
    """Rooms, body parts and procedure codes stand in OBR-18, too: one key for all "CHEST" exams
    would merge patients. An accession is at least six characters, four of them digits, no blank.
    """
    return len(value) >= 6 and " " not in value and sum(map(str.isdigit, value)) >= 4


def _party(wire: Wire, number: int) -> str:
    """MSH-3 or MSH-4: namespace, else universal id."""
    return entity(at(wire.header, number), wire)[0] or entity(at(wire.header, number), wire)[1]


def sender(wire: Wire) -> str:
    """The sending application and facility, as "RIS/MAIN"."""
    return "/".join(party for number in (3, 4) if (party := _party(wire, number)))


# ---- one report -----------------------------------------------------------------------------


def _report(order: _Order, numbers: _Numbers, wire: Wire, zone: tzinfo, now: datetime) -> Report:
    obr, pv1 = order.obr, order.pv1
    codes = [_code(fields, 11, wire) for _, fields in order.results if fields[0] == "OBX"]
    stands = status(order.statuses, codes)
    results = _standing(order.results, stands, wire)
    flagged = flags(results, wire)
    told = narrate(results, flagged, wire)
    when = _times(order, stands, wire, zone, now)
    ordering = at(obr, 16) if at(obr, 16).strip(f" {wire.component}") else at(order.orc, 12)
    return Report(
        key=numbers.key,
        status=stands,
        status_at=when.status_at,
        finalized_at=when.finalized_at,
        discovered_at=_discovered(results, flagged, order, when, wire, zone) if flagged else None,
        content_hash=_content_hash(order, numbers, ordering),
        exam=exam_of(obr, wire),
        modality=modality_of(obr, wire),
        text=told.text,
        impression=told.impression,
        addenda=told.addenda,
        flags=told.flags,
        patient=patient(order.pid, wire) if order.pid else Patient(),
        ordering=providers(ordering, wire),
        attending=providers(at(pv1, 7), wire),
        copies_to=providers(at(obr, 28), wire),
        radiologist=interpreter(at(obr, 32), wire) or interpreter(at(obr, 33), wire),
        accession=numbers.accession,
        filler=numbers.filler,
        placer=numbers.placer,
        processing_id=wire.msh(11),
        sender=sender(wire),
        control_id=wire.msh(10),
        patient_class=wire.clean(at(pv1, 2)),
        location=location(at(pv1, 3), wire),
        time_notes=when.notes,
    )


def _standing(results: list[Result], stands: Status, wire: Wire) -> list[Result]:
    """Without the observations that OBX-11 deletes; of a withdrawn report all stay, to be seen."""
    if stands is Status.WITHDRAWN:
        return results
    gone = {
        number
        for number, fields in results
        if fields[0] == "OBX" and is_deleted(_code(fields, 11, wire))
    }
    return [result for result in results if result[0] not in gone] if gone else results


def _content_hash(order: _Order, numbers: _Numbers, ordering: str) -> str:
    """SHA-256 over patient, visit, order and results as sent; not over MSH, nor ORC's transaction."""
    key = numbers.key
    content = "\r".join([key.authority, key.kind, key.value, ordering, *order.raw])
    return hashlib.sha256(content.encode(errors="replace")).hexdigest()


# ---- times ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Times:
    status_at: datetime | None
    finalized_at: datetime | None
    notes: tuple[str, ...]


def _times(order: _Order, stands: Status, wire: Wire, zone: tzinfo, now: datetime) -> _Times:
    """OBR-22 is when this status was reached. MSH-7 orders versions where it cannot be used.

    A time ahead of our clock orders nothing: it would stay the newest version for ever.
    OBR-7, the exam's time, never stands in.
    """
    reached = _moment(order.obr, 22, wire, zone)
    notes = [reached.note] if reached.note else []
    ahead = reached.at is not None and reached.at > now + FUTURE_TOLERANCE
    if ahead:
        notes.append("lies in the future")
    status_at = None if ahead else reached.at
    if status_at is None:
        sent = _moment(wire.header, 7, wire, zone).at
        status_at = sent if sent and sent <= now + FUTURE_TOLERANCE else None
    finalized = reached.at if Status.FINAL <= stands <= Status.CORRECTED else None
    return _Times(status_at, finalized, tuple(f"OBR-22 {note}" for note in notes))


def _moment(fields: list[str], number: int, wire: Wire, zone: tzinfo) -> Moment:
    return moment(at(fields, number).split(wire.component, 1)[0], zone)


def _discovered(
    results: list[Result],
    flagged: dict[int, tuple[Flag, ...]],
    order: _Order,
    when: _Times,
    wire: Wire,
    zone: tzinfo,
) -> datetime | None:
    """The earliest OBX-19 (time of the analysis) of a flagged OBX, after the exam and before OBR-22.

    OBX-14 never: it is the time the observation is about, which is the exam's.
    """
    exam = _moment(order.obr, 7, wire, zone).at
    latest = when.finalized_at
    found = [
        at_
        for number, fields in results
        if number in flagged and (at_ := _moment(fields, 19, wire, zone).at)
    ]
    usable = [at_ for at_ in found if exam and latest and exam <= at_ < latest]
    return min(usable, default=None)
