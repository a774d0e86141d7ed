"""The FHIR servers and folders of one copy: their loops, the hooks of servers, and how they do."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from bot.domain.policy import Policy
from bot.domain.report import Preliminary
from bot.domain.site_codes import knowing, rules_of
from bot.engine import outage
from bot.engine.context import Engine
from bot.settings import BadSettings, FhirSettings, FolderSettings, Problem, Settings
from bot.sources.fhir.auth import Access, FixedToken, SmartAccount, SmartTokens
from bot.sources.fhir.client import FhirClient
from bot.sources.fhir.hook import Hook
from bot.sources.fhir.keys import BadKey, KeyFile, public_keys
from bot.sources.fhir.numbers import Origin
from bot.sources.fhir.polling import FIRST_LOOK_BACK, Poller
from bot.sources.fhir.subscription import Watch, Wish
from bot.sources.fhir.trial import Trial, tried
from bot.sources.fhir.wishes import Polling
from bot.sources.files import Known
from bot.sources.folder import Folder, Watching
from bot.sources.folder import refusal as refusal_of_folder
from bot.web.health import OK, Check

Loop = Callable[[], Coroutine[Any, Any, None]]
Now = Callable[[], datetime]


@dataclass(frozen=True)
class OpenFeeds:
    """``loops`` by name run as long as the copy does; ``routes`` and ``health`` are for the web."""

    loops: Mapping[str, Loop]
    routes: tuple[BaseRoute, ...]
    health: Mapping[str, Check]


async def open_feeds(settings: Settings, engine: Engine, stack: AsyncExitStack) -> OpenFeeds:
    """Every configured server and folder; the shared session is closed by the stack. Raises BadKey,
    and BadSettings for a folder that cannot be watched."""
    loops: dict[str, Loop] = {}
    routes: list[BaseRoute] = []
    health: dict[str, Check] = {}
    if settings.fhir:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        for server in settings.fhir:
            # Its tokens are a matter of real time: ours may be ahead of it (decision 0010).
            client = _client(server, session, lambda: engine.clock.real(engine.clock.now()))
            poller = Poller(
                engine, client, origin(server, settings, engine.policy), _polling(server)
            )
            loops[f"fhir-{server.name}"] = poller.run
            loops |= _outages(f"fhir-{server.name}", engine, poller)
            health[f"fhir-{server.name}"] = poller.check
            routes += _routes(server, poller, engine.clock.now)
            if server.subscribe:
                watch = Watch(server.name, client, wish(server, settings.web.public_url))
                loops[f"subscription-{server.name}"] = watch.run
                health[f"subscription-{server.name}"] = watch.check
    for number, folder in enumerate(settings.folder):
        watched = _watched(settings, number, engine)
        loops[f"folder-{folder.name}"] = watched.run
        loops |= _outages(f"folder-{folder.name}", engine, watched)
        health[f"folder-{folder.name}"] = watched.check
    return OpenFeeds(loops, tuple(routes), health)


def _outages(name: str, engine: Engine, source: Poller | Folder) -> dict[str, Loop]:
    """Who looks after the source itself: a person hears where it has failed for minutes."""
    watch = outage.Watch(engine, lambda: source.state == OK, outage.feed(name))
    return {f"outage-{name}": watch.run}


def origin(server: FhirSettings, settings: Settings, policy: Policy) -> Origin:
    """What is known of the server's identifiers and times."""
    zone = server.timezone or settings.site.timezone
    return Origin(
        name=server.name,
        authorities=server.authorities,
        timezone=zone,
        machines=settings.hl7.feeds().machines,
        preliminary=Preliminary(server.preliminary),
        rules=rules_of(policy),
    )


def folder_problem(settings: Settings, number: int) -> Problem | None:
    """Why that folder, counted from 0, cannot be watched."""
    wrong = refusal_of_folder(settings.folder[number].path)
    return Problem(settings.place("folder", number, "path"), *wrong) if wrong else None


def known_of(folder: FolderSettings, settings: Settings, policy: Policy) -> Known:
    """What is known of the files in there: sender profiles are those of HL7 over MLLP."""
    zone, feeds = (
        folder.timezone or settings.site.timezone,
        knowing(settings.hl7.feeds(folder.preliminary), policy),
    )
    usual, rules = feeds.standard.preliminary, rules_of(policy)
    origin = Origin(
        folder.name, folder.authorities, zone, feeds.machines, usual, rules, one_server=False
    )
    return Known(
        source=folder.source,
        timezone=zone,
        origin=origin,
        limit=settings.hl7.max_message_bytes,
        feeds=feeds,
    )


def _watched(settings: Settings, number: int, engine: Engine) -> Folder:
    folder = settings.folder[number]
    if wrong := folder_problem(settings, number):
        raise BadSettings((wrong,))
    every = timedelta(seconds=folder.poll_seconds)
    known = known_of(folder, settings, engine.policy)
    return Folder(engine, Watching(folder.name, folder.path, known, every, folder.max_file_bytes))


def wish(server: FhirSettings, public_url: str) -> Wish:
    """The Subscription that the server is asked for."""
    endpoint = f"{public_url.rstrip('/')}{_path(server)}"
    return Wish(f"DiagnosticReport?{server.query}", endpoint, _told(server.hook_secret))


def keys_of(server: FhirSettings) -> KeyFile:
    """The private keys of a server with SMART. Raises BadKey, naming the setting."""
    if server.smart is None:
        raise BadKey(f"{server.name} has no [fhir.smart]: add it, with client_id and key_file.")
    return KeyFile(server.smart.key_file, server.name)


async def trial(server: FhirSettings, now: Now) -> Trial:
    """How it answers a search for one report. Raises BadKey."""
    async with aiohttp.ClientSession() as session:
        since = (now() - FIRST_LOOK_BACK).replace(microsecond=0)
        return await tried(_client(server, session, now), _polling(server).query, since)


def _client(server: FhirSettings, session: aiohttp.ClientSession, now: Now) -> FhirClient:
    base = f"{server.base_url.rstrip('/')}/"
    return FhirClient(base, session, _access(server, base, session, now), server.name)


def _access(server: FhirSettings, base: str, session: aiohttp.ClientSession, now: Now) -> Access:
    smart = server.smart
    if smart is None:
        return FixedToken(_told(server.token))
    account = SmartAccount(
        smart.client_id, keys_of(server).signing, smart.scope, smart.token_url, smart.jwks_url
    )
    return SmartTokens(account, base, session, now)


def _polling(server: FhirSettings) -> Polling:
    return Polling(
        query=tuple(parse_qsl(server.query, keep_blank_values=True)),
        every=timedelta(seconds=server.poll_seconds),
        overlap=timedelta(seconds=server.overlap_seconds),
    )


def _routes(server: FhirSettings, poller: Poller, now: Callable[[], datetime]) -> list[BaseRoute]:
    """The hook where there is a secret, and the public key where there is a private one."""
    routes: list[BaseRoute] = []
    if server.hook_secret:
        routes += Hook(_path(server), poller, _told(server.hook_secret), now).routes()
    if server.smart:
        keys = keys_of(server)

        async def shown(_: Request) -> JSONResponse:
            return JSONResponse(public_keys(*keys.all()))

        routes.append(Route(f"{_path(server)}/jwks.json", shown))
    return routes


def _path(server: FhirSettings) -> str:
    return f"/fhir/{server.name}"


def _told(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
