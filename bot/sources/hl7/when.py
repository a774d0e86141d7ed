"""When a report was finished, sent and, of a finding, discovered."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.domain.report import Flag, Status
from bot.domain.window import FUTURE_TOLERANCE, believed
from bot.sources.hl7.flags import Result
from bot.sources.hl7.marks import at
from bot.sources.hl7.orders import Order
from bot.sources.hl7.wire import Wire
from bot.sources.moments import Moment, moment


@dataclass(slots=True)
class Times:
    """``read_at`` is when the finding was written down: finalized, or preliminary since."""

    status_at: datetime | None
    sent_at: datetime | None
    finalized_at: datetime | None
    read_at: datetime | None
    notes: tuple[str, ...]


def times(order: Order, stands: Status, wire: Wire, zone: tzinfo, now: datetime) -> Times:
    """OBR-22 is when this status was reached. MSH-7 orders versions where it cannot be used.

    A clock that is ahead of ours orders its sender's versions all the same; a time of days ahead
    orders nothing, it would stay the newest version for ever. OBR-7, the exam's time, never stands
    in.
    """
    latest = now + FUTURE_TOLERANCE
    reached = _moment(order.obr, 22, wire, zone, latest)
    notes = [f"OBR-22 {reached.note}"] if reached.note else []
    if reached.at is not None and reached.at > latest:
        notes.append("OBR-22 lies in the future")
    sent = _moment(wire.header, 7, wire, zone, latest)
    status_at, sent_at = believed(reached.at, now), believed(sent.at, now)
    if status_at is None and sent_at:
        status_at = sent_at
        notes += [f"MSH-7 {sent.note}"] if sent.note else []
    finalized = reached.at if Status.FINAL <= stands <= Status.CORRECTED else None
    read_at = status_at if stands is Status.PRELIMINARY else finalized
    return Times(status_at, sent_at, finalized, read_at, tuple(notes))


def _moment(fields: list[str], number: int, wire: Wire, zone: tzinfo, latest: datetime) -> Moment:
    return moment(at(fields, number).split(wire.marks.component, 1)[0], zone, latest)


def discovered(
    results: list[Result],
    flagged: dict[int, tuple[Flag, ...]],
    order: Order,
    when: Times,
    wire: Wire,
    zone: tzinfo,
) -> datetime | None:
    """The earliest OBX-19 (time of the analysis) of a flagged OBX, between the exam and OBR-22.

    OBX-14 never: it is the time the observation is about, which is the exam's.
    """
    latest = when.read_at
    if latest is None:
        return None
    found = [
        at_
        for number, fields in results
        if number in flagged and (at_ := _moment(fields, 19, wire, zone, latest).at)
    ]

    def exam(before: datetime) -> datetime | None:
        return _moment(order.obr, 7, wire, zone, before).at

    usable = [at_ for at_ in found if at_ < latest and (began := exam(at_)) and began <= at_]
    return min(usable, default=None)
