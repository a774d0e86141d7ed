"""Which field each part of a report was read from: for people who set up an interface.

The reader itself keeps no positions, it has thousands of messages to read. Here its choices are
made again, by the same functions, for the few messages that somebody looks at.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from bot.domain.numbers import bare
from bot.domain.profile import NO_PROFILES, Feeds, Profile
from bot.domain.report import Report, Status
from bot.sources.dictation.called import called
from bot.sources.documents import Documents
from bot.sources.hl7.columns import columns_of
from bot.sources.hl7.documents import read_out
from bot.sources.hl7.exam import modality_of
from bot.sources.hl7.flags import flags
from bot.sources.hl7.lines import lines_of
from bot.sources.hl7.marks import at
from bot.sources.hl7.orderer import BESIDE, copied, orderer
from bot.sources.hl7.orders import Numbers, Order, orders_in
from bot.sources.hl7.parts import by_key
from bot.sources.hl7.people import entity, interpreter, patient
from bot.sources.hl7.reader import profile_of
from bot.sources.hl7.report import appended_to
from bot.sources.hl7.status import observed_beside, of_order, stated
from bot.sources.hl7.study import study_uid
from bot.sources.hl7.text import narrate
from bot.sources.hl7.wire import Wire, cut, decode, salvaged
from bot.sources.positions import Heading, Places
from bot.sources.refused import BadReport


def heading(data: bytes, feeds: Feeds = NO_PROFILES) -> Heading:
    """Of any bytes; what cannot be made out is empty."""
    try:
        wire = cut(*decode(data))
    except BadReport:
        wire, known = salvaged(data)
        if not known:
            return Heading("", "", "")
    kind = wire.header[9].replace(wire.marks.component, "^")
    return Heading(kind, wire.marks.charset, profile_of(wire, feeds).name)


def read_from(
    data: bytes, reports: Iterable[Report], feeds: Feeds = NO_PROFILES
) -> tuple[Places, ...]:
    """For each report of a message that was read, where its parts stood. Only what is there."""
    wire = cut(*decode(data))
    profile, orders = profile_of(wire, feeds), orders_in(wire)
    numbered = len(orders) > 1
    places = []
    for order, numbers, report in _with_reports(by_key(orders, wire, profile)[0], reports, wire):
        mark = f"[{orders.index(order) + 1}]" if numbered else ""
        told = dict(_places(order, numbers, report, wire, profile))
        places.append({name: place.replace("OBR-", f"OBR{mark}-") for name, place in told.items()})
    return tuple(places)


def _with_reports(
    named: list[tuple[Order, Numbers]], reports: Iterable[Report], wire: Wire
) -> Iterator[tuple[Order, Numbers, Report]]:
    """Orders that cannot be used have none; the others have theirs in the same order."""
    rest = iter(named)
    for report in reports:
        whose = report.key, report.order.partition(" ")[0], report.patient
        yield next(
            (order, numbers, report)
            for order, numbers in rest
            if (numbers.key, bare(numbers.filler), patient(order.pid, wire.marks)) == whose
        )


def _places(
    order: Order, numbers: Numbers, report: Report, wire: Wire, profile: Profile
) -> Iterator[tuple[str, str]]:
    yield from _of_numbers(order, numbers, wire)
    yield "status", _of_status(order, report, wire, profile)
    yield from _of_times(report)
    yield from _of_people(order, report, wire, profile)
    yield from _of_text(order, report, wire, profile)
    there = (
        ("exam", report.exam, "OBR-4"),
        ("modality", report.modality, _of_modality(order, wire)),
        ("patient.name", report.patient.name, "PID-5"),
        ("patient.birth_date", report.patient.birth_date, "PID-7"),
        ("patient.sex", report.patient.sex, "PID-8"),
        ("patient_class", report.patient_class, "PV1-2"),
        ("location", report.location, "PV1-3"),
        ("sender", report.sender, "MSH-3, MSH-4"),
        ("control_id", report.control_id, "MSH-10"),
        ("processing_id", report.processing_id, "MSH-11"),
    )
    yield from ((name, place) for name, value, place in there if value)


def _of_numbers(order: Order, numbers: Numbers, wire: Wire) -> Iterator[tuple[str, str]]:
    fields = {
        "OBR-18": order.obr[18],
        "OBR-3": order.obr[3],
        "ORC-3": order.orc[3],
        "OBR-2": order.obr[2],
        "ORC-2": order.orc[2],
    }
    known = {place: entity(value, wire.marks) for place, value in fields.items()}

    def of(number: str, *places: str) -> str:
        found = next((place for place in places if known[place][0] == number), "") if number else ""
        return order.parent if order.parent and found in {"OBR-2", "OBR-3"} else found

    key = of(numbers.key.value, *known)
    yield "key.value", key
    issuer = next((place for place in known if known[place][1] == numbers.key.authority), "")
    sending = "MSH-4" if wire.msh(4) else "MSH-3"
    if numbers.key.authority:
        yield "key.authority", f"{issuer}.2" if issuer else sending
    for name, number, places in (
        ("accession", numbers.accession, ("OBR-18", "OBR-3", "ORC-3")),
        ("filler", numbers.filler, ("OBR-3", "ORC-3")),
        ("placer", numbers.placer, ("OBR-2", "ORC-2")),
    ):
        if number:
            yield name, of(number, *places)


def _of_status(order: Order, report: Report, wire: Wire, profile: Profile) -> str:
    value, place = stated(order.obr, order.orc, order.raw, wire, profile)
    if place is None:
        results = [line.split(wire.marks.field) for line in order.raw if line[:3] == "OBX"]
        silent = not any(at(fields, 11) for fields in results)
        return f"OBX-{observed_beside(results, wire)[1]}" if silent else "OBX-11"
    # Where OBX-11 deletes every observation, that decides over what the order says.
    deleted = report.status is Status.WITHDRAWN is not of_order(value)
    return "OBX-11" if deleted else str(place)


_NOT_USED = (
    "is empty",
    "is not a date and time",
    "is a placeholder",
    "has no minutes",
    "lies in the future",
)


def _of_times(report: Report) -> Iterator[tuple[str, str]]:
    if report.finalized_at:
        yield "finalized_at", "OBR-22"
    if report.status_at:
        unusable = any(note.endswith(_NOT_USED) for note in report.time_notes)
        yield "status_at", "MSH-7" if unusable else "OBR-22"
    if report.sent_at:
        yield "sent_at", "MSH-7"
    if report.discovered_at:
        yield "discovered_at", "OBX-19"


def _of_people(
    order: Order, report: Report, wire: Wire, profile: Profile
) -> Iterator[tuple[str, str]]:
    if report.patient.identifiers:
        yield "patient.identifiers", "PID-3" if order.pid[3] else "PID-2"
    if report.ordering:
        places = {order.obr[place]: f"OBR-{place}" for place in BESIDE}
        places |= {order.orc[12]: "ORC-12", order.obr[16]: "OBR-16"}  # many send the same in both
        yield "ordering", places.get(orderer(order, wire), "PRT-5")
    if report.attending:
        yield "attending", "PV1-7"
    if report.copies_to:
        yield "copies_to", "OBR-28" if copied(order, wire) == order.obr[28] else "PRT-5"
    if report.radiologist:
        named = (n for n in (32, 33) if interpreter(order.obr[n], wire.marks, profile))
        yield "radiologist", next((f"OBR-{number}" for number in named), "PRT-5")


def _of_modality(order: Order, wire: Wire) -> str:
    alone = [field if number == 24 else "" for number, field in enumerate(order.obr)]  # noqa: PLR2004 - OBR-24
    return "OBR-24" if modality_of(alone, wire.marks) else "OBR-4"


def _of_text(
    order: Order, report: Report, wire: Wire, profile: Profile
) -> Iterator[tuple[str, str]]:
    results = read_out(order.results, columns_of(order.results), wire, Documents(), profile)
    segments = [(number, set(lines_of(fields, wire))) for number, fields in results]
    parts = (
        ("text", report.text),
        ("impression", report.impression),
        ("addenda", "\n".join(addendum.text for addendum in report.addenda)),
    )
    for name, text in parts:
        lines = {line for line in text.split("\n") if line.strip()}
        having = [number for number, said in segments if _shares(lines, said)]
        if any(having):
            yield name, f"OBX[{ranges(filter(None, having))}]-5"
        elif having:
            yield name, "NTE-3"
    flagged, added = flags(results, wire, profile), appended_to(results, wire, profile)
    told = narrate(results, columns_of(results), flagged, wire, profile, added, order.added)
    uid, where = study_uid(told, order.others, wire)
    if uid:
        yield "study_uid", where
    quoted, where = called(told)
    if quoted:
        yield (
            "called",
            where if where.startswith("OBX") else _quoted_from(quoted, segments) or where,
        )


def _quoted_from(said: str, segments: list[tuple[int, set[str]]]) -> str:
    """A sentence may be a part of a line, and go on over several; empty where it stands in none as
    it is quoted."""
    quoted = " ".join(said.split())
    having = [n for n, lines in segments if n and any(_is_part(quoted, line) for line in lines)]
    return f"OBX[{ranges(having)}]-5" if having else ""


def _is_part(said: str, line: str) -> bool:
    """A line of two words may stand in any sentence."""
    words = line.split()
    told = " ".join(words)
    return said in told or (len(words) > _FEW_WORDS and told in said)


_FEW_WORDS = 2


def _shares(lines: set[str], said: set[str]) -> bool:
    """A heading on the line of its first words is not in the section's text."""
    return any(one.strip() and (one in lines or _ends(one, lines)) for one in said)


def _ends(line: str, lines: set[str]) -> bool:
    return ":" in line and any(line.endswith(other) for other in lines)


def ranges(numbers: Iterable[int]) -> str:
    """``1-3,7`` for 1, 2, 3 and 7."""
    ordered = sorted(set(numbers))
    starts = [n for before, n in pairwise([-1, *ordered]) if n != before + 1]
    ends = [n for n, after in pairwise([*ordered, -1]) if after != n + 1]
    return ",".join(
        str(first) if first == last else f"{first}-{last}"
        for first, last in zip(starts, ends, strict=True)
    )
