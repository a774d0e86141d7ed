"""Polling a FHIR server that is busy, away, or serves what cannot be used or stored."""

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import Connection, text

from bot.sources.fhir import client, polling, wishes
from bot.sources.fhir.exchange import Refused, TryLater
from storage import cursors
from tests.certificates import Authority
from tests.sources.fhir_polls import many, poll
from tests.sources.fhir_samples import ORIGIN, Json, resource
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving, stocked
from tests.sources.on_threads import on_threads

DAY = "Mon, 02 Mar 2026"
LATER = Fault(503, {"Retry-After": f"{DAY} 15:00:30 GMT", "Date": f"{DAY} 15:00:00 GMT"})


@pytest.mark.parametrize(
    ("fault", "reason", "wait"),
    [
        (Fault(429, {"Retry-After": "7"}), "search-429", 7.0),
        (LATER, "search-503", 30.0),
        (Fault(503, {"Retry-After": "soon"}), "search-503", None),
        (Fault(429, {"Retry-After": "99999"}), "search-429", 600.0),
        (Fault(500), "search-500", None),
    ],
)
def test_a_busy_server_says_when_to_come_back(
    reading: Reading, fault: Fault, reason: str, wait: float | None
) -> None:
    server = stocked(faults=[("DiagnosticReport", fault)])
    with pytest.raises(TryLater) as caught:
        poll(reading, server)
    assert (caught.value.reason, caught.value.wait) == (reason, wait)
    assert poll(reading, server) == [1]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(403), "search-403"),
        (Fault(404), "search-404"),
        (Fault(200, body=b"<html>"), "answer-not-json"),
        (Fault(200, body=b"{}"), "answer-no-resource-type"),
    ],
)
def test_what_waiting_does_not_cure_is_refused(reading: Reading, fault: Fault, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        poll(reading, stocked(faults=[("DiagnosticReport", fault)]))


class OfOneType(FhirServer):
    """It has never heard of FHIR's own media types."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers["Accept"] == "application/fhir+json":
            return web.Response(status=406)
        return await super().handle(request)


def test_a_server_that_knows_no_media_type_of_fhir_is_read(reading: Reading) -> None:
    assert poll(reading, many(1, OfOneType)) == [1]


def test_a_redirect_is_not_followed(reading: Reading) -> None:
    fault = Fault(302, {"Location": "https://elsewhere.example.org/"})
    with pytest.raises(Refused, match="search-302"):
        poll(reading, stocked(faults=[("DiagnosticReport", fault)]))


def test_a_server_that_is_away_is_unreachable(reading: Reading) -> None:
    server = FhirServer(base="http://127.0.0.1:9/r4/")

    async def run() -> None:
        async with reading.poller(server) as poller:
            with pytest.raises(TryLater, match="unreachable"):
                await poller.poll()

    asyncio.run(run())


def test_a_server_whose_certificate_nobody_trusts_is_said_to_have_none_that_holds(
    reading: Reading, tmp_path: Path
) -> None:
    """Whoever is told that it cannot be reached looks at the firewall."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = Authority(tmp_path).issue()
    context.load_cert_chain(pair.certificate, pair.key)

    async def run() -> None:
        there = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context)
        port = there.sockets[0].getsockname()[1]
        server = FhirServer(base=f"https://127.0.0.1:{port}/r4/")
        async with there, reading.poller(server) as poller:
            with pytest.raises(TryLater, match="tls-failed"):
                await poller.poll()

    asyncio.run(run())


