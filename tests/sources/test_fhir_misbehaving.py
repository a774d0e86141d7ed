"""FHIR servers that answer what they should not: none of it ends the loop or hides a report."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from joserfc.jwk import ECKey

from bot.sources import fhir_references
from bot.sources.fhir_auth import SmartAccount, SmartTokens
from bot.sources.fhir_client import FhirClient
from bot.sources.fhir_poll import Poller
from storage import quarantine
from tests.sources.fhir_door import door
from tests.sources.fhir_samples import NOW, ORIGIN, Json, identifier, others, resource
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving, stocked

EC = ECKey.generate_key("P-384")
OUTCOME = b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}'
AS_FHIR = {"Content-Type": "application/fhir+json"}


def rounds(reading: Reading, server: FhirServer, times: int = 1) -> list[str]:
    """How the poller stands after each round."""

    async def run() -> list[str]:
        found = []
        async with serving(server), reading.poller(server) as poller:
            for _ in range(times):
                await poller._round()
                found.append(poller.state)
        return found

    return asyncio.run(run())


# ---- the search -----------------------------------------------------------------------------


@pytest.mark.parametrize("body", [OUTCOME, b'{"resourceType": "Patient", "id": "p1"}'])
def test_an_answer_to_a_search_that_is_no_bundle_is_told(reading: Reading, body: bytes) -> None:
    server = stocked(faults=[("DiagnosticReport?", Fault(200, AS_FHIR, body))])
    assert rounds(reading, server, 2) == ["answer-no-bundle", "ok"]
    assert len(reading.alerts()) == 1


class Circle(FhirServer):
    """Its next links are new ones each time, and lead to the same page."""

    def _page(self, request: web.Request, kind: str) -> Json:
        page = super()._page(request, kind)
        again = f"{self.base}DiagnosticReport?_cursor={len(self.asked)}"
        return {**page, "link": [{"relation": "next", "url": again}]}


def test_next_links_that_lead_in_a_circle_end_the_search(reading: Reading) -> None:
    server = Circle()
    server.put(resource("report"), *others())
    assert rounds(reading, server) == ["ok"]
    assert len(server.searches()) == 4
    assert len(reading.alerts()) == 1


@pytest.mark.parametrize("restored", [False, True])
def test_a_report_that_has_changed_under_the_same_version_is_read(
    reading: Reading, restored: bool
) -> None:
    """Facades have one version of everything; a restored server gives its numbers out again."""

    def state(version: str, minute: int, **changes: Any) -> Json:
        meta = {"versionId": version, "lastUpdated": f"2026-03-02T14:{minute}:00Z"}
        return resource("report", meta=meta, **changes)

    told = [state("1", 31, conclusionCode=None)]
    told += [state("2", 32, conclusionCode=None)] if restored else []
    told += [state(told[-1]["meta"]["versionId"], 33, status="corrected")]

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            for one in told:
                server.put(one)
                await poller.poll()

    server = stocked()
    asyncio.run(run())
    assert [alert.category for alert in reading.alerts()] == ["critical"]


# ---- what would end the whole copy ----------------------------------------------------------


@dataclass
class Odd(FhirServer):
    """``date`` is what it says in its header, ``expires_in`` of its tokens."""

    date: str = ""
    expires_in: str = "300"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        answer = await super().handle(request)
        if self.date:
            answer.headers["Date"] = self.date
        return answer

    async def give_token(self, request: web.Request) -> web.Response:
        assert request.method == "POST"
        self.token = "given"
        text = f'{{"access_token": "given", "expires_in": {self.expires_in}}}'
        return web.Response(text=text, content_type="application/json")


@pytest.mark.parametrize(
    "date",
    [
        "Thu, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ],
)
def test_a_date_that_is_none_counts_as_none(reading: Reading, date: str) -> None:
    server = Odd(date=date)
    server.put(resource("report"), *others())
    assert rounds(reading, server) == ["ok"]
    [search] = server.searches()
    since = NOW - timedelta(hours=1, minutes=5)
    assert f"_lastUpdated=ge{since:%Y-%m-%dT}" in search
    assert len(reading.alerts()) == 1


@pytest.mark.parametrize("lives", ["9223372036854775807", "1e400", "NaN", "-Infinity", "-1"])
def test_a_token_whose_life_no_calendar_has_room_for_is_used(reading: Reading, lives: str) -> None:
    server = Odd(token="none yet", expires_in=lives)
    server.put(resource("report"), *others())

    async def run() -> str:
        async with serving(server), reading.client(server) as client:
            account = SmartAccount("readback", EC, "system/*.read")
            tokens = SmartTokens(account, server.base, client.session, reading.clock.now)
            ours = FhirClient(server.base, client.session, tokens)
            poller = Poller(reading.engine, ours, ORIGIN)
            await poller._round()
            return poller.state

    assert asyncio.run(run()) == "ok"
    assert len(reading.alerts()) == 1


# ---- what a report refers to ----------------------------------------------------------------

CRITICAL = {
    "resourceType": "Observation",
    "id": "o9",
    "status": "final",
    "code": {"text": "Communication"},
    "interpretation": [{"coding": [{"code": "AA"}]}],
}
RESULT = [{"reference": "Observation/o9"}]
PAGE_TO_LOG_IN = Fault(200, {"Content-Type": "text/html"}, b"<html>Log in</html>")


def silent(**about: Any) -> FhirServer:
    """Only the result of its report says that it is critical."""
    server = FhirServer(includes=False, **about)
    server.put(resource("report", result=RESULT, conclusionCode=None), *others(), CRITICAL)
    return server


def waiting(reading: Reading) -> list[str]:
    entries = reading.engine.database.look(quarantine.listing)
    return [entry.unusable.reason for entry in entries]


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([PAGE_TO_LOG_IN], id="log-in"),
        pytest.param([Fault(302, {"Location": "/login"})], id="redirect"),
        pytest.param([Fault(401), Fault(401)], id="token"),
        pytest.param([Fault(405)], id="method"),
        pytest.param([Fault(429, {"Retry-After": "0"})], id="busy"),
        pytest.param([Fault(200, AS_FHIR, b'{"resourceType": "Obser')], id="truncated"),
        pytest.param([Fault(200, AS_FHIR, OUTCOME)], id="outcome"),
        pytest.param([Fault(204)], id="empty"),
    ],
)
def test_a_result_that_was_not_answered_is_read_in_the_next_round(
    reading: Reading, faults: list[Fault]
) -> None:
    server = silent(faults=[("Observation/o9", fault) for fault in faults])
    assert rounds(reading, server, 2) == ["ok", "ok"]
    assert [alert.category for alert in reading.alerts()] == ["critical"]
    assert waiting(reading) == []


def test_a_result_that_never_comes_waits_for_a_person_and_pages_when_it_does(
    reading: Reading,
) -> None:
    server = silent(faults=[("Observation/o9", Fault(500)) for _ in range(4)])

    async def run() -> list[list[str]]:
        found = []
        async with serving(server), reading.poller(server) as poller:
            for _ in range(4):
                await poller.poll()
                found.append(waiting(reading))
            await poller.poll()
        return found

    found = asyncio.run(run())
    assert found == [[], [], ["unread-results"], ["unread-results"]]
    assert [alert.category for alert in reading.alerts()] == ["critical"]
    assert waiting(reading) == ["unread-results"]


class Hanging(FhirServer):
    """It searches, and answers no reference."""

    silent_for = "/"

    async def _answer(self, request: web.Request, name: str) -> web.Response:
        if self.silent_for in name:
            await asyncio.sleep(2)
        return await super()._answer(request, name)


def test_reports_of_a_server_that_answers_no_reference_are_not_held_up(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fhir_references, "ANSWER_SECONDS", 0.2)
    server = Hanging(includes=False)
    for number in range(20):
        meta = {"versionId": "1", "lastUpdated": f"2026-03-02T14:30:{number:02}Z"}
        accession = [identifier(f"A{number}", "ACSN")]
        server.put(resource("report", id=f"r{number}", meta=meta, identifier=accession))
    assert rounds(reading, server) == ["ok"]
    assert len(reading.alerts()) == 20
    assert len(server.reads()) < 20


def test_a_resource_that_is_never_answered_keeps_no_other_of_its_kind_away(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fhir_references, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(fhir_references, "_KIND_RESTS", 0.0)
    server = Hanging(includes=False)
    server.silent_for = "Observation/o1"
    lost = [{"reference": "Observation/o1"}]
    server.put(resource("report", result=lost), *others(), CRITICAL)
    meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:31:00Z"}
    changes = {"result": RESULT, "conclusionCode": None, "identifier": [identifier("A2", "ACSN")]}
    server.put(resource("report", id="r2", meta=meta, **changes))
    assert rounds(reading, server, 2) == ["ok", "ok"]
    assert len(reading.alerts()) == 2
    assert server.reads().count("Observation/o1") == 1


def test_a_delivery_by_id_whose_report_cannot_be_read_is_asked_for_again(reading: Reading) -> None:
    async def run() -> int:
        async with door(reading, stocked(faults=[("DiagnosticReport/", PAGE_TO_LOG_IN)])) as hook:
            first = await hook.send("PUT", "/DiagnosticReport/r1")
            assert first == 503
            return await hook.send("PUT", "/DiagnosticReport/r1")

    assert asyncio.run(run()) == 200
    assert len(reading.alerts()) == 1
