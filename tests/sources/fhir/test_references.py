"""What a report on a FHIR server refers to: found, read once, and never fetched elsewhere."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from storage import tables
from tests.sources.fhir_polls import known_orderer, many, orderer, poll
from tests.sources.fhir_samples import TEXT, form, resource
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving, stocked
from tests.written import Written, writing


@pytest.mark.parametrize("about", [{}, {"includes": False}, {"refuses_includes": True}])
def test_the_orderer_is_found_whatever_the_server_includes(
    reading: Reading, about: dict[str, bool]
) -> None:
    server = known_orderer(stocked(**about))

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            await poller._round()
            assert poller.state == "ok"

    asyncio.run(run())
    assert orderer(reading)
    assert bool(server.reads()) == bool(about)


@pytest.mark.parametrize("names_order", [False, True])
def test_whoever_asked_for_the_study_is_looked_up_where_the_report_names_no_order(
    reading: Reading, names_order: bool
) -> None:
    server = known_orderer(stocked(includes=False))
    link = [{"reference": "ServiceRequest/o1"}]
    referrer = {"reference": "Practitioner/d9"}
    server.put({"resourceType": "ImagingStudy", "id": "s1", "basedOn": link, "referrer": referrer})
    study = [{"reference": "ImagingStudy/s1"}]
    server.put(resource("report", basedOn=link if names_order else None, imagingStudy=study))
    assert poll(reading, server) == [1]
    assert orderer(reading)
    assert ("Practitioner/d9" in server.reads()) != names_order


@pytest.mark.parametrize("includes", [False, True])
def test_absolute_references_of_a_server_behind_a_proxy_are_its_own(
    reading: Reading, includes: bool
) -> None:
    inside = "https://inside.example.org:8443/fhir/"
    server = known_orderer(stocked(includes=includes, known_as=inside))
    based_on = [{"reference": f"{inside}ServiceRequest/o1"}]
    server.put(resource("report", basedOn=based_on))
    server.put(resource("order", requester={"reference": f"{inside}PractitionerRole/w1"}))
    assert poll(reading, server) == [1]
    assert orderer(reading)


@pytest.mark.parametrize("includes", [False, True])
def test_so_are_those_to_the_address_by_which_we_know_it(reading: Reading, includes: bool) -> None:
    """As a gateway writes them: nobody was known to have ordered, and no text was read."""
    server = known_orderer(stocked(includes=includes, known_as="https://inside.example.org/fhir/"))
    server.files["Binary/1"] = ("text/plain", TEXT.encode())

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            based_on = [{"reference": f"{server.base}ServiceRequest/o1"}]
            forms = [{"contentType": "text/plain", "url": f"{server.base}Binary/1"}]
            about = {"presentedForm": forms, "conclusion": None}
            server.put(resource("report", basedOn=based_on, **about))
            role = {"reference": f"{server.base}PractitionerRole/w1"}
            server.put(resource("order", requester=role))
            await poller.poll()

    asyncio.run(run())
    assert orderer(reading)
    assert [reason for _, _, reason in reading.messages()] == [""]


@pytest.mark.parametrize("told", ["urn:uuid:0c3201bd-1cbf-4d64-b04d-cd9187a4c6e0", "{}/_history/1"])
def test_absolute_references_are_the_servers_own_however_it_names_its_entries(
    reading: Reading, told: str
) -> None:
    server = known_orderer(stocked(includes=False))

    def name(page: bytes) -> bytes:
        found = json.loads(page)
        for entry in found["entry"]:
            entry["fullUrl"] = told.format(entry["fullUrl"])
            entry["resource"]["basedOn"] = [{"reference": f"{server.base}ServiceRequest/o1"}]
        return json.dumps(found).encode()

    server.spoils = name
    assert poll(reading, server) == [1]
    assert orderer(reading)


@pytest.mark.parametrize("kind", ["text/plain", "APPLICATION/FHIR+JSON", "application/x-fhir"])
def test_what_a_server_calls_its_resources_does_not_hide_the_orderer(
    reading: Reading, kind: str
) -> None:
    server = known_orderer(stocked(includes=False))
    for name, found in server.resources.items():
        server.files[name] = (kind, json.dumps(found).encode())
    assert poll(reading, server, 2) == [1, 0]
    assert orderer(reading)


def test_whoever_asked_for_the_order_behind_an_order_is_looked_up(reading: Reading) -> None:
    server = known_orderer(stocked(includes=False))
    behind = [{"reference": "ServiceRequest/o1"}]
    server.put({"resourceType": "ServiceRequest", "id": "o9", "basedOn": behind})
    server.put(resource("report", basedOn=[{"reference": "ServiceRequest/o9"}]))
    assert poll(reading, server) == [1]
    assert orderer(reading)


def test_what_older_and_newer_versions_of_fhir_refer_to_is_fetched(reading: Reading) -> None:
    server = known_orderer(stocked(includes=False))
    order = {"resourceType": "DiagnosticOrder", "id": "o9"}
    server.put({**order, "orderer": {"reference": "PractitionerRole/w1"}})
    code = resource("report")["conclusionCode"][0]
    server.put({"resourceType": "Condition", "id": "c9", "code": code})
    stated = [{"reference": {"reference": "Condition/c9"}}]
    request = [{"reference": "DiagnosticOrder/o9"}]
    server.put(resource("report", basedOn=None, request=request, conclusionCode=stated))
    assert poll(reading, server) == [1]
    assert orderer(reading)
    assert [alert.category for alert in reading.alerts()] == ["critical"]


def test_clinicians_are_read_once(reading: Reading) -> None:
    server = stocked(includes=False)
    meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:31:00Z"}
    server.put(resource("report", id="r2", meta=meta))
    poll(reading, server)
    assert server.reads().count("Practitioner/d1") == 1
    assert server.reads().count("ServiceRequest/o1") == 2


def test_a_reference_that_cannot_be_read_holds_nothing_up(reading: Reading) -> None:
    server = stocked(includes=False)
    server.faults = [("Practitioner/d1", Fault(403)), ("Patient/p1", Fault(404))]
    assert poll(reading, server, 2) == [1, 0]
    assert len(reading.alerts()) == 1


class Forbids(FhirServer):
    """It was not told that we may read clinicians."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if "/Practitioner/" in request.path:
            return web.Response(status=403)
        return await super().handle(request)


