"""The numbers of an order, as they are compared and kept; which order they name: see matching.

Senders name an order by its accession, filler or placer number, by all of them or by some, with
the issuing authority or without.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.report import Identifier, KeyKind, OrderNumber, Patient, Report, ReportKey

LONGEST = 200
"""Characters of a number, or of the name of its authority; what is longer is none."""
_AS_WRITTEN = frozenset({KeyKind.PLACE, KeyKind.MESSAGE})
IMAGING = frozenset({KeyKind.ACCESSION, KeyKind.FILLER})
"""One space: in imaging the RIS is the filler, and many call its number the accession."""
_BEST_FIRST = list(KeyKind)


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is known: all its numbers and patient identifiers received so far, and its
    alert where it has one (``opened_at`` in UTC; ``in_shadow``: nobody is paged for it)."""

    key: ReportKey
    numbers: tuple[OrderNumber, ...]
    patients: tuple[Identifier, ...] = ()
    alert_id: str = ""
    ref: str = ""
    opened_at: datetime | None = None
    is_open: bool = False
    in_shadow: bool = False


def plain(number: OrderNumber) -> OrderNumber:
    """The number as it is compared: letter case and blanks tell no two orders apart."""
    if number.kind in _AS_WRITTEN:
        return number
    value, authority = bare(number.value), bare(number.authority)
    return OrderNumber(number.kind, value, authority, number.stated)


def numbers_of(report: Report) -> tuple[OrderNumber, ...]:
    """All numbers of the report, to be compared; each once, the best kind first."""
    key = report.key
    named = report.numbers or (OrderNumber(key.kind, key.value, key.authority),)
    return distinct(named)


def key_of(numbers: Sequence[OrderNumber]) -> ReportKey:
    """A key made of the best of some numbers; imaging's own are all one kind there."""
    best = numbers[0]
    kind = KeyKind.ACCESSION if best.kind in IMAGING else best.kind
    return ReportKey(best.authority, kind, best.value)


def distinct(numbers: Iterable[OrderNumber]) -> tuple[OrderNumber, ...]:
    """The numbers as they are compared, each once of its kind."""
    found: dict[tuple[KeyKind, str, str], OrderNumber] = {}
    for number in sorted(
        map(plain, numbers), key=lambda n: (_BEST_FIRST.index(n.kind), not n.stated)
    ):
        if number.value:
            found.setdefault((number.kind, number.value, number.authority), number)
    return tuple(found.values())


def free_key(
    own: ReportKey, numbers: Sequence[OrderNumber], patient: Patient, known: Iterable[Order]
) -> ReportKey:
    """A key for a new order: ``own``, or one made of it where another order has that already."""
    taken = {order.key for order in known}
    key, told = own, repr((numbers, patient.identifiers))
    while key in taken:
        told = hashlib.sha256(told.encode()).hexdigest()
        key = ReportKey(own.authority, own.kind, f"{own.value}/{told[:16]}")
    return key


def news(numbers: Iterable[OrderNumber], order: Order) -> tuple[OrderNumber, ...]:
    """Those by which the order was not known before."""
    return tuple(
        number
        for number in numbers
        if not any(
            number.value == its.value
            and one_space(number.kind, its.kind)
            and number.authority == its.authority
            for its in order.numbers
        )
    )


# ---- one number and another -----------------------------------------------------------------


def bare(value: str) -> str:
    """The number without what tells no two apart."""
    return "".join(value.split()).upper()


def one_space(a: KeyKind, b: KeyKind) -> bool:
    """Whether numbers of these kinds can be the same."""
    return a is b or {a, b} <= IMAGING
