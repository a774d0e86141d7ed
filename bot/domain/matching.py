"""Which of the known orders a version is about, and which of them it shows to be one.

A wrong merge of two patients' orders is worse than two alerts: whatever is not certain is taken for
another order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.numbers import IMAGING, Order, one_space
from bot.domain.report import Identifier, KeyKind, OrderNumber, Patient, ReportKey

_ITS_OWN = frozenset({KeyKind.FILLER, KeyKind.PLACE, KeyKind.MESSAGE})
"""What names one order and nothing else. OBR-18 holds rooms and telephone numbers, too."""
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
Hit = tuple[OrderNumber, OrderNumber]
"""A number of the version, and the one of the order that is the same."""


@dataclass(frozen=True, slots=True)
class Match:
    """``order`` is None where none is known. ``same`` are known orders that the version shows to be
    that one; ``others`` are those that it names as well, that have an alert of their own and stay
    apart."""

    order: Order | None
    same: tuple[Order, ...] = ()
    others: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class _Named:
    """An order that the version names, and by which of its numbers."""

    order: Order
    hits: tuple[Hit, ...]

    @property
    def by_placer(self) -> bool:
        """By nothing else: exams may share such a number."""
        return all(mine.kind is KeyKind.PLACER for mine, _ in self.hits)

    @property
    def exact(self) -> bool:
        """By a number of certain authority."""
        return any(mine.authority == its.authority for mine, its in self.hits)


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
    be one are that of the oldest alert. By a number of assumed authority: the only one, or those of
    the same patient that nothing tells apart.
    """
    who = patient.identifiers
    named = [_Named(order, hits) for order in known if (hits := _hits(numbers, order, who))]
    agreeing = [one for one in named if not _told_apart(one.hits, numbers, one.order, who)]
    certain = [
        one
        for one in agreeing
        if one.exact and _may_be_theirs(own, one.hits, numbers, one.order, who, corrects=corrects)
    ]
    assumed = [one for one in agreeing if not (one.exact or _unlike(who, one.order.patients))]
    if any(_shared(who, one.order.patients) for one in certain):
        # Where the patient's own order is known, the other patient's is not corrected.
        certain = [one for one in certain if not _other_patient(who, one.order.patients)]
    exams = _exams_share_placer(named, agreeing, who)
    usable = _without_the_placers(certain, numbers) if exams else certain
    if not usable:
        likely = _likely(assumed, who)
        return _joined(likely, certain) if likely else Match(None)
    usable.sort(key=_weight)
    equals = [one.order for one in usable if _weight(one)[:2] == _weight(usable[0])[:2]]
    if any(_other_patient(a.patients, b.patients) for a in equals for b in equals):
        return Match(next((order for order in equals if not order.patients), None))
    likely = [] if exams else _likely(assumed, who)
    sure = [one for one in likely if not one.by_placer or _shared(who, one.order.patients)]
    return _joined([*usable, *sure], certain)


def names_another(patient: Patient, order: Order) -> bool:
    """Whether it is a correction of the patient: from now on the order is known by this one too."""
    return _unlike(patient.identifiers, order.patients)


def may_be_copied(numbers: Sequence[OrderNumber], patient: Patient, order: Order) -> bool:
    """Whether the order may have the same report by another filler: for the same patient and
    placer's number, and no accession tells them apart. What the report says decides."""
    who = patient.identifiers
    placed = any(
        mine.kind is its.kind is KeyKind.PLACER and _same(mine, its, order, who)
        for mine in numbers
        for its in order.numbers
    )
    if not placed or not _shared(who, order.patients):
        return False
    fillers = {n.value for n in (*numbers, *order.numbers) if n.kind is KeyKind.FILLER}
    return len(fillers) > 1 and not _differ(KeyKind.ACCESSION, numbers, order, who)


def with_copies(matched: Match, copied: Sequence[Order]) -> Match:
    """The same, with the orders that have the very same report."""
    found = (*((matched.order,) if matched.order else ()), *matched.same)
    every = list({order.key: order for order in (*found, *copied)}.values())
    oldest = min(every, key=_age)
    others = tuple(order for order in matched.others if order not in every)
    return Match(oldest, tuple(order for order in every if order is not oldest), others)


# ---- one number and another -----------------------------------------------------------------


def _hits(
    numbers: Sequence[OrderNumber], order: Order, who: tuple[Identifier, ...]
) -> tuple[Hit, ...]:
    return tuple(
        (mine, its) for mine in numbers for its in order.numbers if _same(mine, its, order, who)
    )


