"""What a FHIR Bundle holds: its entries, the reports among them, and what of it cannot be read."""

import json
from collections.abc import Iterator

from bot.sources.fhir import broken
from bot.sources.fhir.shapes import (
    BUNDLE,
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


def entries_of(bundle: Resource) -> list[Resource]:
    """The bundle's entries, and those of the bundles in it: a batch of documents is made so. What
    an operation answers with, Parameters, is one of their resources."""
    found, waiting = list[Resource](), _entries(bundle)[::-1]
    while waiting:
        entry = waiting.pop()
        inside = one(entry.get("resource"))
        further = _entries(inside)
        if further or text(inside.get("resourceType")) == BUNDLE:
            waiting += further[::-1]
        elif has_type(entry):  # the resource itself
            waiting.append({"resource": entry})
        else:
            found.append(entry)
    return found


def _searchable(resources: list[Resource]) -> dict[str, Resource]:
    """Each under the searches that lead to it and no other (see shapes.searched_for)."""
    found: dict[str, Resource] = {}
    for resource in resources:
        for one_ in many(resource.get("identifier")):
            search = search_for(text(resource.get("resourceType")), one_)
            same = found.setdefault(search, resource) is resource
            found[search] = resource if same else NOTHING
    return {search: resource for search, resource in found.items() if search and resource}


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


def bundled(bundle: Resource, kind: str) -> list[Node]:
    """The bundle's resources of one type, each with all others. Search outcomes are left out."""
    entries = [
        (text(entry.get("fullUrl")), one(entry.get("resource")))
        for entry in entries_of(bundle)
        if text(one(entry.get("search")).get("mode")) != "outcome"
    ]
    known = _searchable([resource for _, resource in entries])
    for url, resource in entries:
        if text(resource.get("resourceType")) == HEADER:
            known.setdefault(HEADER, resource)
        known[name_of(resource)] = resource
        for prefix in ("urn:uuid:", ""):  # servers exist that refer by the mere id
            known.setdefault(f"{prefix}{text(resource.get('id'))}", resource)
        if url:
            known[local_name(url, "")] = resource
    return [
        Node(resource, resource, known, base_of(url, resource))
        for url, resource in entries
        if text(resource.get("resourceType")) == kind
    ]


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
