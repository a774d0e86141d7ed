"""Which number names the report, and who issued it, so that HL7 v2 and FHIR agree on the alert.

The accession is an identifier of type ACSN (v2-0203) on the report, its ImagingStudy or its
ServiceRequest; else the filler order number, which is what HL7's OBR-3 carries and what an
untyped DiagnosticReport.identifier is by the v2 mapping; else the placer's. A report without any
is known by its place on its server; one that has no id either, by what it says.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from zoneinfo import ZoneInfo

from bot.domain.numbers import LONGEST
from bot.domain.profile import Rule
from bot.domain.report import Identifier, KeyKind, OrderNumber, Preliminary, ReportKey
from bot.sources.dicom import uid_in
from bot.sources.fhir.shapes import (
    Link,
    Node,
    Resource,
    codings,
    many,
    name_of,
    node_of,
    one,
    reachable,
    text,
)

_KINDS = {"ACSN": KeyKind.ACCESSION, "FILL": KeyKind.FILLER, "PLAC": KeyKind.PLACER}
_ORDERS = frozenset({"ServiceRequest", "ProcedureRequest"})
_IN_WORDS = (("ACSN", "ACSN"), ("ACCESSION", "ACSN"), ("FILL", "FILL"), ("PLAC", "PLAC"))
"""How the text of a type begins that has no code; any other says nothing of what the number is."""
_OF_ACCESSIONS = re.compile(r"(?<![a-z])(?:acsn|accession)", re.IGNORECASE)
"""In the system of an identifier that has no type: "http://sys-ids.example.org/acsn/100"."""
_UID = "urn:dicom:uid"
_PREFIXES = ("urn:oid:", "urn:uuid:", "urn:id:")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where resources come from. ``authorities`` maps an identifier's system to the name that
    the issuer has in HL7 v2; ``timezone`` is for times without a zone. ``machines`` are
    interpreters (id, AUTHORITY:ID, or name) that are no people, in upper case. ``preliminary`` is
    what a flagged report does before it is final, ``rules`` name the policy's own codes. Not from
    ``one_server`` (files of whoever puts them there) two resources may share an id."""

    name: str
    authorities: Mapping[str, str]
    timezone: ZoneInfo
    machines: frozenset[str] = frozenset()
    preliminary: Preliminary = Preliminary.IGNORE
    rules: tuple[Rule, ...] = ()
    one_server: bool = True


@dataclass(frozen=True, slots=True)
class Numbers:
    """``orders`` are the fillers' numbers where they are said to be that: many servers give each
    report a number of their own."""

    key: ReportKey
    accession: str
    filler: str
    placer: str
    every: tuple[OrderNumber, ...] = ()
    orders: tuple[str, ...] = ()


def numbers_of(report: Node, origin: Origin) -> Numbers:
    """The numbers of the report and its key."""
    found = list(_numbers(report))
    accession = _first(found, "ACSN", origin)
    filler = _first(found, "FILL", origin)
    placer = _first(found, "PLAC", origin)
    best = accession or filler
    at = text(report.body.get("id"))[:LONGEST]
    place = OrderNumber(KeyKind.PLACE, f"DiagnosticReport/{at}", origin.name)
    if best:
        key = ReportKey(best[0].authority, KeyKind.ACCESSION, best[0].value)
    elif placer:
        key = ReportKey(placer[0].authority, KeyKind.PLACER, placer[0].value)
    elif at:
        key = ReportKey(origin.name, KeyKind.FILLER, place.value)
    else:
        key = ReportKey(origin.name, KeyKind.MESSAGE, digest(report))
    others = [list(_of_request(link)) for link in _requests(report)]
    more = (_first(one, kind, origin) for one in others[1:] for kind in _KINDS)
    numbered = (*accession, *filler, *placer, *chain.from_iterable(more))
    every = (*numbered, place) if at and (origin.one_server or not numbered) else numbered
    orders = (_said_to_fill(one) for one in (found, *others[1:]))
    told = tuple(dict.fromkeys(filter(None, orders)))
    return Numbers(key, _value(accession or filler), _value(filler), _value(placer), every, told)


def digest(report: Node) -> str:
    """SHA-256 of the report and what it refers to, without what servers note in meta of each."""
    found = [
        {field: value for field, value in resource.items() if field != "meta"}
        for _, resource in sorted(reachable(report).items())
    ]
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def version_of(report: Resource) -> str:
    """Number and time together: some servers leave the number as it was, and one that was restored
    from a backup gives it out again. By what it says where neither is told."""
    meta = one(report.get("meta"))
    told = [told for field in ("versionId", "lastUpdated") if (told := text(meta.get(field)))]
    return "/".join((name_of(report), *(told or (digest(node_of(report)),))))


def study_uid(report: Node) -> str:
    """DICOM's Study Instance UID: of the ImagingStudy (before R4 in ``uid``), else among the
    identifiers of the report."""
    links = report.links("imagingStudy")
    stated = [{"system": _UID, "value": link.node.body.get("uid")} for link in links]
    studies = [identifier for link in links for identifier in _of(link)]
    found = (
        uid_in(text(identifier.get("value")))
        for identifier in (*stated, *studies, *many(report.body.get("identifier")))
        if not _is_number(identifier)
    )
    return next((uid for uid in found if uid), "")