def _same(mine: OrderNumber, its: OrderNumber, order: Order, who: tuple[Identifier, ...]) -> bool:
    """Without an authority stated a number is the facility's; the patient may tell better."""
    if mine.value != its.value or not one_space(mine.kind, its.kind):
        return False
    if mine.authority == its.authority:
        return True
    if mine.stated or its.stated:
        return not (mine.stated and its.stated)
    return _shared(who, order.patients)


def _told_apart(
    hits: Iterable[Hit], numbers: Sequence[OrderNumber], order: Order, who: tuple[Identifier, ...]
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


def _weight(one: _Named) -> tuple[bool, int, bool, bool, str, str, str]:
    """What sorts the surest first. Imaging's own numbers go before those of whoever ordered."""
    order = one.order
    imaging = any(mine.kind in IMAGING for mine, _ in one.hits)
    agreeing = len({mine for mine, _ in one.hits})
    opened = order.opened_at.isoformat() if order.opened_at else ""
    number = order.key.value, order.key.authority
    return not imaging, -agreeing, not order.alert_id, not order.is_open, opened, *number


# ---- several orders that are one ------------------------------------------------------------


def _exams_share_placer(
    named: list[_Named], agreeing: list[_Named], who: tuple[Identifier, ...]
) -> bool:
    """Two exams of this patient are known under the placer's number: it tells neither."""
    having = [
        one
        for one in named
        if not _other_patient(who, one.order.patients)
        and any(mine.kind is KeyKind.PLACER and mine.authority == its.authority
                for mine, its in one.hits)
    ]  # fmt: skip
    apart = any(one not in agreeing for one in having)
    orders = [one.order for one in having]
    return apart or any(not _may_be_one(a, b, IMAGING) for a in orders for b in orders)


def _without_the_placers(certain: list[_Named], numbers: Sequence[OrderNumber]) -> list[_Named]:
    """Those that are named by more; what brings nothing else is with its like."""
    if any(number.kind is not KeyKind.PLACER for number in numbers):
        return [one for one in certain if not one.by_placer]
    return [one for one in certain if {n.kind for n in one.order.numbers} == {KeyKind.PLACER}]


def _joined(found: list[_Named], certain: list[_Named]) -> Match:
    """The first, and those that are one with it: nothing tells them apart. Two fillers' numbers may
    be on one accession; where less than imaging's own numbers say that it is one they may not."""
    first = found[0]
    one = [first.order]
    for other in found[1:]:
        weak = first.by_placer or other.by_placer or not other.exact
        told = () if _has_both(first, other) else (KeyKind.ACCESSION,)
        kinds = IMAGING if weak else told
        if all(_may_be_one(order, other.order, kinds) for order in one):
            one.append(other.order)
    oldest = min(one, key=_age)
    rest = (other.order for other in certain if other.order not in one and other.order.alert_id)
    return Match(oldest, tuple(order for order in one if order is not oldest), tuple(rest))


def _has_both(first: _Named, other: _Named) -> bool:
    """The version names both accessions: it is one report for two of them."""
    a, b = ({m.value for m, _ in one.hits if m.kind is KeyKind.ACCESSION} for one in (first, other))
    return bool(a and b) and len(a | b) > 1


def _may_be_one(first: Order, order: Order, kinds: Iterable[KeyKind]) -> bool:
    differ = any(_differ(kind, order.numbers, first, order.patients) for kind in kinds)
    return not differ and not _other_patient(first.patients, order.patients)


def _age(order: Order) -> tuple[bool, bool, str]:
    """What sorts the oldest alert first; nothing where there is none. For one that was opened in
    shadow nobody is paged: what people are asked for must not go on as that."""
    opened = order.opened_at.isoformat() if order.opened_at else ""
    return order.opened_at is None, order.in_shadow, opened


def _likely(assumed: list[_Named], who: tuple[Identifier, ...]) -> list[_Named]:
    """The only one that it can be; of several those with the same patient, and where something
    tells these apart, none."""
    if len(assumed) > 1:
        assumed = [one for one in assumed if _shared(who, one.order.patients)]
    orders = [one.order for one in assumed]
    apart = any(not _may_be_one(a, b, IMAGING) for a in orders for b in orders)
    return [] if apart else sorted(assumed, key=_weight)


# ---- the patient ----------------------------------------------------------------------------


def _may_be_theirs(
    own: ReportKey,
    hits: Iterable[Hit],
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
