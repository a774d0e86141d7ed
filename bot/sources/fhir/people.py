"""Who and where: clinicians behind references, the patient, the visit."""

from dataclasses import replace

from bot.domain.report import Identifier, Patient, Provider
from bot.sources.fhir.numbers import Origin, identifiers, named
from bot.sources.fhir.shapes import Link, Node, Resource, codings, many, one, text
from bot.sources.machines import is_listed

_PERSONS = frozenset({"Practitioner", "PractitionerRole"})
_TEAMS = frozenset({"Organization", "CareTeam"})
_DEEPEST = 3
_SEX = {"male": "M", "female": "F", "other": "O", "unknown": "U"}
# v3-ActCode to table 0004, as HL7 v2 has it in PV1-2.
_CLASS = {
    "IMP": "I",
    "ACUTE": "I",
    "NONAC": "I",
    "AMB": "O",
    "EMER": "E",
    "OBSENC": "O",
    "PRENC": "P",
}


def providers(links: list[Link], origin: Origin) -> tuple[Provider, ...]:
    """The people among those referred to; organizations, devices and patients are none."""
    found = (provider(link, origin) for link in links)
    return tuple(dict.fromkeys(someone for someone in found if someone))


def provider(link: Link, origin: Origin) -> Provider | None:
    """The clinician behind a reference, with the identifiers of role and person.

    The resource's own place on its server is one identifier more ("Practitioner/7" by the
    server's name): it is all there is where the server lets nobody read it.
    """
    if link.kind and link.kind not in _PERSONS:
        return None
    body = link.node.body
    own = tuple(i for one_ in link.identifiers for i in named(one_, origin))
    found = (*own, *identifiers(body, origin), *_place(link, origin))
    name = human_name(body) or text(link.reference.get("display"))
    if link.node.kind == "PractitionerRole":
        for person in link.node.links("practitioner")[:1]:
            behind = _person(person, origin)
            found, name = (*behind.identifiers, *found), behind.name or name
    return Provider(tuple(dict.fromkeys(found)), name) if found or name else None


def _person(link: Link, origin: Origin) -> Provider:
    own = tuple(i for one_ in link.identifiers for i in named(one_, origin))
    found = (*own, *identifiers(link.node.body, origin), *_place(link, origin))
    return Provider(found, human_name(link.node.body) or text(link.reference.get("display")))


def _place(link: Link, origin: Origin) -> tuple[Identifier, ...]:
    name = text(link.reference.get("reference")).split("/_history/", 1)[0].split("/")
    if len(name) < len(("Practitioner", "7")) or name[-2] not in _PERSONS:
        return ()
    return (Identifier("/".join(name[-2:]), origin.name),)


def human_name(body: Resource) -> str:
    """Family name, given names: the official name, else the first that is not an old one."""
    names = [name for name in many(body.get("name")) if text(name.get("use")) != "old"]
    chosen = next((n for n in names if text(n.get("use")) in {"official", "usual"}), one(names))
    first, last = _joined(chosen.get("given")), _joined(chosen.get("family"))
    return (f"{last}, {first}" if last and first else last or first) or text(chosen.get("text"))


def _joined(names: object) -> str:
    """Given names; in DSTU2 there may be several family names, too."""
    return " ".join(filter(None, map(text, names if isinstance(names, list) else [names])))


def patient(link: Link, origin: Origin) -> Patient:
    """The subject of the report, as far as it is a person."""
    body = link.node.body
    own = tuple(i for one_ in link.identifiers for i in named(one_, origin))
    gender = text(body.get("gender"))
    return Patient(
        identifiers=tuple(dict.fromkeys((*own, *identifiers(body, origin)))),
        name=human_name(body) or text(link.reference.get("display")),
        birth_date=text(body.get("birthDate")),
        sex=_SEX.get(gender.lower(), gender),
    )


def ordering(report: Node, origin: Origin) -> tuple[Provider, ...]:
    """Who asked: the requester of each order the report is based on, or where it names none, of
    those that its ImagingStudy is, else the study's referrer (R4, 10.1)."""
    studies = report.nodes("imagingStudy")
    asked = _requesters([report], origin) or _requesters(studies, origin)
    referrers = [link for study in studies for link in study.links("referrer")]
    return asked or providers(referrers, origin)


def _requesters(based: list[Node], origin: Origin, deeper: int = _DEEPEST) -> tuple[Provider, ...]:
    """Those of their orders; one that names nobody is a department's own, based on theirs."""
    reached = (order for one_ in based for order in one_.nodes("basedOn"))
    # Each once: orders that are based on one another would be gone through a million times.
    orders = list({id(order.body): order for order in reached}.values())
    asked = [link for order in orders for link in order.links("requester")]
    unsaid = [order for order in orders if not order.links("requester")]
    further = _requesters(unsaid, origin, deeper - 1) if unsaid and deeper else ()
    return tuple(dict.fromkeys((*providers(asked, origin), *further)))


def radiologist(report: Node, origin: Origin) -> Provider | None:
    """Who interpreted: resultsInterpreter, else a performer who is a person."""
    read_by = providers(report.links("resultsInterpreter"), origin)
    return next(iter(read_by or providers(report.links("performer"), origin)), None)


def by_machine(report: Node, origin: Origin) -> bool:
    """Whether whoever interpreted is a device, or on the site's list of machines, all of them."""
    read_by = report.links("resultsInterpreter") or report.links("performer")
    told = [link for link in read_by if link.kind not in _TEAMS]
    return bool(told) and all(_is_machine(link, origin) for link in told)


def _is_machine(link: Link, origin: Origin) -> bool:
    who = provider(link, origin)
    return link.kind == "Device" or (who is not None and is_listed(who, origin.machines))


def attending(encounter: Node, origin: Origin) -> tuple[Provider, ...]:
    """The participants of type ATND."""
    found = [
        link
        for participant in many(encounter.body.get("participant"))
        if any(text(c.get("code")) == "ATND" for c in codings(participant.get("type")))
        for link in Node(participant, encounter.root, encounter.known, encounter.base).links(
            "individual"
        )
    ]
    return providers(found, origin)


def patient_class(encounter: Node) -> str:
    """Encounter.class as PV1-2 would say it; a code of another system stays as it is."""
    found = one(encounter.body.get("class"))
    code = text(found.get("code")) or next((text(c.get("code")) for c in codings(found)), "")
    return _CLASS.get(code.upper(), code)


def location(encounter: Node) -> str:
    """Where the patient is: the last location that was not left, by its display, else its name."""
    stays = many(encounter.body.get("location"))
    here = [stay for stay in stays if text(stay.get("status")) not in {"completed", "planned"}]
    found = [link for stay in here[-1:] for link in replace(encounter, body=stay).links("location")]
    told = (
        text(link.reference.get("display")) or text(link.node.body.get("name")) for link in found
    )
    return next(told, "")
