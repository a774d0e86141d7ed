"""Which element each part of a FHIR report was read from: for people who set up an interface.

As hl7.places: the reader's choices are made again for the few resources that somebody looks at.
"""

from collections.abc import Iterable, Iterator

from bot.domain.report import KeyKind, Report
from bot.sources.documents import Documents
from bot.sources.fhir.bundles import bundled
from bot.sources.fhir.flags import results
from bot.sources.fhir.narrative import NARRATIVE, concludes, formed, narrated_in
from bot.sources.fhir.numbers import based_on
from bot.sources.fhir.reader import REPORT
from bot.sources.fhir.shapes import Link, Node, Resource, many, node_of, parse, text
from bot.sources.fhir.text import conclusion_of
from bot.sources.moments import instant
from bot.sources.positions import Heading, Places
from bot.sources.refused import BadReport

_CHARSET = "utf-8"
_CONTENT = "content"
"""Where a report has neither a number nor an id."""


def heading(data: bytes) -> Heading:
    """Of any bytes: the type of the resource, empty where that cannot be made out."""
    try:
        return Heading(text(parse(data).get("resourceType")), _CHARSET, "")
    except BadReport:
        return Heading("", "", "")


def read_from(data: bytes, reports: Iterable[Report]) -> tuple[Places, ...]:
    """For each report of a message that was read, where its parts stood. Only what is there."""
    resource = parse(data)
    alone = text(resource.get("resourceType")) == REPORT
    nodes = [node_of(resource)] if alone else bundled(resource, REPORT)
    return tuple(dict(_places(node, report)) for node, report in zip(nodes, reports, strict=True))


def _places(node: Node, report: Report) -> Iterator[tuple[str, str]]:
    number = _of_key(node, report)
    yield "key.value", number
    if report.key.authority:
        system = number not in {"id", _CONTENT}
        yield "key.authority", f"{number}.system" if system else "the server's name"
    found = (
        ("accession", report.accession, _of_number(node, report.accession)),
        ("filler", report.filler, _of_number(node, report.filler)),
        ("placer", report.placer, _of_number(node, report.placer)),
        ("status", "status", "status"),
        ("status_at", report.status_at, _of_time(node, report)),
        ("finalized_at", report.finalized_at, "issued"),
        ("sent_at", report.sent_at, "meta.lastUpdated"),
        ("exam", report.exam, "code"),
        ("modality", report.modality, _of_modality(node)),
        ("patient.identifiers", report.patient.identifiers, "Patient.identifier"),
        ("patient.name", report.patient.name, "Patient.name"),
        ("patient.birth_date", report.patient.birth_date, "Patient.birthDate"),
        ("patient.sex", report.patient.sex, "Patient.gender"),
        ("patient_class", report.patient_class, "Encounter.class"),
        ("location", report.location, "Encounter.location"),
        ("ordering", report.ordering, _of_orderer(node)),
        ("attending", report.attending, "Encounter.participant"),
        ("radiologist", report.radiologist, _of_radiologist(node)),
        ("text", report.text, _of_text(node)),
        ("impression", report.impression, _of_impression(node, report)),
        ("addenda", report.addenda, _of_text(node)),
    )
    yield from ((name, place) for name, value, place in found if value)


def _of_key(node: Node, report: Report) -> str:
    by_content = report.key.kind is KeyKind.MESSAGE
    return _CONTENT if by_content else _of_number(node, report.key.value)


def _of_number(node: Node, number: str) -> str:
    """The identifier that has this number; the best kind of place first."""
    there = (
        ("identifier", many(node.body.get("identifier"))),
        ("ImagingStudy.identifier", _behind(node.links("imagingStudy"))),
        ("ServiceRequest.identifier", _behind(based_on(node))),
    )
    for place, identifiers in there:
        if any(text(identifier.get("value")) == number for identifier in identifiers):
            return place
    return "id"


def _behind(links: list[Link]) -> list[Resource]:
    bodies = [link.node.body for link in links]
    stated = [one for body in bodies for one in many(body.get("identifier"))]
    before_r4 = [one for body in bodies for one in many(body.get("accession"))]
    return [*stated, *before_r4, *(one for link in links for one in link.identifiers)]


def _of_time(node: Node, report: Report) -> str:
    issued = instant(text(node.body.get("issued")))
    return "issued" if issued == report.status_at else "meta.lastUpdated"


def _of_modality(node: Node) -> str:
    return "ImagingStudy.modality" if node.nodes("imagingStudy") else "category, code"


def _of_orderer(node: Node) -> str:
    studies = node.nodes("imagingStudy")
    orders = [order for one in (node, *studies) for order in one.nodes("basedOn")]
    asked = any(order.links("requester") for order in orders)
    return "ServiceRequest.requester" if asked or not studies else "ImagingStudy.referrer"


def _of_radiologist(node: Node) -> str:
    return "resultsInterpreter" if node.links("resultsInterpreter") else "performer"


def _of_text(node: Node) -> str:
    observed = results(node)
    told, place, _ = formed(node, observed, Documents())
    if told:
        return place
    if narrated_in(node, observed, conclusion_of(node.body)):
        return NARRATIVE
    if node.nodes("result"):
        return "Observation.value"
    return "conclusion" if conclusion_of(node.body) else NARRATIVE


def _of_impression(node: Node, report: Report) -> str:
    concluded = report.impression == concludes(conclusion_of(node.body))
    return "conclusion" if concluded else _of_text(node)
