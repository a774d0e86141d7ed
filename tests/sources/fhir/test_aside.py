"""A report that comes as a document, without a DiagnosticReport, and is flagged."""

import asyncio

import pytest

from bot.domain.message import Reports, SetAside, Unusable
from tests.sources.fhir_door import door
from tests.sources.fhir_samples import RADLEX, Json, bundle, concept, form, others, read, resource
from tests.sources.fhir_server import Reading, stocked

CRITICAL = "IMPRESSION:\nCRITICAL RESULT: Subdural hematoma."


def document(said: str = CRITICAL, **changes: object) -> Json:
    return {
        "resourceType": "DocumentReference",
        "id": "f1",
        "status": "current",
        "type": {"text": "CT head report"},
        "content": [{"attachment": form(said)}],
        **changes,
    }


def composition(said: str = CRITICAL, **changes: object) -> Json:
    div = f"<div><p>{said.splitlines()[-1]}</p></div>"
    return {
        "resourceType": "Composition",
        "id": "k1",
        "status": "final",
        "type": concept("18748-4"),
        "section": [{"title": "Impression", "text": {"div": div}}],
        **changes,
    }


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (document(), "flagged-fhir-document-reference"),
        (document("Clear.", description="ACR category 1"), "flagged-fhir-document-reference"),
        (
            document("Clear.", context={"event": [concept("RID49480", RADLEX)]}),
            "flagged-fhir-document-reference",
        ),
        (composition(), "flagged-fhir-composition"),
        (bundle(composition(), *others()), "flagged-fhir-bundle"),
        (bundle(*others(), document("Clear."), document()), "flagged-fhir-bundle"),
    ],
)
def test_a_document_that_is_flagged_is_not_set_aside(body: Json, reason: str) -> None:
    reading = read(body).reading
    assert isinstance(reading, Unusable)
    assert (reading.reason, bool(reading.flags)) == (reason, True)


@pytest.mark.parametrize(
    "body",
    [
        document("IMPRESSION: No critical result."),
        document(type={"text": "Discharge summary"}),
        document(type={"text": "Laborbefund"}),
        document(type={"text": "Lettre de liaison"}),
        document(type={"text": ""}, category=[concept("x"), {"text": "Progress note"}]),
        document(type=concept("18842-5")),
        document(status="superseded"),
        document(docStatus="preliminary"),
        document(meta={"security": [{"code": "HTEST"}]}),
        composition(status="entered-in-error"),
        composition(type=concept("18842-5")),
        {"resourceType": "Observation", "id": "b1", "valueString": CRITICAL},
    ],
)
def test_a_document_that_says_nothing_or_speaks_of_others_results_is_set_aside(body: Json) -> None:
    assert isinstance(read(body).reading, SetAside)


def test_a_radiology_note_is_a_report() -> None:
    assert isinstance(read(document(type={"text": "Radiology note"})).reading, Unusable)


def test_a_flagged_document_pages_the_coordinator_once(reading: Reading) -> None:
    async def run() -> list[int]:
        async with door(reading, stocked()) as hook:
            return [await hook.send("POST", "", document()) for _ in range(2)]

    assert asyncio.run(run()) == [200, 200]
    assert [row.category for row in reading.alerts()] == ["critical"]


def test_a_flagged_document_beside_a_report_without_a_word_is_not_overlooked() -> None:
    silent = {"presentedForm": None, "conclusion": None, "conclusionCode": None}
    reading = read(bundle(resource("report", **silent), document(), *others())).reading
    assert isinstance(reading, Reports)
    assert [(one.reason, one.used) for one in reading.left] == [("flagged-fhir-bundle", False)]
    whole = read(bundle(resource("report"), document(), *others())).reading
    assert isinstance(whole, Reports)
    assert whole.left == ()
