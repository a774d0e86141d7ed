"""What a FHIR server's Subscription delivers, and who may deliver it."""

import asyncio
import gzip
import http.client
import json
import zlib
from urllib.parse import urlsplit

import pytest

from bot.sources.fhir import hook
from bot.sources.fhir.hook import MOST_BYTES
from tests.sources.fhir_door import BEARER, SECRET, door
from tests.sources.fhir_polls import known_orderer, orderer
from tests.sources.fhir_samples import bundle, others, resource
from tests.sources.fhir_server import Fault, Reading, stocked
from tests.written import writing


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/DiagnosticReport/r1"),
        ("POST", ""),
        ("POST", "/DiagnosticReport"),
        ("POST", "/DiagnosticReport/r1"),
        ("POST", "/"),
        ("POST", "/DiagnosticReport/"),
        ("PUT", "/DiagnosticReport/r1/"),
    ],
)
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


def test_an_id_may_have_an_underscore_and_so_may_those_that_it_refers_to(reading: Reading) -> None:
    """R4 allows none, and servers exist that give such ids out."""
    server = known_orderer(stocked(includes=False))
    server.put({**server.resources["Practitioner/d1"], "id": "dr_1"})
    server.put(resource("role", practitioner={"reference": "Practitioner/dr_1"}))
    server.put(resource("report", id="ct_1"))

    async def run() -> int:
        async with door(reading, server) as hook:
            return await hook.send("PUT", "/DiagnosticReport/ct_1")

    assert asyncio.run(run()) == 200
    assert orderer(reading)


@pytest.mark.parametrize("body", [b"", b" ", b"{}", b"{\r\n}", b"null", b"[]", b'""'])
def test_an_empty_post_has_the_server_looked_at(reading: Reading, body: bytes) -> None:
    async def run() -> tuple[int, bool]:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", body), hook.asked_to_look

    assert asyncio.run(run()) == (200, True)
    assert reading.messages() == []


def test_a_notification_without_a_report_has_the_server_looked_at(reading: Reading) -> None:
    status = bundle({"resourceType": "Parameters", "id": "1"})

    async def run() -> tuple[int, bool]:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", status), hook.asked_to_look

    assert asyncio.run(run()) == (200, True)
    assert reading.messages() == []


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

    with writing() as log:
        assert asyncio.run(run()) == [401, 401]
    assert reading.messages() == []
    assert [line["event"] for line in log.lines].count("webhook_refused") == 1, "in a minute"


def test_the_scheme_of_the_secret_may_be_in_small_letters(reading: Reading) -> None:
    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", headers={"Authorization": f"bearer {SECRET}"})

    assert asyncio.run(run()) == 200


_BODY = json.dumps(resource("report")).encode()


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (gzip.compress(_BODY), ""),
        (zlib.compress(_BODY), ""),
        (_BODY, ""),
        (gzip.compress(_BODY[:90]) + gzip.compress(_BODY[90:]), ""),
        (gzip.compress(_BODY) + bytes(8), ""),
        (gzip.compress(_BODY)[:-9], "not-json"),
    ],
)
def test_a_delivery_that_came_packed_is_unpacked(
    reading: Reading, packed: bytes, reason: str
) -> None:
    async def run() -> int:
        async with door(reading, stocked()) as hook:
            coded = {**BEARER, "Content-Encoding": "GZIP"}
            return await hook.send("POST", "", packed, coded)

    assert asyncio.run(run()) == 200
    assert [message[2] for message in reading.messages()] == [reason]


def test_one_that_is_too_long_when_it_is_unpacked_is_turned_away(reading: Reading) -> None:
    async def run() -> int:
        async with door(reading, stocked()) as hook:
            coded = {**BEARER, "Content-Encoding": "gzip"}
            return await hook.send("POST", "", gzip.compress(b" " * (MOST_BYTES + 1)), coded)

    assert asyncio.run(run()) == 413
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
    monkeypatch.setattr(hook, "MOST_BYTES", 100)

    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", resource("report"))

    assert asyncio.run(run()) == 413


def test_a_body_that_is_too_long_is_read_to_its_end_before_it_is_turned_away(
    reading: Reading,
) -> None:
    """Whoever is still sending when the connection is closed hears of a reset, and of no limit: so
    it is behind a proxy, which asks for the close."""

    def sent(url: str) -> int:
        there = urlsplit(url)
        client = http.client.HTTPConnection(there.netloc)
        client.request(
            "POST", there.path, b" " * (3 * MOST_BYTES), {**BEARER, "Connection": "close"}
        )
        return client.getresponse().status

    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await asyncio.to_thread(sent, hook.url)

    assert asyncio.run(run()) == 413
    assert reading.messages() == []


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
