"""To which order a version belongs, found by whichever of the order's numbers it brings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.domain import numbers as rules
from bot.domain.events import Record
from bot.domain.numbers import Match, Order
from bot.domain.report import OrderNumber, Patient, ReportKey
from storage import audit, orders


@dataclass(frozen=True, slots=True)
class Found:
    """The order's key: all its versions and its one alert are stored under it. ``may_have_alert``
    is False where there is certainly none, ``is_new`` True where no version came before."""

    key: ReportKey
    may_have_alert: bool
    is_new: bool = False


def lock(c: Connection, numbers: Iterable[OrderNumber]) -> None:
    """Nobody else takes in versions with these numbers until the transaction ends. Once for a
    message with all its reports: a second call could wait crosswise with another transaction."""
    orders.lock(c, numbers)


def identify(
    c: Connection,
    own: ReportKey,
    numbers: Sequence[OrderNumber],
    patient: Patient,
    now: datetime,
) -> Found:
    """The order that these numbers name, from now on known by all of them; a new one has the key
    ``own``, unless another patient's order has that. The numbers are locked already."""
    known = orders.find(c, numbers)
    matched = rules.match(own, numbers, patient, known)
    order = matched.order
    if order is None:
        key = rules.free_key(own, numbers, patient, known)
        orders.know(c, key, numbers, patient.identifiers)
        return Found(key, may_have_alert=False, is_new=True)
    if new := rules.news(numbers, order):
        orders.know(c, order.key, new, patient.identifiers)
        _record_joined(c, order, matched, now)
    return Found(order.key, _hold(c, order, numbers) or bool(order.alert_id))


def has_been_seen(c: Connection, number: OrderNumber) -> bool:
    """Whether this number leads to an order already."""
    return bool(orders.find(c, [number]))


def _hold(c: Connection, order: Order, numbers: Sequence[OrderNumber]) -> bool:
    """Versions of one order may share no number: they meet at its key. True where this had to be
    waited for, and an alert may have been opened meanwhile."""
    by_key = rules.plain(OrderNumber(order.key.kind, order.key.value))
    if any(number.value == by_key.value for number in numbers):
        return False
    orders.lock(c, [by_key])
    return True


def _record_joined(c: Connection, order: Order, matched: Match, now: datetime) -> None:
    """Alerts are never merged: whoever reads the trail must see that two speak of one order."""
    for other in matched.others:
        if order.alert_id:
            record = Record("numbers_joined", data={"other": other.ref})
            audit.append(c, order.alert_id, [record], now)
        record = Record("numbers_joined", data={"other": order.ref})
        audit.append(c, other.alert_id, [record], now)
