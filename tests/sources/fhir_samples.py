"""FHIR resources as a hospital's server would hold them, to be changed by each test."""

import base64
import copy
import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.message import RawMessage, Reports
from bot.domain.report import Report
from bot.sources.fhir import reader as fhir
from bot.sources.fhir.numbers import Origin

Json = dict[str, Any]
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ACCESSIONS = "urn:oid:1.2.840.1.2"
ORIGIN = Origin("ehr", {ACCESSIONS: "RIS"}, ZoneInfo("America/Chicago"))
V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
RADLEX = "http://www.radlex.org"
TEXT = "FINDINGS: Filling defects in both main arteries.\nIMPRESSION: Acute pulmonary embolism."


def concept(code: str, system: str = "") -> Json:
    return {"coding": [{"system": system, "code": code}]}


def identifier(value: str, kind: str = "", system: str = ACCESSIONS) -> Json:
    typed = {"type": concept(kind, V2_0203)} if kind else {}
    return {"system": system, "value": value, **typed}


def form(data: str | bytes, kind: str = "text/plain") -> Json:
    raw = data.encode() if isinstance(data, str) else data
    return {"contentType": kind, "data": base64.b64encode(raw).decode()}


_RESOURCES: dict[str, Json] = {
    "report": {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "meta": {"versionId": "1", "lastUpdated": "2026-03-02T14:30:05Z"},
        "status": "final",
        "identifier": [identifier("A1000001", "ACSN")],
        "basedOn": [{"reference": "ServiceRequest/o1"}],
        "code": {"text": "CT angiogram chest"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-02T14:00:00Z",
        "issued": "2026-03-02T14:30:00Z",
        "resultsInterpreter": [{"reference": "Practitioner/d2"}],
        "conclusion": "Acute pulmonary embolism.",
        "conclusionCode": [concept("RID49480", RADLEX)],
        "presentedForm": [form(TEXT)],
    },
    "order": {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "requester": {"reference": "PractitionerRole/w1"},
    },
    "role": {
        "resourceType": "PractitionerRole",
        "id": "w1",
        "practitioner": {"reference": "Practitioner/d1"},
    },
    "doctor": {
        "resourceType": "Practitioner",
        "id": "d1",
        "identifier": [
            {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1245319599"},
        ],
        "name": [{"family": "Okafor", "given": ["Ada", "N"]}],
    },
    "radiologist": {
        "resourceType": "Practitioner",
        "id": "d2",
        "identifier": [identifier("77", system="urn:oid:9.9")],
        "name": [{"family": "Reader"}],
    },
    "patient": {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [identifier("MRN-1", "MR", "urn:oid:5.5")],
        "name": [{"family": "Doe", "given": ["Jane"]}],
        "birthDate": "1970-01-02",
        "gender": "female",
    },
}


def resource(name: str, **changes: Any) -> Json:
    """One of the samples; a change to None leaves the field out."""
    changed = copy.deepcopy(_RESOURCES[name]) | changes
    return {field: value for field, value in changed.items() if value is not None}


def others() -> list[Json]:
    """What the sample report refers to, directly and through the order."""
    return [resource(name) for name in _RESOURCES if name != "report"]


def bundle(*resources: Json) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in resources],
    }


def read(body: Any) -> RawMessage:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return fhir.read(data, origin=ORIGIN, now=NOW)


def report(*extra: Json, **changes: Any) -> Report:
    """The sample report with changes, with everything it refers to, as it is read."""
    reading = read(bundle(resource("report", **changes), *others(), *extra)).reading
    assert isinstance(reading, Reports), reading
    return reading.reports[0]


ISSUED = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
