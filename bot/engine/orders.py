"""To which order a version belongs, found by whichever of the order's numbers it brings."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection

from bot.domain import matching
from bot.domain import numbers as rules
from bot.domain.effects import Record
from bot.domain.events import Withdrawn
from bot.domain.matching import Match
from bot.domain.numbers import Order
from bot.domain.ordering import Version
from bot.domain.report import OrderNumber, Patient, Report, ReportKey, Status
from bot.engine import copies
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from storage import alerts, audit, orders, reports


@dataclass(frozen=True, slots=True)
class Found:
    """The order's key: all its versions and its one alert are stored under it. ``may_have_alert``
    is False where there is certainly none, ``is_new`` True where no version came before. ``moved``
    are the report versions of orders that turned out to be this one, ``copied`` those that say the
    very same for another filler's number."""

    key: ReportKey
    may_have_alert: bool
    is_new: bool = False
    moved: frozenset[str] = frozenset()
    copied: tuple[Version, ...] = ()


Alike = Callable[[Order], tuple[Version, ...]]
"""The versions of an order that say the very same as the one just received."""


def lock(c: Connection, numbers: Iterable[OrderNumber]) -> None:
    """Nobody else takes in versions with these numbers until the transaction ends. Once for a
    message with all its reports: a second call could wait crosswise with another transaction."""
    orders.lock(c, numbers)


def identify(
    c: Connection,
    engine: Engine,
    own: ReportKey,
    numbers: Sequence[OrderNumber],
    patient: Patient,
    report: Report | None = None,
    alike: Alike | None = None,
) -> Found:
    """The order that these numbers name, from now on known by all of them; a new one has the key
    ``own``, unless another patient's order has that. Orders that these numbers show to be one are
    joined, and so are their alerts. By its status or its words a ``report`` may
    correct the patient; None for what nobody could read. The numbers are locked already."""
    known = orders.find(c, numbers)
    corrects = _corrects(c, own, report, known)

    def matching_these() -> tuple[Match, tuple[Version, ...]]:
        found = matching.match(own, numbers, patient, known, corrects=corrects)
        return _with_copies(found, numbers, patient, known, alike)

    matched, copied = matching_these()
    waited = _hold(c, matched, numbers)
    if waited:
        known = orders.find(c, numbers)
        matched, copied = matching_these()
    order = matched.order
    if order is None:
        key = rules.free_key(own, numbers, patient, known)
        orders.know(c, key, numbers, patient.identifiers)
        return Found(key, may_have_alert=False, is_new=True)
    moved = [_join(c, engine, other, order) for other in matched.same]
    if new := rules.news(numbers, order):
        orders.know(c, order.key, new, patient.identifiers)
        _record_joined(c, order, matched, engine.clock.now())
    if matching.names_another(patient, order):
        orders.name_patient(c, order.key, (*order.patients, *patient.identifiers))
    return Found(
        order.key,
        may_have_alert=waited or bool(order.alert_id),
        moved=frozenset(chain.from_iterable(moved)),
        copied=copied,
    )


def _with_copies(
    matched: Match,
    numbers: Sequence[OrderNumber],
    patient: Patient,
    known: Iterable[Order],
    alike: Alike | None,
) -> tuple[Match, tuple[Version, ...]]:
    """And the orders under which another filler has sent the same report."""
    if alike is None:
        return matched, ()
    may = (order for order in known if matching.may_be_copied(numbers, patient, order))
    copies = [(order, same) for order in may if (same := alike(order))]
    if not copies:
        return matched, ()
    every = matching.with_copies(matched, [order for order, _ in copies])
    return every, tuple(chain.from_iterable(same for _, same in copies))


def _corrects(c: Connection, own: ReportKey, report: Report | None, known: Iterable[Order]) -> bool:
    """Or it is the final version, come late, that a correction known already has corrected; or the
    same report under the number that merged records have now. What withdraws says nothing but
    that: of another patient it must not end this one's alert."""
    if report is None or report.status is Status.WITHDRAWN:
        return False
    if report.status > Status.FINAL:
        return True
    if not any(
        order.key == own and matching.names_another(report.patient, order) for order in known
    ):
        return False
    there = {version.status for version in reports.versions(c, own)}
    late = Status.FINAL not in there and bool(there & {Status.ADDENDED, Status.CORRECTED})
    return late or copies.of_merged(c, report, own)


def _join(c: Connection, engine: Engine, other: Order, order: Order) -> list[str]:
    """The younger alert ends, and whoever was paged for it hears as which it goes on."""
    if other.alert_id:
        younger = alerts.load(c, other.alert_id)
        event = Withdrawn(younger.report_id, younger.policy, joined=order.ref)
        apply_in(c, engine, younger.id, event)
    return orders.join(c, other.key, order.key)


def has_been_seen(c: Connection, number: OrderNumber) -> bool:
    """Whether this number leads to an order already."""
    return bool(orders.find(c, [number]))


def _hold(c: Connection, matched: Match, numbers: Sequence[OrderNumber]) -> bool:
    """Versions of one order may share no number: they meet at its key. True where this had to be
    waited for: the order may have got an alert meanwhile, or been joined to another."""
    found = (matched.order, *matched.same) if matched.order else ()
    named = {number.value for number in numbers}
    keys = [rules.plain(OrderNumber(order.key.kind, order.key.value)) for order in found]
    missing = [key for key in keys if key.value not in named]
    if missing:
        orders.lock(c, missing)
    return bool(missing)


def _record_joined(c: Connection, order: Order, matched: Match, now: datetime) -> None:
    """Two stay two where only a placer's number joins them: whoever reads the trail must see it."""
    for other in matched.others:
        if order.alert_id:
            record = Record("numbers_joined", data={"other": other.ref})
            audit.append(c, order.alert_id, [record], now)
        record = Record("numbers_joined", data={"other": order.ref})
        audit.append(c, other.alert_id, [record], now)
