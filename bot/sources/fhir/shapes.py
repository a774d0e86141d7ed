"""FHIR R4 JSON without trust in its shape: parsing, tolerant access, references (2.6.2, 2.3).

Of real resources about one in twenty breaks the specification: a value of another type than it
should have reads as empty, an object stands for a list of one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from bot.sources.fhir import broken
from bot.sources.refused import BadReport
from storage.columns import storable

Resource = Mapping[str, Any]
NOTHING: Resource = {}
BUNDLE, HEADER, COMPOSITION = "Bundle", "MessageHeader", "Composition"
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_VERSION = re.compile(r"/_history/[^/]*$")
_ROOTED = re.compile(r"(?:/[\w.-]+)*/([A-Z][A-Za-z]+/[^/]+)")
_SEARCH = re.compile(r"([A-Z][A-Za-z]+)\?identifier=(?:([^|&]*)\|)?([^|&]+)")
_ESCAPED_BAR = re.compile("%7c", re.IGNORECASE)
_ELSEWHERE = {
    "encounter": "context",
    "imagingStudy": "study",
    "individual": "actor",
    "basedOn": "request",
    "requester": "orderer",
    "hasMember": "related",
}
"""The names of R5, STU3 and DSTU2. STU3 has the reference itself in ``agent`` or ``actor`` of what
R4 refers with, a CodeableReference in ``reference``, and ``related`` in ``target``.
"""
_INSIDE = ("agent", "actor", "reference", "target")
_OTHERS = frozenset(
    ("derived-from", "sequel-to", "replaces", "qualified-by", "interfered-by")  # all but has-member
)


def parse(data: bytes) -> Resource:
    """The resource in these bytes. A mere list of resources is a Bundle, and so is a broken one,
    with what can be read of it: see bundles.broken_in. Raises BadReport.
    """
    try:
        read = broken.loaded(data)
    except ValueError:
        found = broken.bundle(data)
        if found is None:
            detail = "The body is no JSON: send FHIR R4 as JSON"
            raise BadReport("not-json", detail, "102") from None
        return found
    if isinstance(read, list) and any(map(has_type, read)):
        return {"resourceType": BUNDLE, "entry": [{"resource": one} for one in read]}
    if not has_type(read):
        detail = "The body is no FHIR resource: send its resourceType"
        raise BadReport("no-resource-type", detail, "101", "resourceType")
    return dict(read)


def has_type(value: object) -> bool:
    """Whether it is a resource."""
    return isinstance(value, dict) and bool(_TYPE.fullmatch(text(value.get("resourceType"))))


# ---- values ---------------------------------------------------------------------------------


def text(value: object) -> str:
    """The text or number as text, without blanks around it; anything else is empty."""
    if isinstance(value, str):
        return storable(value).strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def many(value: object) -> list[Resource]:
    """The objects of a list; an object alone is a list of one."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def one(value: object) -> Resource:
    """The object, or the first of a list of them, or an empty one."""
    return next(iter(many(value)), NOTHING)


def codings(concepts: object) -> list[Resource]:
    """The codings of one CodeableConcept or of a list of them."""
    return [coding for concept in many(concepts) for coding in many(concept.get("coding"))]


def words(concept: object) -> str:
    """What a CodeableConcept says to a person: its text, else a display, else a code; homemade
    resources have mere words in its place."""
    if isinstance(concept, str):
        return text(concept)
    found = one(concept)
    coded = codings(found)
    said = [text(found.get("text")), *(text(coding.get("display")) for coding in coded)]
    return next((word for word in (*said, *(text(c.get("code")) for c in coded)) if word), "")


def yes_or_no(value: object) -> str:
    """What a boolean says to a person; anything else is empty."""
    return ("Yes" if value else "No") if isinstance(value, bool) else ""


# ---- references -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """A resource with the others that came along, by name ("Type/id" and full URL).

    ``root`` is what contains it, where it is a contained one, else the resource itself; ``base``
    is the server's address as a prefix of full URLs, or empty. The header of the message that it
    came in is known under its mere type, and so is the document whose only report it is.
    """

    body: Resource
    root: Resource
    known: Mapping[str, Resource]
    base: str = ""

    @property
    def kind(self) -> str:
        """The resource's type; empty where a reference led nowhere."""
        return text(self.body.get("resourceType"))

    def links(self, field: str) -> "list[Link]":
        """The references of a field, those that cannot be followed too."""
        stated = self.body.get(field, self.body.get(_ELSEWHERE.get(field, "")))
        found = [_inside(ref) for ref in many(stated) if text(ref.get("type")) not in _OTHERS]
        inside = self._contained(found)
        return [Link(reference, self._follow(reference, inside)) for reference in found]

    def nodes(self, field: str) -> "list[Node]":
        """The resources that the field refers to, where they came along."""
        return [link.node for link in self.links(field) if link.node.body]

    def behind(self, address: str) -> Resource:
        """The resource that is contained or came along under this address; empty where none."""
        reference = {"reference": address}
        return self._follow(reference, self._contained([reference])).body

    def _contained(self, references: list[Resource]) -> Mapping[str, Resource]:
        """What may be meant by "#..." among them, by its id: of several the first."""
        if not any(text(one.get("reference"))[:1] == "#" for one in references):
            return NOTHING
        inside = many(self.root.get("contained"))[::-1]
        return {text(one.get("id")).removeprefix("#"): one for one in inside}

    def _follow(self, reference: Resource, contained: Mapping[str, Resource]) -> "Node":
        name = text(reference.get("reference")) or _sought(reference)
        if name.startswith("#"):
            return Node(contained.get(name[1:], NOTHING), self.root, self.known, self.base)
        for inline in (reference, reference.get("resource")):  # in the place of the reference
            if has_type(inline):
                return Node(one(inline), self.root, self.known, self.base)
        found = self.named(name) or NOTHING
        return Node(found, found, self.known, self.base)

    def named(self, reference: str) -> Resource | None:
        """The resource that came along under this reference or address."""
        name = local_name(reference, self.base)
        if not name:
            return None
        known = self.known
        return known.get(name) or known.get(self.base + name) or known.get(_searched(name))