def test_a_server_that_is_away_for_days_is_asked_every_five_minutes(reading: Reading) -> None:
    server = FhirServer(base="http://127.0.0.1:9/r4/")

    async def run() -> list[float]:
        async with reading.poller(server) as poller:
            return [await poller._round() for _ in range(1_100)]

    waits = asyncio.run(run())
    assert waits[:4] == [2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == 300.0


def test_a_page_that_fails_leaves_the_cursor_where_it_was(reading: Reading) -> None:
    server = many(25, page_size=10)

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            server.faults = [("DiagnosticReport?_lastUpdated", Fault(200, body=b"{}"))]
            with suppress(Refused):
                await poller.poll()

    asyncio.run(run())
    assert reading.engine.database.look(lambda c: cursors.load(c, ORIGIN.name)) is None


class Rationed(FhirServer):
    """It answers three requests, and then none until somebody has waited."""

    left = 3

    def _page(self, request: web.Request, kind: str) -> Json:
        self.left -= 1
        if self.left == 0:
            self.left = 3
            wait = Fault(429, {"Retry-After": "0.05"})
            self.faults = [("DiagnosticReport?_lastUpdated", wait)]
        return super()._page(request, kind)


def test_a_server_that_wants_to_be_asked_more_seldom_is_read_to_the_end(reading: Reading) -> None:
    server = many(12, Rationed, page_size=1)
    assert poll(reading, server) == [12]
    assert len({path for path in server.searches() if "_offset" not in path}) == 1


def test_one_that_stays_busy_is_left_alone_for_a_while(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_PAUSES", (0.01, 0.01))
    server = many(3, page_size=1)

    async def run() -> None:
        async with serving(server), reading.client(server) as asking:
            since = ("_lastUpdated", "ge2026-01-01T00:00:00Z")
            pages = asking.search("DiagnosticReport", [since])
            await anext(pages)
            server.faults = [("DiagnosticReport?_lastUpdated", Fault(503))] * 9
            with pytest.raises(TryLater, match="search-503"):
                await anext(pages)

    asyncio.run(run())
    assert len(server.faults) == 6


def test_a_report_that_cannot_be_used_waits_in_quarantine_and_the_next_is_read(
    reading: Reading,
) -> None:
    server = stocked()
    meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:20:00Z"}
    server.put(resource("report", id="bad", status="unknown", meta=meta))
    assert poll(reading, server, 2) == [2, 0]
    assert reading.messages() == [
        ("bad/1", "quarantined", "unknown-status"),
        ("r1/1", "reports", ""),
    ]
    assert len(reading.alerts()) == 1  # both are about the order of one ServiceRequest


def told(reading: Reading, statement: str) -> None:
    """Have the database do this."""

    def unit(c: Connection) -> None:
        c.execute(text(statement))

    reading.engine.database.run(unit)


def test_a_report_that_cannot_be_stored_holds_no_other_back_and_is_tried_again(
    reading: Reading,
) -> None:
    server = stocked()
    meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:20:00Z"}
    server.put(resource("report", id="poison", meta=meta, identifier=None))
    refusing = (
        "CREATE TRIGGER poison BEFORE INSERT ON messages WHEN NEW.control_id = 'poison/1' "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    told(reading, refusing)

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            with pytest.raises(TryLater, match="report-not-stored"):
                await poller.poll()
            assert reading.messages() == [("r1/1", "reports", "")]
            told(reading, "DROP TRIGGER poison")
            assert await poller.poll() == 1

    asyncio.run(run())
    assert len(reading.alerts()) == 2


def test_for_one_that_is_never_stored_others_need_not_wait_longer(reading: Reading) -> None:
    """As for a server that is away: that is asked every five minutes at last."""
    told(
        reading,
        "CREATE TRIGGER poison BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'no'); END",
    )

    async def run() -> list[float]:
        server = stocked()
        async with serving(server), reading.poller(server) as poller:
            return [await poller._round() for _ in range(8)]

    assert set(asyncio.run(run())) == {wishes.Polling().every.total_seconds()}


def test_a_database_that_is_away_ends_the_poll(reading: Reading) -> None:
    told(reading, "ALTER TABLE messages RENAME TO away")
    with pytest.raises(polling.OUTAGES):
        poll(reading, stocked())
    assert reading.engine.database.look(lambda c: cursors.load(c, ORIGIN.name)) is None


def test_a_document_that_takes_for_ever_to_read_is_set_aside_for_a_person(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its flags are looked for on a thread as well: pages must not wait for that."""
    monkeypatch.setattr(polling, "READ_SECONDS", -1.0)
    threaded = on_threads(monkeypatch)
    assert poll(reading, stocked()) == [1]
    assert "refused" in threaded
    assert [reason for _, _, reason in reading.messages()] == ["too-slow-to-read"]
    assert len(reading.alerts()) == 1


def test_pages_are_sent_while_a_large_answer_is_read(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    threaded = on_threads(monkeypatch)
    server = stocked()
    poll(reading, server)
    assert "parse" not in threaded
    server.resources["DiagnosticReport/r1"]["conclusion"] += "." * 600_000
    poll(reading, server)
    assert "parse" in threaded
