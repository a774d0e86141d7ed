"""The loop that polls a FHIR server: when it looks, and what it says."""

import asyncio
from contextlib import suppress
from email.utils import format_datetime

from aiohttp import web

from tests.sources.fhir_polls import rounds
from tests.sources.fhir_samples import NOW, others, resource
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving, stocked
from tests.waiting import soon
from tests.written import writing


def test_the_loop_polls_waits_and_looks_at_once_when_asked(reading: Reading) -> None:
    server = stocked()

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            running = asyncio.create_task(poller.run())
            await soon(lambda: poller.state == "ok")
            meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:41:00Z"}
            server.put(resource("report", id="r2", meta=meta, identifier=None))
            poller.look_now()
            await soon(lambda: len(reading.alerts()) == 2)
            await _ended(running)

    asyncio.run(run())


async def _ended(running: asyncio.Task[None]) -> None:
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def test_the_loop_says_what_is_wrong_once_and_recovers(reading: Reading) -> None:
    server = stocked(faults=[("DiagnosticReport", Fault(503))] * 2)

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            running = asyncio.create_task(poller.run())
            await soon(lambda: poller.state == "search-503")
            assert await poller.check() == "search-503"
            await soon(lambda: poller.state == "ok", 20)
            await _ended(running)

    with writing() as log:
        asyncio.run(run())
    assert [line["event"] for line in log.error_lines] == ["source_failed"]
    assert [line["reason"] for line in log.error_lines] == ["search-503"]
    assert "source_reached" in [line["event"] for line in log.lines]
    assert log.dropped == []


class Facade(FhirServer):
    """It does not say what it can do."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/metadata"):
            return web.Response(status=501)
        answer = await super().handle(request)
        answer.headers["Date"] = format_datetime(NOW)
        return answer


def test_a_server_without_metadata_is_read(reading: Reading) -> None:
    """It was never searched, and by `readback check` all was well."""
    server = Facade()
    server.put(resource("report"), *others())
    assert rounds(reading, server) == ["ok"]
    assert len(reading.alerts()) == 1
