"""FHIR R4 JSON without trust in its shape: parsing, tolerant access, references (2.6.2, 2.3).

Of real resources about one in twenty breaks the specification: a value of another type than it
should have reads as empty, an object stands for a list of one.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sources.fhir import broken
from bot.sources.hl7.wire import BadReport
from storage.columns import storable

Resource = Mapping[str, Any]
NOTHING: Resource = {}
BUNDLE, HEADER = "Bundle", "MessageHeader"
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_VERSION = re.compile(r"/_history/[^/]*$")
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
    with what can be read of it: see ``broken_in``. Raises BadReport.
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
    """What a CodeableConcept says to a person: its text, else a display, else a code."""
    found = one(concept)
    coded = codings(found)
    said = [text(found.get("text")), *(text(coding.get("display")) for coding in coded)]
    return next((word for word in (*said, *(text(c.get("code")) for c in coded)) if word), "")


# ---- references -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """A resource with the others that came along, by name ("Type/id" and full URL).

    ``root`` is what contains it, where it is a contained one, else the resource itself; ``base``
    is the server's address as a prefix of full URLs, or empty. The header of the message that it
    came in is known under its mere type.
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
        return [Link(reference, self._follow(reference)) for reference in found]

    def nodes(self, field: str) -> "list[Node]":
        """The resources that the field refers to, where they came along."""
        return [link.node for link in self.links(field) if link.node.body]

    def behind(self, address: str) -> Resource:
        """The resource that is contained or came along under this address; empty where none."""
        return self._follow({"reference": address}).body

    def _follow(self, reference: Resource) -> "Node":
        name = text(reference.get("reference"))
        if name.startswith("#"):
            inside = many(self.root.get("contained"))
            named = (c for c in inside if text(c.get("id")).removeprefix("#") == name[1:])
            return Node(next(named, NOTHING), self.root, self.known, self.base)
        for inline in (reference, reference.get("resource")):  # in the place of the reference
            if has_type(inline):
                return Node(one(inline), self.root, self.known, self.base)
        found = self.named(name) or NOTHING
        return Node(found, found, self.known, self.base)

    def named(self, reference: str) -> Resource | None:
        """The resource that came along under this reference or address."""
        name = local_name(reference, self.base)
        return self.known.get(name) or self.known.get(self.base + name) if name else None


@dataclass(frozen=True, slots=True)
class Link:
    """A reference and where it leads; ``node.body`` is empty where that did not come along."""

    reference: Resource
    node: Node

    @property
    def kind(self) -> str:
        """The type of what it refers to, as far as the reference itself tells."""
        named = _VERSION.sub("", text(self.reference.get("reference"))).split("/")
        by_name = named[-2] if len(named) > 1 and _TYPE.fullmatch(named[-2]) else ""
        return self.node.kind or text(self.reference.get("type")) or by_name


def _inside(stated: Resource) -> Resource:
    return next((found for name in _INSIDE if (found := one(stated.get(name)))), stated)


def local_name(reference: str, base: str) -> str:
    """The reference without its version and without the address of its own server.

    An absolute one to another server stays whole: its Practitioner/1 is somebody else.
    """
    name = _VERSION.sub("", reference)
    return name.removeprefix(base) if base else name


def node_of(resource: Resource) -> Node:
    """A resource that came alone."""
    return Node(resource, resource, {})


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
    known: dict[str, Resource] = {}
    for url, resource in entries:
        if text(resource.get("resourceType")) == HEADER:
            known.setdefault(HEADER, resource)
        known[name_of(resource)] = resource
        if url:
            known[_VERSION.sub("", url)] = resource
    return [
        Node(resource, resource, known, base_of(url, resource))
        for url, resource in entries
        if text(resource.get("resourceType")) == kind
    ]


def name_of(resource: Resource) -> str:
    """The resource's relative reference, as "Patient/7"."""
    return f"{text(resource.get('resourceType'))}/{text(resource.get('id'))}"


def base_of(url: str, resource: Resource) -> str:
    """Under which address the server knows itself that gave the resource this full URL; empty where
    that tells none: it may be a UUID."""
    name, at = name_of(resource), _VERSION.sub("", url)
    return at.removesuffix(name) if at.endswith(f"/{name}") else ""


def references_in(value: object) -> Iterator[str]:
    """Every reference and address in a resource; "#..." is what it contains itself."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            names = (text(found[key]) for key in ("reference", "url") if key in found)
            yield from filter(None, names)
            waiting += [inner for inner in found.values() if isinstance(inner, dict | list)]
        elif isinstance(found, list):
            waiting += found


def reachable(node: Node) -> dict[str, Resource]:
    """The resource first, then all that came along and that its references lead to, by name."""
    found = {name_of(node.body): node.body}
    waiting = [node.body]
    while waiting:
        for reference in references_in(waiting.pop()):
            resource = node.named(reference)
            name = local_name(reference, node.base)
            if resource is not None and name not in found:
                found[name] = resource
                waiting.append(resource)
    return found