def test_a_kind_of_resource_that_may_not_be_read_is_told_once(reading: Reading) -> None:
    """Each alert went to a coordinator, and no word said why."""
    server = many(3, Forbids, includes=False)
    with writing() as log:
        assert poll(reading, server, 2) == [3, 0]
    told = [line["kind"] for line in log.lines if line["event"] == "reading_forbidden"]
    assert told == ["practitioner"]


class Fails(FhirServer):
    """It brings a page to log in for all clinicians."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if "/Practitioner/" in request.path:
            return web.Response(text="<html>Log in", content_type="text/html")
        return await super().handle(request)


def failures(log: Written) -> list[tuple[object, object]]:
    told = [line for line in log.lines if line["event"] == "reading_failed"]
    return [(line["kind"], line["reason"]) for line in told]


def test_a_kind_of_resource_that_does_not_come_is_told_once(reading: Reading) -> None:
    """Each alert went to a coordinator, and no word said why."""
    with writing() as log:
        poll(reading, many(3, Fails, includes=False), 3)
    assert failures(log) == [("practitioner", "answer-not-json")]


def test_the_address_of_a_document_that_does_not_come_is_not_told(reading: Reading) -> None:
    """Some have the patient's name in it."""
    server = stocked(includes=False)
    form = {"contentType": "text/plain", "url": "doe-jane/t1.txt"}
    server.put(resource("report", presentedForm=[form]))
    server.faults = [("doe-jane", Fault(500))]
    with writing() as log:
        poll(reading, server)
    assert failures(log) == [("document", "read-500")]
    assert "doe" not in str(log.lines)


def test_a_server_that_fails_for_a_reference_is_asked_again_in_the_next_round(
    reading: Reading,
) -> None:
    server = known_orderer(stocked(includes=False))
    server.faults = [("ServiceRequest/o1", Fault(503))]
    assert poll(reading, server) == [1]
    assert not orderer(reading)
    assert poll(reading, server, 2) == [1, 0]
    assert len(reading.alerts()) == 1
    assert [outcome for _, outcome, _ in reading.messages()] == ["reports", "reports"]


@pytest.mark.parametrize("url", ["Binary/t1", "files/t1.txt?v=2"])
def test_a_text_behind_an_address_of_the_server_is_fetched(reading: Reading, url: str) -> None:
    server = stocked(includes=False)
    server.files[url.partition("?")[0]] = ("text/plain", TEXT.encode())
    attached = {"contentType": "text/plain", "url": url}
    server.put(resource("report", presentedForm=[attached], conclusion=None))
    poll(reading, server)
    body = reading.engine.database.look(_only_body)
    assert "Acute pulmonary embolism" in body


def test_a_binary_resource_is_taken_apart(reading: Reading) -> None:
    server = stocked(includes=False)
    server.put({"resourceType": "Binary", "id": "t1", **form(TEXT)})

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            attached = {"url": f"{server.base}Binary/t1"}
            server.put(resource("report", presentedForm=[attached], conclusion=None))
            await poller.poll()

    asyncio.run(run())
    assert "Acute pulmonary embolism" in reading.engine.database.look(_only_body)


@pytest.mark.parametrize("url", ["/Binary/t1", "/r4/Binary/t1"])
def test_an_address_may_begin_with_a_slash(reading: Reading, url: str) -> None:
    """As those of US Core's examples do."""
    server = stocked(includes=False)
    server.put({"resourceType": "Binary", "id": "t1", **form(TEXT)})
    server.put(resource("report", presentedForm=[{"url": url}], conclusion=None))
    assert poll(reading, server) == [1]
    assert "Acute pulmonary embolism" in reading.engine.database.look(_only_body)


def _only_body(c: Any) -> str:
    return str(c.execute(tables.reports.select()).one().body)


@pytest.mark.parametrize(
    "url", ["https://else.example.org/secret", "../token", "//x/y", "//x/B/1", "a:b"]
)
def test_an_address_elsewhere_is_never_asked(reading: Reading, url: str) -> None:
    server = stocked(includes=False)
    server.put(resource("report", presentedForm=[{"url": url}]))
    assert poll(reading, server) == [1]
    assert all(path.split("/")[0].isalpha() for path in server.reads())
