"""A small FHIR server over real HTTP: it searches, pages, and fails when it is told to."""

import copy
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import aiohttp
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet

from bot.app import DEFAULT_POLICY
from bot.clock import SystemClock
from bot.domain.policy_file import parse_policy
from bot.engine.context import Engine, Site
from bot.sandbox.demo.place import people_move_in
from bot.sandbox.hospital import EVERY_STATE
from bot.sources.fhir.auth import Access, FixedToken
from bot.sources.fhir.client import FhirClient
from bot.sources.fhir.polling import Poller
from bot.sources.fhir.wishes import Polling
from storage import alert_lists, tables
from storage.alert_lists import AlertRow
from storage.database import Database
from tests.sources.fhir_samples import NOW, ORIGIN, Json, others, resource


@dataclass(frozen=True)
class Fault:
    """What is answered instead, once."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class FhirServer:
    """``faults`` by the beginning of the path; the first that fits is used up."""

    base: str = ""
    page_size: int = 100
    includes: bool = True
    refuses_includes: bool = False
    token: str = ""
    keys: dict[str, Any] | None = None
    scope: str = "system/*.read"
    lives: int = 300
    resources: dict[str, Json] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    assertions: list[Json] = field(default_factory=list)
    next_link: str = ""
    known_as: str = ""
    ignores_time: bool = False
    spoils: Callable[[bytes], bytes] = bytes
    """What is sent instead of the answer to a search."""
    sets_up: bool = True
    """Whether a Subscription is active when it is asked for."""
    written: list[tuple[str, str]] = field(default_factory=list)
    tokens_fail: tuple[int, str] | None = None
    checks_time: bool = False
    """Whether its token endpoint goes by its own clock."""
    clock: datetime | None = NOW
    """What it says in its header Date; None says nothing."""

    def put(self, *resources: Json) -> None:
        for one in resources:
            self.resources[f"{one['resourceType']}/{one['id']}"] = copy.deepcopy(one)

    def searches(self) -> list[str]:
        return [path for path in self.asked if path.startswith("DiagnosticReport?")]

    def reads(self) -> list[str]:
        return [path for path in self.asked if "?" not in path and "/" in path]

    # ---- HTTP ----

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path_qs.removeprefix("/r4/")
        if path.startswith(".well-known") and not self.faults:
            endpoint = self.base.replace("/r4/", "/token").replace("https:", "http:")
            return web.json_response({"token_endpoint": endpoint})
        self.asked.append(path)
        if path.startswith("metadata"):
            return web.Response(headers={"Date": format_datetime(self.clock) if self.clock else ""})
        for index, (start, fault) in enumerate(self.faults):
            if path.startswith(start):
                del self.faults[index]
                return web.Response(status=fault.status, headers=fault.headers, body=fault.body)
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        return await self._answer(request, request.path.removeprefix("/r4").removeprefix("/"))

    async def _answer(self, request: web.Request, name: str) -> web.Response:
        if request.method in {"POST", "PUT"}:
            self.written.append((request.method, name))
            return self._written(await request.json(), name)
        if name in self.files:
            kind, data = self.files[name]
            return web.Response(body=data, content_type=kind)
        if "/" in name:
            found = self.resources.get(name)
            return _fhir(found) if found else web.Response(status=404)
        if self.refuses_includes and "_include" in request.query_string:
            return web.Response(status=400)
        return _fhir(self._page(request, name), spoils=self.spoils)

    def _written(self, body: Json, name: str) -> web.Response:
        kind, _, number = name.partition("/")
        made = {**body, "id": number or f"n{len(self.resources)}"}
        made["status"] = "active" if self.sets_up else made["status"]
        self.resources[f"{kind}/{made['id']}"] = made
        return _fhir(made, 200 if number else 201)

    def _page(self, request: web.Request, kind: str) -> Json:
        since = datetime.fromisoformat(request.query.get("_lastUpdated", "ge1970-01-01T00:00Z")[2:])
        since = datetime.fromtimestamp(0, UTC) if self.ignores_time else since
        found = [one for one in self.resources.values() if one["resourceType"] == kind]
        if kind == "DiagnosticReport":
            found = sorted((one for one in found if _updated(one) >= since), key=_updated)
        first = int(request.query.get("_offset", "0"))
        size = min(self.page_size, int(request.query.get("_count", "100")))
        page = found[first : first + size]
        entries = [
            {
                "fullUrl": f"{self.known_as or self.base}{one['resourceType']}/{one['id']}",
                "resource": one,
                "search": {"mode": "match"},
            }
            for one in page
        ]
        if self.includes and "_include" in request.query_string:
            rest = (one for one in self.resources.values() if one["resourceType"] != kind)
            entries += [{"resource": one, "search": {"mode": "include"}} for one in rest]
        links = []
        if first + size < len(found):
            url = self.next_link or str(request.rel_url.update_query(_offset=first + size))
            links = [{"relation": "next", "url": url}]
        return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}

    async def give_token(self, request: web.Request) -> web.Response:
        if self.tokens_fail:
            return web.Response(status=self.tokens_fail[0], text=self.tokens_fail[1])
        form = await request.post()
        claims = jwt.decode(
            str(form["client_assertion"]),
            KeySet.import_key_set(self.keys or {"keys": []}),  # type: ignore[arg-type]  # parsed JSON
            algorithms=["RS384", "ES384"],
        )
        now = self.clock.timestamp() if self.checks_time and self.clock else None
        if now and not (claims.claims["iat"] - 5 <= now < claims.claims["exp"] <= now + 300):
            refused, told = {"error": "invalid_client"}, format_datetime(self.clock or NOW)
            return web.json_response(refused, status=401, headers={"Date": told})
        self.assertions.append({**claims.claims, "header": claims.header, "scope": form["scope"]})
        self.token = f"token-{len(self.assertions)}"
        return web.json_response({"access_token": self.token, "expires_in": self.lives})


def _updated(one: Json) -> datetime:
    """One that tells no time is always found."""
    return datetime.fromisoformat(one.get("meta", {}).get("lastUpdated", NOW.isoformat()))


def _fhir(
    body: Json | None, status: int = 200, spoils: Callable[[bytes], bytes] = bytes
) -> web.Response:
    data = spoils(json.dumps(body).encode())
    return web.Response(status=status, body=data, content_type="application/fhir+json")


@asynccontextmanager
async def serving(
    server: FhirServer, tls: ssl.SSLContext | None = None
) -> AsyncIterator[FhirServer]:
    """The server on a free port. With TLS it does not know of that, as behind a proxy."""
    app = web.Application()
    app.router.add_post("/token", server.give_token)
    app.router.add_route("*", "/r4{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    server.base = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}/r4/"
    try:
        yield server
    finally:
        await runner.cleanup()


def stocked(**about: Any) -> FhirServer:
    """With the sample report and all that it refers to."""
    server = FhirServer(**about)
    server.put(resource("report"), *others())
    return server


# ---- our side -------------------------------------------------------------------------------


class Still(SystemClock):
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Reading:
    """A bot without its loops, whose pollers share a database."""

    engine: Engine
    clock: Still

    @asynccontextmanager
    async def client(
        self, server: FhirServer, access: Access | None = None
    ) -> AsyncIterator[FhirClient]:
        async with aiohttp.ClientSession() as session:
            ours = access or FixedToken(server.token)
            yield FhirClient(server.base, session, ours, ORIGIN.name)

    @asynccontextmanager
    async def poller(self, server: FhirServer, how: Polling | None = None) -> AsyncIterator[Poller]:
        async with self.client(server) as client:
            yield Poller(self.engine, client, ORIGIN, how)

    def alerts(self) -> list[AlertRow]:
        return list(self.engine.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 1000)))

    def messages(self) -> list[tuple[str, str, str]]:
        """Control id, outcome and reason of what was kept, in the order of receipt."""
        columns = tables.messages.c
        query = tables.messages.select().order_by(columns.received_at, columns.id)
        rows = self.engine.database.look(lambda c: list(c.execute(query)))
        return [(row.control_id, row.outcome, row.reason) for row in rows]


@contextmanager
def reading_into(url: str) -> Iterator[Reading]:
    """The bot's engine on an empty database with the demo's people."""
    clock = Still()
    database = Database(url)
    people_move_in(database, clock)
    policy = parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8"))
    site = Site("General", ORIGIN.timezone, "312-555-0100")
    yield Reading(Engine(database, clock, policy, site, lambda: None, instance=1), clock)
    database.close()
