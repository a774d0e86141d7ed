"""Which order a version is about: its numbers compared with those of the orders known so far.

Senders name an order by its accession, filler or placer number, by all of them or by some, with
the issuing authority or without. A wrong merge of two patients' orders is worse than two alerts:
whatever is not certain is taken for another order.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.report import Identifier, KeyKind, OrderNumber, Patient, Report, ReportKey

LONGEST = 200
"""Characters of a number, or of the name of its authority; what is longer is none."""
_AS_WRITTEN = frozenset({KeyKind.PLACE, KeyKind.MESSAGE})
_IMAGING = frozenset({KeyKind.ACCESSION, KeyKind.FILLER})
"""One space: in imaging the RIS is the filler, and many call its number the accession."""
_ITS_OWN = frozenset({KeyKind.FILLER, KeyKind.PLACE, KeyKind.MESSAGE})
"""What names one order and nothing else. OBR-18 holds rooms and telephone numbers, too."""
_LINKING = _IMAGING | _ITS_OWN
_BEST_FIRST = list(KeyKind)
# The same bytes leave no doubt, nor does the same resource of a server, whatever numbers it brings.
# Of the others a lower one never joins what a higher one tells apart: exams share a placer's
# order, and one accession may cover several filler orders.
_RANK = {
    KeyKind.MESSAGE: -1,
    KeyKind.PLACE: -1,
    KeyKind.ACCESSION: 0,
    KeyKind.FILLER: 1,
    KeyKind.PLACER: 2,
}


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is known: all its numbers and patient identifiers received so far, and its
    alert where it has one (``opened_at`` in UTC)."""

    key: ReportKey
    numbers: tuple[OrderNumber, ...]
    patients: tuple[Identifier, ...] = ()
    alert_id: str = ""
    ref: str = ""
    opened_at: datetime | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """``order`` is None where none is known. ``same`` are known orders that the version shows to be
    that one; ``others`` are those that it names as well, that have an alert of their own and stay
    apart."""

    order: Order | None
    same: tuple[Order, ...] = ()
    others: tuple[Order, ...] = ()


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
    kind = KeyKind.ACCESSION if best.kind in _IMAGING else best.kind
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


def match(
    own: ReportKey,
    numbers: Sequence[OrderNumber],
    patient: Patient,
    known: Sequence[Order],
    *,
    corrects: bool = False,
) -> Match:
    """Which of the known orders these numbers name; ``own`` is the key that they make. ``corrects``
    where the version says that it corrects, so that it may name another patient.

    Several by numbers of certain authority: the strongest number decides, then how many agree,
    then the alert that is open or older; where they are two patients', none. Those that it shows to
    be one are that of the oldest alert. Several by a number of assumed authority: none.
    """
    who = patient.identifiers
    certain, assumed = [], []
    for order in known:
        hits = [
            (mine, its) for mine in numbers for its in order.numbers if _same(mine, its, order, who)
        ]
        if not hits or _told_apart(hits, numbers, order, who):
            continue
        if not any(_exact(mine, its) for mine, its in hits):
            assumed += [] if _unlike(who, order.patients) else [order]
        elif _may_be_theirs(own, hits, numbers, order, who, corrects=corrects):
            certain.append((_weight(hits, order), order, hits))
    if any(_shared(who, order.patients) for _, order, _ in certain):
        # Where the patient's own order is known, the other patient's is not corrected.
        certain = [found for found in certain if not _other_patient(who, found[1].patients)]
    if not certain:
        return Match(_only(assumed, who))
    certain.sort(key=lambda found: found[0])
    equals = [order for weight, order, _ in certain if weight[:2] == certain[0][0][:2]]
    if any(_other_patient(a.patients, b.patients) for a in equals for b in equals):
        return Match(next((order for order in equals if not order.patients), None))
    return _joined([(order, hits) for _, order, hits in certain])


def names_another(patient: Patient, order: Order) -> bool:
    """Whether it is a correction of the patient: from now on the order is known by this one too."""
    return _unlike(patient.identifiers, order.patients)


def news(numbers: Iterable[OrderNumber], order: Order) -> tuple[OrderNumber, ...]:
    """Those by which the order was not known before."""
    return tuple(
        number
        for number in numbers
        if not any(
            number.value == its.value
            and _one_space(number.kind, its.kind)
            and number.authority == its.authority
            for its in order.numbers
        )
    )


# ---- one number and another -----------------------------------------------------------------


def bare(value: str) -> str:
    """The number without what tells no two apart."""
    return "".join(value.split()).upper()


def _same(mine: OrderNumber, its: OrderNumber, order: Order, who: tuple[Identifier, ...]) -> bool:
    """Without an authority stated a number is the facility's; the patient may tell better."""
    if mine.value != its.value or not _one_space(mine.kind, its.kind):
        return False
    if mine.authority == its.authority:
        return True
    if mine.stated or its.stated:
        return not (mine.stated and its.stated)
    return _shared(who, order.patients)


