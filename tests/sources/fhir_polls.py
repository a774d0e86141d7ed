"""Polls of a FHIR server, and servers with many reports."""

import asyncio
from datetime import timedelta
from typing import Any

from bot.sandbox.samples import PEOPLE_CSV
from storage import tables
from tests.sources.fhir_samples import NOW, resource
from tests.sources.fhir_server import FhirServer, Reading, serving


def poll(reading: Reading, server: FhirServer, times: int = 1) -> list[int]:
    """How many reports each poll of one poller has taken."""

    async def run() -> list[int]:
        async with serving(server), reading.poller(server) as poller:
            return [await poller.poll() for _ in range(times)]

    return asyncio.run(run())


def many(number: int, kind: type[FhirServer] = FhirServer, **about: Any) -> FhirServer:
    """Reports a second apart."""
    server = kind(**about)
    for index in range(number):
        at = (NOW - timedelta(minutes=10) + timedelta(seconds=index)).isoformat()
        meta = {"versionId": "1", "lastUpdated": at}
        server.put(resource("report", id=f"r{index}", meta=meta, basedOn=None, identifier=None))
    return server


def orderer(reading: Reading) -> bool:
    """Whether the alert knows who ordered."""
    [alert] = reading.alerts()
    found = reading.engine.database.look(lambda c: _ordering_person(c, alert.id))
    return found is not None


def _ordering_person(c: Any, alert_id: str) -> object:
    query = tables.alerts.select().where(tables.alerts.c.id == alert_id)
    return c.execute(query).one().ordering_person


def known_orderer(server: FhirServer) -> FhirServer:
    """Whose NPI is that of somebody in the directory."""
    npi = PEOPLE_CSV.splitlines()[1].split(",")[0]
    server.resources["Practitioner/d1"]["identifier"][0]["value"] = npi
    return server


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
