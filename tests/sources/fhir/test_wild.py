"""A FHIR server that fails in another way each time: in the end every report has its alert."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from tests.sources.fhir_samples import NOW, Json, others, resource
from tests.sources.fhir_server import FhirServer, Reading, serving

AS_FHIR = "application/fhir+json"
FAILURES: list[dict[str, Any]] = [
    {"status": 429, "headers": {"Retry-After": "0"}},
    {"status": 401},
    {"status": 404},
    {"status": 410},
    {"status": 503},
    {"body": b"<html>Log in</html>", "content_type": "text/html"},
    {"body": b'{"resourceType": "Bundle", "type": "searchset", "ent', "content_type": AS_FHIR},
    {"body": b'{"resourceType": "OperationOutcome"}', "content_type": AS_FHIR},
]
NO_RESOURCES: list[Any] = [None, {}, "z", {"fullUrl": "x"}, {"resource": {}}]


@dataclass
class Wild(FhirServer):
    """Until it is calm one answer in three fails; its pages are in no order, with more in them."""

    dice: random.Random = field(default_factory=random.Random)
    calm: bool = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.calm or "metadata" in request.path or self.dice.random() > 1 / 3:
            return await super().handle(request)
        if self.dice.random() < 1 / 9 and request.transport:
            request.transport.close()
        return web.Response(**self.dice.choice(FAILURES))

    def _page(self, request: web.Request, kind: str) -> Json:
        page = super()._page(request, kind)
        twice = page["entry"][:1] if self.dice.random() < 1 / 3 else []
        entries = [*page["entry"], *twice, self.dice.choice(NO_RESOURCES)]
        self.dice.shuffle(entries)
        return {**page, "entry": entries}

    def sign(self, number: int, minutes: float) -> None:
        meta = {"versionId": "1", "lastUpdated": (NOW + timedelta(minutes=minutes)).isoformat()}
        self.put(resource("report", id=f"r{number}", meta=meta, identifier=None))


@pytest.mark.parametrize("seed", range(3))
def test_every_report_is_found_however_its_server_fails_meanwhile(
    reading: Reading, seed: int
) -> None:
    server = Wild(page_size=7, dice=random.Random(seed))
    server.put(*others())
    for number in range(25):
        server.sign(number, number / 2 - 20)

    async def run() -> str:
        async with serving(server), reading.poller(server) as poller:
            for minute in range(40):
                reading.clock.at = server.clock = NOW + timedelta(minutes=minute)
                server.calm = minute > 30
                server.sign(25 + minute, minute)
                await poller._round()
            return poller.state

    assert asyncio.run(run()) == "ok"
    assert len(reading.alerts()) == 65
