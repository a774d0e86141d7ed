"""What a FHIR Bundle holds: its entries, the reports among them, and what of it cannot be read."""

import json
from collections import ChainMap, defaultdict
from collections.abc import Iterator, Mapping

from bot.sources.fhir import broken
from bot.sources.fhir.shapes import (
    BUNDLE,
    COMPOSITION,
    HEADER,
    NOTHING,
    Node,
    Resource,
    base_of,
    has_type,
    local_name,
    many,
    name_of,
    one,
    search_for,
    text,
)

_OUTCOME, _GRAVE = "OperationOutcome", frozenset({"fatal", "error", "warning"})


def entries_of(bundle: Resource) -> list[Resource]:
    """The bundle's entries, and those of the bundles in it: a batch of documents is made so. What
    an operation answers with, Parameters, is one of their resources."""
    return [entry for entry, _ in _told_apart(bundle)]


def _told_apart(bundle: Resource) -> list[tuple[Resource, int]]:
    """The same, each with which of the bundles it stands in."""
    found, bundles = list[tuple[Resource, int]](), 0
    waiting = [(entry, 0) for entry in _entries(bundle)[::-1]]
    while waiting:
        entry, within = waiting.pop()
        inside = one(entry.get("resource"))
        further, is_bundle = _entries(inside), text(inside.get("resourceType")) == BUNDLE
        if further or is_bundle:
            bundles += is_bundle
            waiting += [(each, bundles if is_bundle else within) for each in further[::-1]]
        elif has_type(entry):  # the resource itself
            waiting.append(({"resource": entry}, within))
        else:
            found.append((entry, within))
    return found


def _entries(resource: Resource) -> list[Resource]:
    kind = text(resource.get("resourceType"))
    if kind == "Parameters":
        return list(_parameters(many(resource.get("parameter"))))
    return many(resource.get("entry")) if kind == BUNDLE else []


def _parameters(stated: list[Resource]) -> Iterator[Resource]:
    for parameter in stated:
        if parameter.get("resource"):
            yield {"resource": parameter["resource"]}
        yield from _parameters(many(parameter.get("part")))


_Found = tuple[str, Resource]
"""A resource with its full URL."""


def bundled(bundle: Resource, kind: str) -> list[Node]:
    """The bundle's resources of one type, each with all others, those of its own bundle first: each
    document of a batch may have a Patient/1. Search outcomes are left out."""
    apart = defaultdict[int, list[_Found]](list)
    for entry, within in _told_apart(bundle):
        if text(one(entry.get("search")).get("mode")) != "outcome":
            apart[within].append((text(entry.get("fullUrl")), one(entry.get("resource"))))
    known = _known([each for found in apart.values() for each in found], kind)
    if len(apart) == 1:
        return list(_nodes(apart.popitem()[1], kind, known))
    own = ((found, ChainMap(_known(found, kind), known)) for found in apart.values())
    return [node for found, first in own for node in _nodes(found, kind, first)]


def _nodes(found: list[_Found], kind: str, known: Mapping[str, Resource]) -> Iterator[Node]:
    for url, resource in found:
        if text(resource.get("resourceType")) == kind:
            yield Node(resource, resource, known, base_of(url, resource))


def _known(found: list[_Found], kind: str) -> dict[str, Resource]:
    known = _unmistakable([resource for _, resource in found])
    kinds = [text(resource.get("resourceType")) for _, resource in found]
    if HEADER in kinds:
        known[HEADER] = found[kinds.index(HEADER)][1]
    if kinds.count(COMPOSITION) == kinds.count(kind) == 1:
        known[COMPOSITION] = found[kinds.index(COMPOSITION)][1]
    for url, resource in found:
        known[name_of(resource)] = resource
        if url:
            known[local_name(url, "")] = resource
    return known


def _unmistakable(resources: list[Resource]) -> dict[str, Resource]:
    """Each under the mere ids and the searches that lead to it and to no other."""
    found: dict[str, Resource] = {}
    for resource in resources:
        for name in _other_names(resource):
            same = found.setdefault(name, resource)
            found[name] = resource if _are_one(same, resource) else NOTHING
    return {name: resource for name, resource in found.items() if resource}


def _other_names(resource: Resource) -> Iterator[str]:
    """See shapes.searched_for; and servers exist that refer by the mere id."""
    if number := text(resource.get("id")):
        yield from (number, f"urn:uuid:{number}")
    kind = text(resource.get("resourceType"))
    searches = (search_for(kind, each) for each in many(resource.get("identifier")))
    yield from filter(None, searches)


def _are_one(resource: Resource, other: Resource) -> bool:
    """Whether one is the other again, perhaps in another version."""
    if resource is other or resource == other:
        return True
    return bool(resource.get("id")) and name_of(resource) == name_of(other)


def is_warning(entry: Resource) -> bool:
    """Whether it says that something about a search is wrong: that a parameter was not used (R4,
    3.1.1.4.1), or at Oracle Health that a resource was left out."""
    outcome = one(entry.get("resource"))
    issues = many(outcome.get("issue")) if outcome.get("resourceType") == _OUTCOME else []
    return any(text(issue.get("severity")) in _GRAVE for issue in issues)


def lost_in(page: Resource) -> bool:
    """Whether an answer broke off, and more with it than the one entry that it was about: which
    entries and pages were to follow nobody knows."""
    alone = len(many(page.get("entry"))) == 1 and bool(many(page.get("link")))
    return broken.BROKE_OFF in page and not alone


def broken_in(resource: Resource) -> list[bytes]:
    """The bytes of a Bundle's entries that are no resources: nobody else would hear of them."""
    if text(resource.get("resourceType")) != BUNDLE:
        return []
    inside = (entry for entry in entries_of(resource) if entry.get("resource"))
    return [_as_it_came(entry) for entry in inside if not has_type(entry["resource"])]


def _as_it_came(entry: Resource) -> bytes:
    found = entry["resource"]
    is_text = isinstance(found, str) and found.startswith("{")
    return found.encode(errors="surrogatepass") if is_text else json.dumps(entry).encode()
