"""From an order's segments to its report. Which field is read for what is decided here."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.domain.numbers import bare
from bot.domain.profile import STANDARD, STATUS, Profile
from bot.domain.report import Flag, OrderNumber, Provider, Report, Status
from bot.sources.dictation.breast import is_of_breast
from bot.sources.dictation.called import called
from bot.sources.dictation.coded_lines import with_codes
from bot.sources.dictation.macros import with_macros
from bot.sources.dictation.narrative import Narrative
from bot.sources.documents import Documents
from bot.sources.hl7 import charsets
from bot.sources.hl7.asked import in_fields
from bot.sources.hl7.columns import Columns, columns_of
from bot.sources.hl7.documents import read_out, unread_in
from bot.sources.hl7.exam import exam_of, modality_of
from bot.sources.hl7.figures import figures_as_such
from bot.sources.hl7.flags import Result, flags, flags_elsewhere, flags_in_notes
from bot.sources.hl7.joint import Part, has_prose, joint
from bot.sources.hl7.lines import all_words
from bot.sources.hl7.macros import macros_in_z
from bot.sources.hl7.marks import Marks
from bot.sources.hl7.orderer import INTERPRETING, copied, orderer, participants
from bot.sources.hl7.orders import (
    Numbers,
    Order,
    code,
    no_number,
    orders_in,
    party,
    processing_id,
    rejoin,
)
from bot.sources.hl7.parts import by_key
from bot.sources.hl7.people import interpreter, location, patient, providers
from bot.sources.hl7.prose import coded_prose, prose_of
from bot.sources.hl7.status import (
    appended,
    is_deleted,
    observed_beside,
    of_observation,
    said,
    status,
)
from bot.sources.hl7.study import study_uid
from bot.sources.hl7.text import narrate
from bot.sources.hl7.when import discovered, times
from bot.sources.hl7.wire import Wire
from bot.sources.machines import is_listed
from bot.sources.refused import BadReport

_OBX_2, _OBX_8, _OBX_11 = 2, 8, 11
_NONE_ADDED: frozenset[int] = frozenset()
_ALL_FINAL = {"F"}
"""What most reports have there: they are spared a closer look."""


@dataclass(slots=True)
class Circumstances:
    """What is known beside the message: ``sender`` as "RIS/MAIN", ``zone`` for times without one,
    ``now`` to tell times ahead of it."""

    sender: str
    zone: tzinfo
    now: datetime
    profile: Profile = STANDARD
    machines: frozenset[str] = frozenset()


Left = tuple[Order, tuple[OrderNumber, ...], BadReport]
"""An order that cannot be used, with its numbers and why."""


def reports(wire: Wire, known: Circumstances) -> tuple[tuple[Report, ...], list[Left]]:
    """Every report of the message, and the orders that are none.

    Raises BadReport where there is no OBR, and where no order has a number or a known status.
    """
    orders = orders_in(wire)
    if not orders:
        raise BadReport(
            "no-obr", "The message has no OBR: send the order with its result", "100", "OBR"
        )
    named, nameless = by_key(orders, wire, known.profile)
    if len(named) == 1 and not nameless:  # nearly every message: it is spared what is for several
        return (_report(*named[0], wire, known),), []
    found: list[Part] = []
    left: list[Left] = [(order, (), no_number()) for order in nameless]
    for order, numbers in named:
        try:
            is_combined = wire.marks.first(order.orc[1]).upper() == "CN"
            told = _report(order, numbers, wire, known)
            found.append(Part(told, has_prose(order.results), is_combined))
        except BadReport as bad:
            left.append((order, numbers.every, bad))
    if not found:
        raise left[0][2]
    return joint(found), left


# ---- one report -----------------------------------------------------------------------------


def _report(order: Order, numbers: Numbers, wire: Wire, known: Circumstances) -> Report:
    obr, pv1, zone, profile = order.obr, order.pv1, known.zone, known.profile
    marks = wire.marks
    sent, columns = order.results, columns_of(order.results)
    stands, results, added = _as_it_stands(order, columns, wire, profile)
    documents = Documents()
    results = read_out(results, columns, wire, documents, profile)
    if results is not sent:
        columns = columns_of(results)
    flagged = flags(results, wire, profile, columns[_OBX_8] if columns else None)
    told = _narrated(order, results, columns, flagged, wire, profile, added)
    exam, modality = _exam(order, marks), modality_of(obr, marks)
    breast = is_of_breast(modality, exam)
    told = with_macros(told, lambda: prose_of(results, wire, profile), profile, breast=breast)
    told = with_codes(told, lambda: coded_prose(results, wire), profile)
    asked = in_fields(results, columns, wire, profile, breast=breast)
    elsewhere = _elsewhere(order, wire, profile, results)
    in_z = macros_in_z(order.others, wire, profile, breast=breast)
    when = times(order, stands, wire, zone, known.now)
    unread = unread_in(results, columns, documents, wire.marks, told.text or told.addenda)
    doubt = charsets.doubt(wire.header[18], wire.marks.charset, told.text)
    ordering = orderer(order, wire)
    radiologist = _radiologist(order, wire, known)
    return Report(
        key=numbers.key,
        status=stands,
        status_at=when.status_at,
        finalized_at=when.finalized_at,
        discovered_at=discovered(results, flagged, order, when, wire, zone) if flagged else None,
        content_hash=_content_hash(order, numbers, ordering, unread),
        exam=exam,
        modality=modality,
        text=told.text,
        impression=told.impression,
        addenda=told.addenda,
        flags=tuple(dict.fromkeys((*told.flags, *asked, *_not_coded(in_z, elsewhere), *elsewhere))),
        patient=patient(order.pid, marks),
        ordering=providers(ordering, marks, profile),
        attending=providers(pv1[7], marks, profile),
        copies_to=providers(copied(order, wire), marks, profile),
        radiologist=radiologist,
        accession=numbers.accession,
        filler=numbers.filler,
        placer=numbers.placer,
        processing_id=processing_id(wire),
        sender=known.sender,
        control_id=wire.msh(10),
        patient_class=marks.clean(pv1[2]),
        location=location(pv1[3], marks),
        time_notes=(*when.notes, *((doubt,) if doubt else ())),
        study_uid=study_uid(told, order.others, wire)[0],
        called=called(told)[0],
        machine=bool(known.machines) and _is_machine(wire, radiologist, known.machines),
        sent_at=when.sent_at,
        numbers=numbers.every,
        if_preliminary=profile.preliminary,
        order=bare(numbers.filler),
        unread=unread,
        figures=_says_figures(told, results, columns),
    )


def _narrated(
    order: Order,
    results: list[Result],
    columns: Columns,
    flagged: dict[int, tuple[Flag, ...]],
    wire: Wire,
    profile: Profile,
    added: frozenset[int],
) -> Narrative:
    shown = figures_as_such(results, columns, profile)
    if shown is not results:
        columns = columns_of(shown)
    return narrate(shown, columns, flagged, wire, profile, added, order.added)


def _says_figures(told: Narrative, results: list[Result], columns: Columns) -> bool:
    """Whether it says nothing in words."""
    if not told.text or (columns and all_words(columns[_OBX_2])):
        return False
    return not has_prose(results)


def _as_it_stands(
    order: Order, columns: Columns, wire: Wire, profile: Profile
) -> tuple[Status, list[Result], frozenset[int]]:
    """The status; what counts of the results; and the numbers of those added to the others."""
    codes = set(columns[_OBX_11]) if columns else _observed(order.results)
    deletes = False
    added: frozenset[int] = _NONE_ADDED
    if codes != _ALL_FINAL:  # nearly every report is spared the rest
        order.results = rejoin(order.results, wire.marks.field)
        codes = {said(wire.marks.first(code), profile) for code in _observed(order.results)}
        if not (any(codes) or any(order.statuses)) and profile.status is STATUS:
            codes, _ = observed_beside([f for _, f in order.results if f[0] == "OBX"], wire)
        deletes = any(map(is_deleted, codes))
        if Status.ADDENDED in map(of_observation, codes):
            added = appended_to(order.results, wire, profile)
    stands = status(order.statuses, codes)
    if order.parent and stands is Status.FINAL:
        stands = Status.ADDENDED
    if deletes and stands is not Status.WITHDRAWN:
        return stands, _standing(order.results, wire, profile), added
    return stands, order.results, added


def _observed(results: list[Result]) -> set[str]:
    """Every code of OBX-11."""
    return {f[_OBX_11] for _, f in results if len(f) > _OBX_11 and f[0] == "OBX"}


def _exam(order: Order, marks: Marks) -> str:
    """That of an addendum alone is its parent's, whatever it is called."""
    named = exam_of(order.obr, marks)
    return "" if order.parent and "ADDEND" in named.upper() else named


