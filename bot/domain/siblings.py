"""Several orders on one accession: which versions are of one order's report.

A sibling's report says nothing about the others: it must neither end nor lower what they say.
"""

from collections.abc import Iterable

from bot.domain.ordering import Version

_Names = frozenset[tuple[str, str]]


def by_order(versions: Iterable[Version]) -> list[list[Version]]:
    """The versions of each order.

    Of one order are those with the same filler's number, or of the same resource of a server. What
    names neither is the only order's, where there is one alone; so is a resource, where its server
    has no other. Else each of them stands for itself: what is kept apart in error asks once too
    often, what is joined in error could silence another finding.
    """
    told = list(versions)
    if len(told) < 2:  # noqa: PLR2004 - most orders have one version
        return [told] if told else []
    joined = _joined({_names(version) for version in told} - {frozenset()})
    if _is_one(joined):
        return [told] if told else []
    parts: dict[_Names, list[Version]] = {}
    for version in told:
        names = _names(version)
        whose = next((known for known in joined if names & known), names)
        parts.setdefault(whose, []).append(version)
    return list(parts.values())


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
    told = ((_NUMBER, version.order), (_RESOURCE, version.resource))
    return frozenset((kind, name) for kind, name in told if name)


def _joined(found: Iterable[_Names]) -> list[_Names]:
    """Names that some version brings together are of one order."""
    joined: list[_Names] = []
    for names in found:
        same = [known for known in joined if known & names]
        joined = [known for known in joined if not known & names]
        joined.append(names.union(*same))
    return joined
