"""What a FHIR report refers to and nobody can read: it is used, and a person hears of it."""

import asyncio

import pytest

from bot.domain.message import Reports
from bot.sources import documents
from bot.sources.fhir import references
from storage import quarantine
from tests.sources.fhir_door import door
from tests.sources.fhir_polls import known_orderer, orderer, poll
from tests.sources.fhir_samples import Json, bundle, concept, form, others, read, report, resource
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving, stocked
from tests.sources.pdf_samples import endless_pdf

RESULT = [{"reference": "Observation/o9"}]
OBSERVATION: Json = {
    "resourceType": "Observation",
    "id": "o9",
    "status": "final",
    "valueString": "Acute pulmonary embolism.",
    "interpretation": [concept("AA")],
}


def left(*along: Json, **changes: object) -> list[str]:
    """The reasons that wait for a person beside the one report that is used."""
    reading = read(bundle(resource("report", **changes), *others(), *along)).reading
    assert isinstance(reading, Reports), reading
    assert len(reading.reports) == 1
    return [one.reason for one in reading.left]


def test_a_result_that_did_not_come_along_waits_for_a_person() -> None:
    assert left(result=RESULT) == ["unread-results"]
    assert left(OBSERVATION, result=RESULT) == []
    member = {**OBSERVATION, "hasMember": [{"reference": "Observation/elsewhere"}]}
    assert left(member, result=RESULT) == ["unread-results"]
    assert left(result=RESULT, status="entered-in-error") == []


def test_a_text_that_cannot_be_read_waits_for_a_person_where_there_is_no_other() -> None:
    picture = [form(b"\x89PNG", "image/png")]
    assert left(presentedForm=picture, conclusion=None) == ["unread-text"]
    assert left(presentedForm=picture) == []


def test_a_form_that_takes_too_long_to_read_waits_for_a_person_whatever_else_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 0.5)
    slow = [form(endless_pdf("fhir"), "application/pdf")]
    assert left(presentedForm=slow) == ["too-slow-to-read"]
    found = report(presentedForm=slow)
    assert (found.unread, found.impression) == ("too-slow-to-read", "Acute pulmonary embolism.")


def test_of_a_bundle_the_reports_that_can_be_used_are() -> None:
    bad = resource("report", id="r2", status="?")
    reading = read(bundle(resource("report"), bad, *others())).reading
    assert isinstance(reading, Reports)
    assert len(reading.reports) == 1
    (other,) = reading.left
    assert (other.reason, other.resource) == ("unknown-status", "ehr/r2")
    assert [flag.value for flag in other.flags] == ["RID49480"]


def waiting(reading: Reading) -> list[str]:
    found = reading.engine.database.look(quarantine.listing)
    return [entry.unusable.reason for entry in found]


def polled(reading: Reading, server: FhirServer) -> None:
    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            await poller.poll()
            await poller.poll()

    asyncio.run(run())


def test_a_report_whose_results_are_refused_pages_for_what_can_be_read(reading: Reading) -> None:
    server = stocked(includes=False, faults=[("Observation/o9", Fault(403))] * 2)
    server.put(resource("report", result=RESULT), OBSERVATION)
    polled(reading, server)
    assert [alert.category for alert in reading.alerts()] == ["critical"]
    assert waiting(reading) == ["unread-results"]


def test_results_that_can_be_read_a_moment_later_wait_for_nobody(reading: Reading) -> None:
    server = stocked(includes=False)
    server.put(resource("report", result=RESULT, conclusionCode=None), OBSERVATION)
    server.faults.append(("Observation/o9", Fault(503)))
    polled(reading, server)
    assert [alert.category for alert in reading.alerts()] == ["critical"]
    assert waiting(reading) == []


@pytest.mark.parametrize("written", ["Observation/o9", "ServiceRequest/o1"])
def test_what_is_written_to_the_server_behind_the_report_is_read_when_it_is_there(
    reading: Reading, written: str
) -> None:
    """A poll came between the two: the flag was never read, or nobody known to have ordered."""
    server = known_orderer(stocked(includes=False))
    server.put(resource("report", result=RESULT, conclusionCode=None), OBSERVATION)
    server.faults.append((written, Fault(404)))
    polled(reading, server)
    assert [alert.category for alert in reading.alerts()] == ["critical"]
    assert orderer(reading)
    assert waiting(reading) == []


def test_what_was_never_there_is_waited_for_by_few_polls(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "_FOLLOWS_WITHIN", 0.0)
    server = stocked()
    server.put(resource("report", result=RESULT))
    assert poll(reading, server, 2) == [1, 0]
    assert waiting(reading) == ["unread-results"]


@pytest.mark.parametrize("kind", ["collection", "message"])
def test_what_a_bundle_names_by_uuid_is_found(reading: Reading, kind: str) -> None:
    def named(one: Json, number: int) -> Json:
        return {"fullUrl": f"urn:uuid:0000-{number}", "resource": {**one, "id": None}}

    doctor = resource("doctor")
    order = resource("order", requester={"reference": "urn:uuid:0000-2"})
    told = resource(
        "report",
        basedOn=[{"reference": "urn:uuid:0000-1"}],
        result=[{"reference": "urn:uuid:0000-3"}],
        conclusionCode=None,
    )
    entries = [named(one, number) for number, one in enumerate((told, order, doctor, OBSERVATION))]

    async def run() -> int:
        async with door(reading, FhirServer()) as hook:
            body = {"resourceType": "Bundle", "type": kind, "entry": entries}
            return await hook.send("POST", "", body)

    assert asyncio.run(run()) == 200
    assert [alert.category for alert in reading.alerts()] == ["critical"]
    assert waiting(reading) == []