def appended_to(results: list[Result], wire: Wire, profile: Profile) -> frozenset[int]:
    """The numbers of the OBX that OBX-11 adds to the others."""
    return appended(
        (number, said(code(fields, _OBX_11, wire), profile))
        for number, fields in results
        if fields[0] == "OBX"
    )


def _elsewhere(
    order: Order, wire: Wire, profile: Profile, results: list[Result]
) -> tuple[Flag, ...]:
    if not (profile.rules or wire.radlex):
        return ()
    lines = [line.split(wire.marks.field) for line in order.raw if line[:3] != "OBX"]
    found = flags_elsewhere([wire.header, order.orc, *lines], wire, profile)
    return (*found, *flags_in_notes(results, wire, profile))


def _not_coded(macros: tuple[Flag, ...], coded: tuple[Flag, ...]) -> tuple[Flag, ...]:
    """Those of which no code stands there as well: it would be told twice."""
    codes = {flag.value for flag in coded}
    return tuple(flag for flag in macros if flag.value not in codes) if codes else macros


def _radiologist(order: Order, wire: Wire, known: Circumstances) -> Provider | None:
    """OBR-32, the assistant in OBR-33, or since HL7 v2.8 a PRT."""
    obr, marks = order.obr, wire.marks
    if not (obr[32] or obr[33] or order.others):
        return None
    found = _interpreter(obr[32], marks, known) or _interpreter(obr[33], marks, known)
    return found or _interpreter(participants(order, INTERPRETING, wire), marks, known)


