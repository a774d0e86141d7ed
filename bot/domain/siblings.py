"""Several orders on one accession: which versions are of one order's report.

A sibling's report says nothing about the others: it must neither end nor lower what they say.
"""

from collections.abc import Iterable

from bot.domain.ordering import Version
from bot.domain.report import ROUTINE, Status

_Names = frozenset[tuple[str, str]]


def by_order(versions: Iterable[Version]) -> list[list[Version]]:
    """The versions of each order.

    Of one order are those with the same filler's number, or of the same resource of a server. What
    names neither is the only order's, where there is one alone; so is a resource, where its server
    has no other. Else each of them stands for itself: what is kept apart in error asks once too
    often, what is joined in error could silence another finding. One report for several orders is
    each one's: a version may so be of more than one.
    """
    told = list(versions)
    if len(told) < 2:  # noqa: PLR2004 - most orders have one version
        return [told] if told else []
    joined = _joined({_names(version) for version in told} - {frozenset()})
    if _is_one(joined):
        return _shares(told)
    parts: dict[_Names, list[Version]] = {}
    for version in told:
        names = _names(version)
        whose = next((known for known in joined if names & known), names)
        parts.setdefault(whose, []).append(version)
    return [share for some in parts.values() for share in _shares(some)]


_NUMBER, _RESOURCE = "number", "resource"


def _is_one(joined: list[_Names]) -> bool:
    """At most one of them has a number, and no server has a resource for two of them."""
    claims = [
        claim
        for names in joined
        for claim in {name.rpartition("/")[0] if kind == _RESOURCE else "" for kind, name in names}
    ]
    return len(claims) == len(set(claims))


def _names(version: Version) -> _Names:
    numbers = ((_NUMBER, number) for number in version.orders)
    return frozenset((*numbers, *(((_RESOURCE, version.resource),) if version.resource else ())))


def _joined(found: Iterable[_Names]) -> list[_Names]:
    """Names that some version brings together are of one order."""
    joined: list[_Names] = []
    for names in found:
        same = [known for known in joined if known & names]
        joined = [known for known in joined if not known & names]
        joined.append(names.union(*same))
    return joined


# ---- one report for several orders ----------------------------------------------------------


def _shares(versions: list[Version]) -> list[list[Version]]:
    """All together, while those under one of the orders only correct what the report asks for. What
    lowers, ends, leaves it open how urgent it is, or corrects nothing counts for its own order
    alone; and so do all, once two orders ask with different words: they were two reports."""
    if all(len(version.orders) < 2 for version in versions):  # noqa: PLR2004 - the usual report
        return [versions]
    numbers = sorted({number for version in versions for number in version.orders})
    single = {n: [one for one in versions if one.orders == (n,)] for n in numbers}
    words = {_last_words(some) for some in single.values()} - {""}
    agree = len(words) < 2  # noqa: PLR2004 - they all say the same
    common = [one for some in single.values() for one in some if agree and _is_everyones(one)]
    if all(one in common for some in single.values() for one in some):
        return [versions]
    return [
        [one for one in versions if not one.orders or n in one.orders or one in common]
        for n in numbers
    ]


def _is_everyones(version: Version) -> bool:
    """A correction that asks, or an addition that asks for nothing."""
    corrects = version.status in {Status.ADDENDED, Status.CORRECTED}
    if not corrects or version.category == ROUTINE:
        return False
    return version.category is not None or not version.finding_hash


def _last_words(versions: list[Version]) -> str:
    """What the newest of those that ask has found."""
    asking = [one for one in versions if one.category and _is_everyones(one)]
    newest = max(asking, key=lambda v: (v.status_at, v.sent_at, v.content_hash), default=None)
    return newest.finding_hash if newest else ""
