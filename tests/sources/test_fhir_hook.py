"""What a FHIR server's Subscription delivers, and who may deliver it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.sources import fhir_hook
from bot.sources.fhir_hook import Hook
from bot.sources.fhir_json import Resource
from bot.sources.fhir_poll import Poller
from bot.web.app import Server, build
from tests.sources.fhir_samples import Json, bundle, others, resource
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving, stocked

SECRET = "a-secret-of-the-sites"
BEARER = {"Authorization": f"Bearer {SECRET}"}


@dataclass
class Door:
    """The hook on a real web server, beside the FHIR server it belongs to."""

    url: str
    poller: Poller
    session: aiohttp.ClientSession
    answer: str = ""

    def issues(self) -> list[str]:
        """What the last answer says of what was not simply used."""
        outcome = json.loads(self.answer)
        assert outcome["resourceType"] == "OperationOutcome"
        return [f"{issue['severity']} {issue['diagnostics']}" for issue in outcome["issue"]]

    async def send(
        self,
        method: str,
        path: str = "",
        body: Json | bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> int:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = BEARER if headers is None else headers
        async with self.session.request(method, self.url + path, data=data, headers=sent) as got:
            self.answer = await got.text()
            return got.status

    @property
    def asked_to_look(self) -> bool:
        return self.poller._asked.is_set()


@asynccontextmanager
async def door(reading: Reading, server: FhirServer) -> AsyncIterator[Door]:
    async with (
        serving(server),
        reading.poller(server) as poller,
        aiohttp.ClientSession() as session,
    ):
        web = Server(build(Hook("/fhir/ehr", poller, SECRET).routes()), "127.0.0.1", 0)
        await web.start()
        try:
            yield Door(f"http://127.0.0.1:{web.port}/fhir/ehr", poller, session)
        finally:
            await web.stop()


@pytest.mark.parametrize(("method", "path"), [("PUT", "/DiagnosticReport/r1"), ("POST", "")])
def test_a_delivered_report_is_taken_in_with_what_it_refers_to(
    reading: Reading, method: str, path: str
) -> None:
    server = stocked()

    async def run() -> int:
        async with door(reading, server) as hook:
            return await hook.send(method, path, resource("report"))

    assert asyncio.run(run()) == 200
    assert len(reading.alerts()) == 1
    assert "Practitioner/d1" in server.reads()


def test_a_put_without_a_body_reads_the_report_from_the_server(reading: Reading) -> None:
    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await hook.send("PUT", "/DiagnosticReport/r1")

    assert asyncio.run(run()) == 200
    assert reading.messages() == [("r1/1", "reports", "")]


def test_an_empty_post_has_the_server_looked_at(reading: Reading) -> None:
    async def run() -> tuple[int, bool]:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST"), hook.asked_to_look

    assert asyncio.run(run()) == (200, True)
    assert reading.messages() == []


def test_a_notification_without_a_report_has_the_server_looked_at(reading: Reading) -> None:
    status = bundle({"resourceType": "Parameters", "id": "1"})

    async def run() -> tuple[int, bool]:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", status), hook.asked_to_look

    assert asyncio.run(run()) == (200, True)
    assert reading.messages() == []


def test_every_report_of_a_bundle_is_taken_in(reading: Reading) -> None:
    other = resource("report", id="r2", identifier=None)

    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", bundle(resource("report"), other))

    assert asyncio.run(run()) == 200
    assert len(reading.alerts()) == 2


def delivered(reading: Reading, body: Json | bytes) -> tuple[int, list[str]]:
    """Status and issues of the answer to it."""

    async def run() -> tuple[int, list[str]]:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", body), hook.issues()

    return asyncio.run(run())


def between(broken: bytes) -> bytes:
    """A Bundle with that among two sound reports."""
    sound = [resource("report"), resource("report", id="r2", identifier=None)]
    first, last = (b'{"resource": %s}' % json.dumps(one).encode() for one in sound)
    return b'{"resourceType": "Bundle", "entry": [%s]}' % b", ".join((first, broken, last))


def test_an_entry_of_a_bundle_that_is_no_json_waits_and_its_neighbours_open_alerts(
    reading: Reading,
) -> None:
    broken = b'{"resource": {"resourceType": "DiagnosticReport", "conclusionCode": [{"coding": [{"code": "RID49480"}]}], "id": "r9" "status": "final"}}'  # noqa: E501 - one entry of a Bundle
    status, issues = delivered(reading, between(broken))
    assert status == 200
    assert [issue.split(": ")[:3] for issue in issues] == [
        ["warning 3 of 3", "kept in quarantine", "not-json"]
    ]
    outcomes = [(outcome, reason) for _, outcome, reason in reading.messages()]
    assert outcomes == [("reports", ""), ("reports", ""), ("quarantined", "not-json")]
    # The broken one is flagged: a coordinator has it.
    assert len(reading.alerts()) == 3


def test_a_report_whose_status_is_unknown_waits_and_its_neighbours_open_alerts(
    reading: Reading,
) -> None:
    plain = resource("report", id="r9", status="done", conclusionCode=None, identifier=None)
    status, issues = delivered(reading, between(json.dumps({"resource": plain}).encode()))
    assert status == 200
    assert issues[0].startswith("warning 2 of 3: kept in quarantine: unknown-status: ")
    assert len(reading.alerts()) == 2


@pytest.mark.parametrize("depth", [300, 950, 100_000])
def test_an_entry_that_is_nested_without_end_keeps_no_neighbour_out(
    reading: Reading, depth: int
) -> None:
    nested = b'{"resource": {"resourceType": "DiagnosticReport", "extension": %s%s}}'
    assert delivered(reading, between(nested % (b"[" * depth, b"]" * depth)))[0] == 200
    assert len(reading.alerts()) == 2
    assert ("", "quarantined", "not-json") in reading.messages()


def test_a_report_that_cannot_be_stored_keeps_no_neighbour_out_and_is_asked_for_again(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Poller.take

    async def breaks_at_r9(self: Poller, report: Resource, *rest: Any, **named: Any) -> Any:
        if report["id"] == "r9":
            raise ValueError
        return await take(self, report, *rest, **named)

    monkeypatch.setattr(Poller, "take", breaks_at_r9)
    bad = json.dumps({"resource": resource("report", id="r9")}).encode()
    assert delivered(reading, between(bad)) == (500, ["error 2 of 3: not stored, send it again"])
    assert len(reading.alerts()) == 2


def test_a_bundle_of_other_resources_is_kept_and_the_server_looked_at(reading: Reading) -> None:
    async def run() -> tuple[int, bool]:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", bundle(*others())), hook.asked_to_look

    assert asyncio.run(run()) == (200, True)
    assert reading.messages() == [("", "set_aside", "fhir-bundle")]


def test_a_report_in_a_message_that_is_a_test_pages_nobody(reading: Reading) -> None:
    tag = {"system": "http://terminology.hl7.org/CodeSystem/v2-0103", "code": "T"}
    header = {"resourceType": "MessageHeader", "meta": {"tag": [tag]}}

    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", bundle(header, resource("report"), *others()))

    assert asyncio.run(run()) == 200
    assert reading.messages() == [("r1/1", "not_production", "not-production")]


def test_the_same_delivery_twice_is_one_alert(reading: Reading) -> None:
    async def run() -> None:
        async with door(reading, stocked()) as hook:
            for _ in range(2):
                await hook.send("POST", "", resource("report"))
            await hook.poller.poll()

    asyncio.run(run())
    assert len(reading.alerts()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": SECRET},
        {"Authorization": f"Bearer {SECRET}x"},
        {"Authorization": "Bearer é"},
        {"X-Secret": SECRET},
    ],
)
def test_without_the_secret_nothing_is_read(reading: Reading, headers: dict[str, str]) -> None:
    async def run() -> list[int]:
        async with door(reading, stocked()) as hook:
            paths = [("POST", ""), ("PUT", "/DiagnosticReport/r1")]
            found = [await hook.send(m, p, resource("report"), headers) for m, p in paths]
            assert not hook.asked_to_look
            return found

    assert asyncio.run(run()) == [401, 401]
    assert reading.messages() == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/DiagnosticReport/..%2fPatient", 404),
        ("PUT", "/DiagnosticReport/a%20b", 400),
        ("PUT", "/Patient/1", 404),
        ("GET", "", 405),
        ("DELETE", "/DiagnosticReport/r1", 405),
    ],
)
def test_other_requests_are_turned_away(
    reading: Reading, method: str, path: str, status: int
) -> None:
    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await hook.send(method, path)

    assert asyncio.run(run()) == status


def test_a_body_that_cannot_be_read_is_kept_for_a_person(reading: Reading) -> None:
    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", b'{"resourceType": "DiagnosticReport"')

    assert asyncio.run(run()) == 200
    assert reading.messages() == [("", "quarantined", "not-json")]


def test_a_body_that_is_too_long_is_turned_away(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fhir_hook, "MOST_BYTES", 100)

    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", resource("report"))

    assert asyncio.run(run()) == 413


def test_a_report_that_cannot_be_read_now_is_not_accepted(reading: Reading) -> None:
    server = stocked(faults=[("DiagnosticReport/r1", Fault(503))])

    async def run() -> list[int]:
        async with door(reading, server) as hook:
            return [await hook.send("PUT", "/DiagnosticReport/r1") for _ in range(2)]

    assert asyncio.run(run()) == [503, 200]


def test_a_database_that_is_away_is_no_positive_answer(reading: Reading) -> None:
    async def run() -> int:
        async with door(reading, stocked()) as hook:
            reading.engine.database.close()
            return await hook.send("POST", "", resource("report"))

    assert asyncio.run(run()) == 500