def _interpreter(field: str, marks: Marks, known: Circumstances) -> Provider | None:
    """Of several a person before a machine: where both are named a human stands behind it."""
    if not field:
        return None
    mark = marks.repetition
    if mark not in field:
        return interpreter(field, marks, known.profile)
    named = (interpreter(one, marks, known.profile) for one in field.split(mark))
    found = [provider for provider in named if provider is not None]
    people = (provider for provider in found if not is_listed(provider, known.machines))
    return next(people, found[0] if found else None)


def _is_machine(wire: Wire, radiologist: Provider | None, machines: frozenset[str]) -> bool:
    """The sending application, or who interpreted: by id, AUTHORITY:ID, or name."""
    by_machine = radiologist is not None and is_listed(radiologist, machines)
    return by_machine or party(wire, 3).upper() in machines


def _standing(results: list[Result], wire: Wire, profile: Profile) -> list[Result]:
    """Without the observations that OBX-11 deletes, and the notes on them."""
    gone = {
        number
        for number, fields in results
        if fields[0] == "OBX" and is_deleted(said(code(fields, 11, wire), profile))
    }
    return [result for result in results if result[0] not in gone]


def _content_hash(order: Order, numbers: Numbers, ordering: str, unread: str) -> str:
    """SHA-256 of patient, visit, order and results as sent; not of MSH, nor ORC's transaction. What
    a part could not be read of says something else once it can."""
    key = numbers.key
    content = "\r".join([key.authority, key.kind, key.value, ordering, *order.raw])
    content += f"\r{unread}" if unread else ""
    return hashlib.sha256(content.encode(errors="replace")).hexdigest()