def identifiers(body: Resource, origin: Origin) -> tuple[Identifier, ...]:
    """All of a resource's identifiers, under each name of their authorities."""
    return tuple(
        identifier for one_ in many(body.get("identifier")) for identifier in named(one_, origin)
    )


def named(identifier: Resource, origin: Origin) -> list[Identifier]:
    """The identifier under the mapped or plain name of its system, and under its assigner's."""
    value = text(identifier.get("value"))
    if not value or len(value) > LONGEST:
        return []
    kind = next((text(c.get("code")) for c in codings(identifier.get("type"))), "")
    authorities = [n for n in _authorities(identifier, origin) if 0 < len(n) <= LONGEST] or [""]
    return [Identifier(value, authority, kind) for authority in dict.fromkeys(authorities)]


def _authorities(identifier: Resource, origin: Origin) -> tuple[str, str]:
    system = text(identifier.get("system"))
    assigner = one(identifier.get("assigner"))
    by = text(one(assigner.get("identifier")).get("value")) or text(assigner.get("display"))
    return origin.authorities.get(system) or _plain(system), by


def _plain(system: str) -> str:
    """An OID stands alone in HL7 v2."""
    for prefix in _PREFIXES:
        if system.lower().startswith(prefix):
            return system[len(prefix) :]
    return system


def _first(found: list[tuple[str, Resource]], kind: str, origin: Origin) -> tuple[OrderNumber, ...]:
    """The first of this kind, under each name of its authority; without any it is the server's."""
    for sort, identifier in found:
        if sort == kind and (names := named(identifier, origin)):
            return tuple(
                OrderNumber(_KINDS[kind], name.value, name.authority or origin.name,
                            stated=bool(name.authority))
                for name in names
            )  # fmt: skip
    return ()


def _value(numbers: tuple[OrderNumber, ...]) -> str:
    return numbers[0].value if numbers else ""


def _numbers(report: Node) -> Iterator[tuple[str, Resource]]:
    """Each identifier with what it is, the best of each kind first."""
    requests, studies = based_on(report), report.links("imagingStudy")
    for link in (*studies, *requests):
        yield from _typed(_of(link), "ACSN")
        yield from (("ACSN", i) for i in many(link.node.body.get("accession")))  # before R4
    yield from _typed(many(report.body.get("identifier")), "ACSN", "FILL", "PLAC")
    for link in requests:
        yield from _typed(_of(link), "FILL", "PLAC")
    untyped = [i for i in many(report.body.get("identifier")) if not _kinds(i)]
    yield from (("FILL", i) for i in sorted(untyped, key=_names_a_document))
    for link in studies:
        yield from (("ACSN", i) for i in _of(link) if not _kinds(i) and _is_number(i))
    for link in requests:
        yield from (("PLAC", i) for i in _of(link) if not _kinds(i))


def _requests(report: Node) -> list[Link]:
    """The orders that it is for, where these are several; what else it is based on, as a plan of
    care, is none."""
    return [link for link in based_on(report) if link.kind in _ORDERS]


def based_on(report: Node) -> list[Link]:
    """Where it names no order, those of its ImagingStudy, which is where its orderer is found."""
    studies = report.nodes("imagingStudy")
    return report.links("basedOn") or [one for study in studies for one in study.links("basedOn")]


def _of_request(link: Link) -> Iterator[tuple[str, Resource]]:
    yield from _typed(_of(link), *_KINDS)


def _said_to_fill(found: list[tuple[str, Resource]]) -> str:
    return next((text(i.get("value")) for kind, i in found if kind in _kinds(i) & {"FILL"}), "")


def _of(link: Link) -> list[Resource]:
    """The identifiers of what is referred to, and those of a reference by identifier alone."""
    return many(link.node.body.get("identifier")) + link.identifiers


def _typed(found: list[Resource], *wanted: str) -> Iterator[tuple[str, Resource]]:
    for identifier in found:
        yield from ((kind, identifier) for kind in wanted if kind in _kinds(identifier))


def _kinds(identifier: Resource) -> set[str]:
    """By the code of its type, else by its words ("FILL", "Accession number"), else its system."""
    kind = identifier.get("type")
    told = {text(coding.get("code")).upper() for coding in codings(kind)} - {""}
    words = text(one(kind).get("text")).upper()
    if told or words:
        return told or {code for begins, code in _IN_WORDS if words.startswith(begins)}
    return {"ACSN"} if _OF_ACCESSIONS.search(text(identifier.get("system"))) else set()


def _names_a_document(identifier: Resource) -> bool:
    """A document's UUID, or the UID of the DICOM object that it was made from: unique as well, and
    no order's number."""
    return not _is_number(identifier) or text(identifier.get("value")).startswith("urn:")


def _is_number(identifier: Resource) -> bool:
    """Not a Study Instance UID, which ImagingStudy.identifier carries beside the accession."""
    value = text(identifier.get("value"))
    return text(identifier.get("system")) != _UID and not value.startswith("urn:oid:")
