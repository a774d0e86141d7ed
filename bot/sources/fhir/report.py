"""From a DiagnosticReport and what came along with it to the report (R4, DiagnosticReport)."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from bot.domain.numbers import bare
from bot.domain.report import Report, Status
from bot.domain.window import FUTURE_TOLERANCE, believed
from bot.sources.dicom import modality_in
from bot.sources.dictation.breast import is_of_breast
from bot.sources.dictation.called import called
from bot.sources.dictation.narrative import Narrative
from bot.sources.documents import NO_TEXT, TOO_SLOW, Documents
from bot.sources.fhir.flags import flags, results
from bot.sources.fhir.narrative import told_by
from bot.sources.fhir.numbers import Origin, numbers_of, study_uid
from bot.sources.fhir.people import (
    attending,
    by_machine,
    location,
    ordering,
    patient,
    patient_class,
    radiologist,
)
from bot.sources.fhir.shapes import NOTHING, Link, Node, Resource, codings, many, one, text, words
from bot.sources.fhir.text import forms_of
from bot.sources.moments import moment
from bot.sources.refused import BadReport

# diagnostic-report-status; "modified" is R5's. "unknown" is in none of these on purpose: neither
# to page nor to be silent can be derived from it. Letters alone, as libraries have other spellings
# (ENTERED_IN_ERROR).
_STATUS = {
    **dict.fromkeys(("registered", "partial", "preliminary"), Status.PRELIMINARY),
    "final": Status.FINAL,
    "appended": Status.ADDENDED,
    **dict.fromkeys(("amended", "corrected", "modified"), Status.CORRECTED),
    **dict.fromkeys(("cancelled", "canceled", "enteredinerror"), Status.WITHDRAWN),
}
# What HL7 v2 says in MSH-11: test data are labelled in meta.security, or as HL7's own examples are.
_TEST_DATA = frozenset({"HTEST"})


def report_of(found: Node, origin: Origin, now: datetime, processing_id: str = "") -> Report:
    """The report. Raises BadReport where its status is missing or unknown."""
    body = found.body
    stands = _status(body.get("status"))
    numbers = numbers_of(found, origin)
    when = _times(found, stands, origin, now)
    observed = results(found)
    documents, forms = Documents(), forms_of(found, observed)
    exam, modality = words(body.get("code")), _modality(found)
    breast = is_of_breast(modality, exam)
    told = told_by(found, observed, documents, breast=breast)
    encounter = next(
        iter(found.nodes("encounter")), Node(NOTHING, NOTHING, found.known, found.base)
    )
    subject = next(iter(found.links("subject")), Link(NOTHING, Node(NOTHING, NOTHING, {})))
    meta = one(body.get("meta"))
    report = Report(
        key=numbers.key,
        status=stands,
        status_at=when.status_at,
        finalized_at=when.finalized_at,
        discovered_at=None,
        content_hash="",
        exam=exam,
        modality=modality,
        text=told.text,
        impression=told.impression,
        addenda=told.addenda,
        flags=tuple(
            dict.fromkeys((*flags(found, observed, origin.rules, breast=breast), *told.flags))
        ),
        patient=patient(subject, origin),
        ordering=ordering(found, origin),
        attending=attending(encounter, origin),
        copies_to=(),
        radiologist=radiologist(found, origin),
        accession=numbers.accession,
        filler=numbers.filler,
        placer=numbers.placer,
        processing_id="T" if _is_test(meta) else processing_id,
        sender=origin.name,
        control_id=control_id(found),
        patient_class=patient_class(encounter),
        location=location(encounter),
        time_notes=when.notes,
        study_uid=study_uid(found),
        called=called(told)[0],
        machine=by_machine(found, origin),
        sent_at=when.sent_at,
        resource=place(found, origin),
        numbers=numbers.every,
        if_preliminary=origin.preliminary,
        order=" ".join(map(bare, numbers.orders)),
        unread=_unread(forms, told, documents),
        figures=told.figures and not forms,
    )
    return replace(report, content_hash=_content_hash(report))


def place(found: Node, origin: Origin) -> str:
    """Which resource of which server it is; empty where it has no id."""
    number = text(found.body.get("id"))
    return f"{origin.name}/{number}" if number else ""


def control_id(found: Node) -> str:
    """The resource's id and version: what one message of it is."""
    version = text(one(found.body.get("meta")).get("versionId"))
    return f"{text(found.body.get('id'))}/{version}"


def _unread(forms: list[Resource], told: Narrative, documents: Documents) -> str:
    """Why a form of it could not be read, if there is one; a picture beside the words is none."""
    if documents.too_slow:
        return TOO_SLOW
    silent = not (told.text or told.addenda)
    return NO_TEXT if silent and forms else ""


def _status(value: object) -> Status:
    status = _STATUS.get("".join(filter(str.isalpha, text(value).lower())))
    if status is None:
        detail = "The status is missing or unknown: send a code of diagnostic-report-status"
        code = "103" if text(value) else "101"
        raise BadReport("unknown-status", detail, code, "DiagnosticReport.status")
    return status


def _is_test(meta: Resource) -> bool:
    labels = (*many(meta.get("security")), *many(meta.get("tag")))
    return any(text(label.get("code")).upper() in _TEST_DATA for label in labels)


def _content_hash(report: Report) -> str:
    """SHA-256 of all that the report says; not of the resource's version on its server."""
    bare = replace(report, control_id="", sender="", resource="", time_notes=())
    said = asdict(replace(bare, status_at=None, sent_at=None))
    del said["numbers"]  # its numbers stand by their kinds above
    del said["if_preliminary"]  # the site's, not the report's
    del said["order"]
    del said["figures"]
    if not report.unread:
        del said["unread"]
    content = json.dumps(said, default=str, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _modality(found: Node) -> str:
    studies = [study.body for study in found.nodes("imagingStudy")]
    stated = [
        text(coding.get("code"))
        for study in studies
        for part in (study, *many(study.get("series")))
        for field in ("modality", "modalityList")  # the second is STU3's
        for coding in (*many(part.get(field)), *codings(part.get(field)))
    ]
    stated += [text(coding.get("code")) for coding in codings(found.body.get("category"))]
    return modality_in(stated, words(found.body.get("code")))


# ---- times ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Times:
    status_at: datetime | None
    sent_at: datetime | None
    finalized_at: datetime | None
    notes: tuple[str, ...]


def _times(found: Node, stands: Status, origin: Origin, now: datetime) -> _Times:
    """``issued`` is when this version was made available; effective[x], the exam's time, never.

    Many servers leave it as it was when they correct or withdraw a report: then the later of it
    and meta.lastUpdated orders the versions. A time of days ahead orders nothing.
    """
    zone, latest = origin.timezone, now + FUTURE_TOLERANCE
    issued = moment(text(found.body.get("issued")), zone, latest)
    updated = moment(text(one(found.body.get("meta")).get("lastUpdated")), zone, latest)
    notes = [f"issued {issued.note}"] if issued.note else []
    told = [believed(moment.at, now) for moment in (issued, updated)]
    usable = [at for at in told if at]
    if issued.at and issued.at > latest:
        notes.append("issued lies in the future")
    later = max(usable, default=None)
    status_at = later if stands > Status.FINAL else next(iter(usable), None)
    finalized = issued.at if Status.FINAL <= stands <= Status.CORRECTED else None
    return _Times(status_at, told[1], finalized, tuple(notes))
