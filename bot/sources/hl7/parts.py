"""Which OBRs of a message are one report: those of one key and patient, as far as they agree in how
finished they are. What is preliminary or cancelled says nothing in a final report.
"""

from collections.abc import Iterable
from dataclasses import replace

from bot.domain.profile import Profile
from bot.domain.report import ReportKey, Status
from bot.sources.hl7.orders import Numbers, Order, code, numbers_of
from bot.sources.hl7.parents import adopt, set_apart
from bot.sources.hl7.status import stated, status
from bot.sources.hl7.wire import Wire
from bot.sources.refused import BadReport

Part = tuple[Order, Numbers]


def by_key(orders: list[Order], wire: Wire, profile: Profile) -> tuple[list[Part], list[Order]]:
    """The reports of a message, each as the order that it is read from, with all its results.

    Parts of one key and patient are one report. Where they are not finished alike, each filler's
    number has its own; of parts with the same number the most finished count, as in
    status.status. An addendum with an OBR of its own is part of its parent, see hl7.parents. A
    part without a number belongs to the same patient's first order, and stands in the second list
    where there is none.
    """
    for order in orders:
        order.statuses.append(stated(order.obr, order.orc, order.raw, wire, profile)[0])
    for order in orders:
        if (order.obr[29] or order.orc[8]) and _finished(order, wire) >= 0:
            adopt(order, orders, wire, profile)
    if len(orders) == 1:
        numbers = numbers_of(orders[0], wire)
        return ([(orders[0], numbers)], []) if numbers else ([], orders)
    found: dict[tuple[ReportKey, str], list[Part]] = {}
    nameless: list[Order] = []
    for order in orders:
        numbers = numbers_of(order, wire)
        if numbers is None:
            nameless.append(order)
        else:
            found.setdefault((numbers.key, order.pid[3]), []).append((order, numbers))
    left = []
    for order in nameless:
        beside = _first_of(order.pid, found.values())
        if beside is None:
            left.append(order)
        else:
            beside.append((order, beside[0][1]))
    return [report for parts in found.values() for report in _reports(parts, wire)], left


def _first_of(pid: list[str], found: Iterable[list[Part]]) -> list[Part] | None:
    return next((parts for parts in found if parts[0][0].pid == pid), None)


def _reports(parts: list[Part], wire: Wire) -> list[Part]:
    if len({_finished(order, wire) for order, _ in parts}) == 1:
        return [_merged(parts, wire)]
    fillers: dict[str, list[Part]] = {}
    for order, numbers in parts:
        fillers.setdefault(numbers.filler, []).append((order, numbers))
    return [_merged(same, wire) for same in fillers.values()]


def _merged(parts: list[Part], wire: Wire) -> Part:
    """The first of the most finished, with the results of those like it; the others are only part
    of what was sent."""
    finished = [_finished(order, wire) for order, _ in parts]
    best = max(finished)
    counting = [part for part, how in zip(parts, finished, strict=True) if how == best]
    if wire.addenda and len(counting) > 1:
        set_apart([order for order, _ in counting])
    first, numbers = next((part for part in counting if not part[0].added), counting[0])
    for (order, _), how in zip(parts, finished, strict=True):
        if order is not first:
            _merge(first, order, counts=how == best)
    return first, replace(numbers, every=tuple(one for _, its in parts for one in its.every))


def _finished(order: Order, wire: Wire) -> int:
    """Cancelled, preliminary, or final in one of its ways. A status that nobody knows is refused
    where the report is read: it must not be left out."""
    codes = {code(fields, 11, wire) for _, fields in order.results if fields[0] == "OBX"}
    try:
        stands = status(order.statuses, codes)
    except BadReport:
        return 1
    if stands is Status.WITHDRAWN:
        return -1
    return int(stands > Status.PRELIMINARY)


def _merge(order: Order, more: Order, *, counts: bool) -> None:
    order.raw += more.raw
    order.others += more.others
    order.added |= more.added
    if counts:
        order.results += more.results
        order.statuses += more.statuses
