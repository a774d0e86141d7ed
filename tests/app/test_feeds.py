"""FHIR servers of one copy: started with it, shown by its health, refused where unsafe."""

import asyncio
import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select

from bot.app import CannotStart, running
from bot.clock import Reading, SystemClock
from bot.domain.page import Notice
from bot.engine import outage
from bot.settings import Settings, load
from bot.sources.fhir.keys import public_keys
from storage import tables
from storage.database import Database
from tests.app.test_cannot_start import NEITHER, SITE, TOKENS, moved_in
from tests.sources.fhir_server import FhirServer, serving
from tests.waiting import soon
from tests.web.served import get
from tests.written import writing

KEY = ECKey.generate_key("P-384")
RENEWED = ECKey.generate_key("P-384")
SERVER = '[[fhir]]\nname = "ehr"\nbase_url = "{base}"\npoll_seconds = 1\n'
SMART = '[fhir.smart]\nclient_id = "rb"\nkey_file = "key.pem"\n'


def settings(folder: Path, server: str) -> Settings:
    url = f"sqlite:///{folder / 'readback.db'}"
    moved_in(url)
    file = folder / "readback.toml"
    file.write_text(SITE.format(url=url) + server, encoding="utf-8")
    return load(file, {**TOKENS, "HOOK": "sixteen-letters!"})


def test_a_server_is_polled_and_shown_by_readyz(tmp_path: Path) -> None:
    server = FhirServer()

    async def run() -> str:
        async with serving(server):
            configured = settings(tmp_path, SERVER.format(base=server.base))
            async with running(configured, SystemClock(), without=frozenset({"slack"})) as copy:
                # The second poll begins when the first has gone well.
                await soon(lambda: len(server.searches()) > 1)
                url = f"http://127.0.0.1:{copy.web_port}/readyz"
                return (await asyncio.to_thread(get, url))[1]

    with writing() as log:
        body = asyncio.run(run())
    assert json.loads(body)["feeds"] == {"fhir-ehr": "ok"}
    assert log.error_lines == []
    assert "category=RAD%2CLP29684-5" in server.searches()[0]


def test_a_server_that_stays_away_is_told_to_the_coordinators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "FEED_MINUTES", 0.5 / 60)
    configured = settings(tmp_path, SERVER.format(base="http://127.0.0.1:9/r4"))
    wanted = select(tables.pages.c.data).where(tables.pages.c.notice == Notice.FEED_DOWN.value)

    async def run() -> None:
        async with running(configured, SystemClock(), without=frozenset({"slack"})) as copy:
            await soon(lambda: bool(found(copy.engine.database)))

    def found(database: Database) -> list[str]:
        return [row.data for row in database.look(lambda c: c.execute(wanted))]

    with writing():
        asyncio.run(run())
    database = Database(configured.database.url)
    assert all(data.endswith(" fhir-ehr") for data in found(database))
    database.close()


def test_the_public_key_is_served_for_the_server_to_fetch(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(KEY.as_pem(private=True))
    dead = SERVER.format(base="http://127.0.0.1:9/r4")
    configured = settings(tmp_path, dead + 'hook_secret_env = "HOOK"\n' + SMART)

    async def run() -> tuple[tuple[int, str], tuple[int, str]]:
        async with running(configured, SystemClock(), without=frozenset({"slack"})) as copy:
            url = f"http://127.0.0.1:{copy.web_port}/fhir/ehr"
            keys = await asyncio.to_thread(get, f"{url}/jwks.json")
            (tmp_path / "key.pem").write_bytes(RENEWED.as_pem(private=True))
            renewed = await asyncio.to_thread(get, f"{url}/jwks.json")
            assert json.loads(renewed[1]) == public_keys(RENEWED)
            return keys, await asyncio.to_thread(get, url)

    with writing():
        (status, keys), hook = asyncio.run(run())
    assert (status, json.loads(keys)) == (200, public_keys(KEY))
    assert hook[0] == 405


class SetBack(SystemClock):
    """Two hours ahead, until somebody sets it right."""

    ahead_by = timedelta(hours=2)

    def read(self) -> Reading:
        wall, elapsed = super().read()
        return Reading(wall + self.ahead_by, elapsed)


def test_a_token_is_asked_for_by_the_real_time_after_the_clock_was_set_back(tmp_path: Path) -> None:
    """Ours stays ahead for a day, and a server takes no assertion that holds for longer than five
    minutes."""
    (tmp_path / "key.pem").write_bytes(KEY.as_pem(private=True))
    server, clock = FhirServer(keys=public_keys(KEY)), SetBack()

    async def run() -> None:
        async with serving(server):
            configured = settings(tmp_path, SERVER.format(base=server.base) + SMART)
            async with running(configured, clock, without=frozenset({"slack"})):
                await soon(lambda: bool(server.assertions))
                clock.ahead_by = timedelta(0)
                seen, server.token = len(server.assertions), "of another time"
                await soon(lambda: len(server.assertions) > seen)

    with writing():
        asyncio.run(run())
    assert server.assertions[-1]["exp"] <= time.time() + 300


def test_a_key_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(b"nothing of the kind")
    configured = settings(tmp_path, SERVER.format(base="http://127.0.0.1:9/r4") + SMART)

    async def run() -> None:
        async with running(configured, SystemClock(), without=NEITHER - {"sms"}):
            pass

    with writing(), pytest.raises(CannotStart, match="key_file of ehr is no PEM"):
        asyncio.run(run())