@dataclass(frozen=True, slots=True)
class Link:
    """A reference and where it leads; ``node.body`` is empty where that did not come along."""

    reference: Resource
    node: Node

    @property
    def kind(self) -> str:
        """The type of what it refers to, as far as the reference itself tells."""
        name, searched, _ = text(self.reference.get("reference")).partition("?")
        at = name if searched else _VERSION.sub("", name).rpartition("/")[0]
        by_name = at.rpartition("/")[2]
        by_name = by_name if _TYPE.fullmatch(by_name) else ""
        return self.node.kind or text(self.reference.get("type")) or by_name

    @property
    def identifiers(self) -> list[Resource]:
        """Those of the reference itself, also where it is a search (see ``searched_for``)."""
        told = many(self.reference.get("identifier"))
        return [*told, *searched_for(text(self.reference.get("reference")))]


def searched_for(reference: str) -> list[Resource]:
    """The identifier that a reference asks for which a server has yet to resolve, as Synthea writes
    them: "Practitioner?identifier=system|value" (R4, 3.1.0.11.2)."""
    found = _SEARCH.fullmatch(_ESCAPED_BAR.sub("|", reference))
    return [{"system": unquote(found[2] or ""), "value": unquote(found[3])}] if found else []


def _searched(name: str) -> str:
    """A search as search_for has it, whose sender escaped what an address may not hold."""
    return unquote(name) if "?identifier=" in name else ""


def _sought(reference: Resource) -> str:
    """The search that a reference by an identifier alone stands for (R4, 2.3.0.2)."""
    kind, by = text(reference.get("type")), reference.get("identifier")
    if "reference" in reference or not isinstance(by, dict) or not _TYPE.fullmatch(kind):
        return ""
    return search_for(kind, by)


def search_for(kind: str, identifier: Resource) -> str:
    """As in a reference by a search."""
    system, value = (text(identifier.get(part)) for part in ("system", "value"))
    return f"{kind}?identifier={system}|{value}" if value else ""


def _inside(stated: Resource) -> Resource:
    return next((found for name in _INSIDE if (found := one(stated.get(name)))), stated)


def local_name(reference: str, base: str) -> str:
    """The reference without its version and without the address of its own server, of which a slash
    may be all there is ("/Binary/1-note", as US Core has it).

    An absolute one to another server stays whole: its Practitioner/1 is somebody else.
    """
    name = _VERSION.sub("", reference)
    name = (name.removeprefix(base) if base else name).removeprefix("./")
    rooted = _ROOTED.fullmatch(name) if name[:1] == "/" else None
    return rooted[1] if rooted else name


def node_of(resource: Resource) -> Node:
    """A resource that came alone."""
    return Node(resource, resource, {})


def name_of(resource: Resource) -> str:
    """The resource's relative reference, as "Patient/7"."""
    return f"{text(resource.get('resourceType'))}/{text(resource.get('id'))}"


def base_of(url: str, resource: Resource) -> str:
    """Under which address the server knows itself that gave the resource this full URL; empty where
    that tells none: it may be a UUID."""
    name, at = name_of(resource), _VERSION.sub("", url)
    return at.removesuffix(name) if at.endswith(f"/{name}") else ""


def references_in(value: object) -> Iterator[str]:
    """Every reference and address in a resource; "#..." is what it contains itself. One by an
    identifier alone is as a search for that would be."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            names = (text(found[key]) for key in ("reference", "url") if key in found)
            yield from filter(None, (*names, _sought(found)))
            waiting += [inner for inner in found.values() if isinstance(inner, dict | list)]
        elif isinstance(found, list):
            waiting += found


def reachable(node: Node) -> dict[str, Resource]:
    """The resource first, then all that came along and that its references lead to, by name. One of
    its own kind, as an earlier report is, stands for itself: of a hundred that each name the one
    before, the last would take all along."""
    found = {name_of(node.body): node.body}
    waiting = [node.body]
    while waiting:
        for reference in references_in(waiting.pop()):
            resource = node.named(reference)
            name = local_name(reference, node.base)
            if resource is not None and name not in found and node_of(resource).kind != node.kind:
                found[name] = resource
                waiting.append(resource)
    return found