def _one_space(a: KeyKind, b: KeyKind) -> bool:
    return a is b or {a, b} <= _IMAGING


def _exact(mine: OrderNumber, its: OrderNumber) -> bool:
    return mine.authority == its.authority


Hit = tuple[OrderNumber, OrderNumber]


def _told_apart(
    hits: list[Hit], numbers: Sequence[OrderNumber], order: Order, who: tuple[Identifier, ...]
) -> bool:
    """Both have a number of a higher kind than those they agree in, and not the same one."""
    level = min(min(_RANK[mine.kind], _RANK[its.kind]) for mine, its in hits)
    kinds = (kind for kind, rank in _RANK.items() if 0 <= rank < level)
    return any(_differ(kind, numbers, order, who) for kind in kinds)


def _differ(
    kind: KeyKind, numbers: Sequence[OrderNumber], order: Order, who: tuple[Identifier, ...]
) -> bool:
    """Both have a number of this kind, and not the same one."""
    here = [number for number in numbers if number.kind is kind]
    there = [number for number in order.numbers if number.kind is kind]
    return bool(here and there) and not any(_same(a, b, order, who) for a in here for b in there)


def _joined(certain: list[tuple[Order, list[Hit]]]) -> Match:
    """The first, and those that are one with it by numbers which are no group's, as a placer's."""
    first = certain[0][0]
    linked = [order for order, hits in certain if any(mine.kind in _LINKING for mine, _ in hits)]
    one = [order for order in linked if first in linked and _may_be_one(first, order)] or [first]
    oldest = min(one, key=_age)
    rest = (order for order, _ in certain if order not in one and order.alert_id)
    return Match(oldest, tuple(order for order in one if order is not oldest), tuple(rest))


def _may_be_one(first: Order, order: Order) -> bool:
    differ = _differ(KeyKind.ACCESSION, order.numbers, first, order.patients)
    return not differ and not _other_patient(first.patients, order.patients)


def _age(order: Order) -> tuple[bool, str]:
    """What sorts the oldest alert first; nothing where there is none."""
    return order.opened_at is None, order.opened_at.isoformat() if order.opened_at else ""


def _weight(hits: list[Hit], order: Order) -> tuple[bool, int, bool, bool, str, str, str]:
    """What sorts the surest first. Imaging's own numbers go before those of whoever ordered."""
    imaging = any(mine.kind in _IMAGING for mine, _ in hits)
    agreeing = len({mine for mine, _ in hits})
    opened = order.opened_at.isoformat() if order.opened_at else ""
    number = order.key.value, order.key.authority
    return not imaging, -agreeing, not order.alert_id, not order.is_open, opened, *number


# ---- the patient ----------------------------------------------------------------------------


def _may_be_theirs(
    own: ReportKey,
    hits: list[Hit],
    numbers: Sequence[OrderNumber],
    order: Order,
    who: tuple[Identifier, ...],
    *,
    corrects: bool,
) -> bool:
    """Whether the version can be about the patient of the order.

    A correction may name another one: under the same key, with the same number of the order itself
    and none that differs. An accession alone never says so. The resource of a server is what it
    was, whatever its status.
    """
    if not _unlike(who, order.patients):
        return True
    itself = any(mine.kind is its.kind and mine.kind in _ITS_OWN for mine, its in hits)
    if _other_patient(who, order.patients):
        differ = any(_differ(kind, numbers, order, who) for kind in KeyKind)
        said = corrects or any(mine.kind is KeyKind.PLACE for mine, _ in hits)
        return said and itself and order.key == own and not differ
    stated = any(mine.stated and its.stated for mine, its in hits)
    return itself or stated or not _differ(KeyKind.FILLER, numbers, order, who)


def _shared(ours: Iterable[Identifier], theirs: Iterable[Identifier]) -> bool:
    return any(
        a.value == b.value and (a.authority == b.authority or not (a.authority and b.authority))
        for a in ours
        for b in theirs
    )


def _comparable(a: Identifier, b: Identifier) -> bool:
    """A visit's number says nothing about a record's number of the same authority."""
    return a.authority == b.authority and (a.kind == b.kind or not (a.kind and b.kind))


def _other_patient(ours: tuple[Identifier, ...], theirs: tuple[Identifier, ...]) -> bool:
    """Both name the patient in the same authority's numbers, and none is shared."""
    return not _shared(ours, theirs) and any(_comparable(a, b) for a in ours for b in theirs)


def _unlike(ours: tuple[Identifier, ...], theirs: tuple[Identifier, ...]) -> bool:
    """Both name the patient, and nothing says that it is the same one."""
    return bool(ours and theirs) and not _shared(ours, theirs)


def _only(found: list[Order], who: tuple[Identifier, ...]) -> Order | None:
    """The one that it can be: of several, the one with the same patient."""
    if len(found) > 1:
        found = [order for order in found if _shared(who, order.patients)]
    return found[0] if len(found) == 1 else None
