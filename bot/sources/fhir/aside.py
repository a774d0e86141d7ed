"""Documents that come without a DiagnosticReport: what flags a report may stand in them, too.

What such a document is nobody says for sure, so that the coordinator is paged, and nobody else.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from bot.domain.report import ROUTINE, Flag
from bot.sources.dictation.macros import DICTATED
from bot.sources.fhir.bundles import bundled
from bot.sources.fhir.composition import OF_PATIENTS, codes_of
from bot.sources.fhir.numbers import Origin
from bot.sources.fhir.report import report_of
from bot.sources.fhir.shapes import COMPOSITION, Node, Resource, many, node_of, one, text, words

_KINDS = ("DocumentReference", COMPOSITION)
_NOT_STANDING = frozenset(("preliminary", "superseded", "entered-in-error"))
_OF_IMAGING = re.compile(r"radiolog|imaging|diagnostic", re.IGNORECASE)
_OTHERS = re.compile(
    r"note|summar|discharge|letter|consult|history|progress|labor|patholog|transfer|referral|nurs"
    r"|\bplan\b|brief|epikrise|entlass|verleg|verlauf|lettre|sortie|hospitalis|carta|\balta\b",
    re.IGNORECASE,
)
"""Documents of these kinds speak of results that others reported."""
_CODES = re.compile(r"RID4948\d")


def flagged(resource: Resource, origin: Origin, now: datetime) -> tuple[Flag, ...]:
    """Dictated macros and codes of RadLex and of the site's in the first document that has any."""
    for document in _documents(resource):
        if _stands(document.body) and not _is_other(document.body):
            found = report_of(_as_report(document), origin, now)
            every = (*found.flags, *(flag for one_ in found.addenda for flag in one_.flags))
            flags = tuple(filter(_counts, every))
            if flags and not found.processing_id:  # labelled as test data
                return flags
    return ()


def _documents(resource: Resource) -> Iterator[Node]:
    for kind in _KINDS:
        alone = text(resource.get("resourceType")) == kind
        yield from [node_of(resource)] if alone else bundled(resource, kind)


def _stands(body: Resource) -> bool:
    return _NOT_STANDING.isdisjoint(text(body.get(field)) for field in ("status", "docStatus"))


def _is_other(body: Resource) -> bool:
    kinds = (body.get("type"), *many(body.get("category")))
    if not OF_PATIENTS.isdisjoint(codes_of(list(filter(None, kinds)))):
        return True
    said = " ".join(map(words, kinds))
    return bool(_OTHERS.search(said)) and not _OF_IMAGING.search(said)


def _as_report(document: Node) -> Node:
    """Its attachments are the forms of a report; a Composition has sections."""
    body = document.body
    found = {
        "status": "final",
        "meta": body.get("meta"),
        "code": body.get("type"),
        "conclusion": body.get("description"),
        "conclusionCode": [*many(one(body.get("context")).get("event")), *many(body.get("event"))],
        "presentedForm": [one(each.get("attachment")) for each in many(body.get("content"))],
        "extension": body.get("extension"),
        "category": body.get("category"),
    }
    known = document.known
    if document.kind == COMPOSITION:
        known = {**known, COMPOSITION: body}
    return Node(found, document.root, known, document.base)


def _counts(flag: Flag) -> bool:
    if flag.category == ROUTINE:
        return False
    dictated = flag.system == DICTATED or _CODES.fullmatch(flag.value.upper()) is not None
    return dictated or bool(flag.category)
