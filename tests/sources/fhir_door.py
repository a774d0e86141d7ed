"""The hook of a FHIR server, on a real web server, and who delivers to it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot.sources.fhir.hook import Hook
from bot.sources.fhir.polling import Poller
from bot.web.app import Server, build
from tests.sources.fhir_samples import Json
from tests.sources.fhir_server import FhirServer, Reading, serving

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
        async with self.session.request(
            method, self.url + path, data=data, headers=sent, allow_redirects=False
        ) as got:
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
        hook = Hook("/fhir/ehr", poller, SECRET, reading.clock.now)
        web = Server(build(hook.routes()), "127.0.0.1", 0)
        await web.start()
        try:
            yield Door(f"http://127.0.0.1:{web.port}/fhir/ehr", poller, session)
        finally:
            await web.stop()
