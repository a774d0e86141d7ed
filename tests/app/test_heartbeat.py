"""Whoever waits for a sign of life gets one while Readback can work, and none while it cannot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from bot.app import heartbeat, running
from bot.app.heartbeat import Heartbeat
from bot.clock import SystemClock
from bot.settings import Settings
from tests.app.test_feeds import settings
from tests.scenarios.test_database_away import locked
from tests.waiting import soon
from tests.web.served import get
from tests.written import writing

SECRET = "/ping/7d0c1f9e-of-this-site"


@dataclass
class Monitor:
    """Somebody outside; ``status`` is what it answers."""

    status: int = 200
    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Twilio as well, of which it says that it works."""
        if request.path != SECRET:
            return web.json_response({"messages": []})
        self.asked.append(request.path)
        return web.Response(status=self.status)


@asynccontextmanager
async def waiting() -> AsyncIterator[Monitor]:
    monitor, app = Monitor(), web.Application()
    app.router.add_get("/{path:.*}", monitor.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monitor.url = f"http://127.0.0.1:{runner.addresses[0][1]}{SECRET}"
    yield monitor
    await runner.cleanup()


def beating(given: Settings, monitor: Monitor) -> Settings:
    twilio = given.twilio.model_copy(update={"api_url": monitor.url.removesuffix(SECRET)})
    web = given.web.model_copy(update={"heartbeat_url": monitor.url})
    return given.model_copy(update={"twilio": twilio, "web": web})


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.1)


def test_it_beats_while_the_database_takes_something_and_not_while_it_takes_nothing(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        async with waiting() as monitor:
            given = beating(settings(tmp_path, ""), monitor)
            async with running(given, SystemClock(), without=frozenset({"slack"})) as copy:
                ready = f"http://127.0.0.1:{copy.web_port}/readyz"
                await soon(lambda: len(monitor.asked) > 1)
                with locked(given.database.url):
                    while (await asyncio.to_thread(get, ready))[0] != 503:
                        pass
                    seen = len(monitor.asked)
                    assert (await asyncio.to_thread(get, ready))[0] == 503
                    assert len(monitor.asked) == seen
                await soon(lambda: len(monitor.asked) > seen)

    with writing() as log:
        asyncio.run(run())
    assert "7d0c1f9e" not in log.getvalue()


def test_one_that_nobody_takes_is_in_the_log_once_without_its_address() -> None:
    async def ready() -> bool:
        return True

    async def run() -> None:
        async with waiting() as monitor:
            monitor.status = 404
            beating = asyncio.create_task(Heartbeat(monitor.url, ready).run())
            await soon(lambda: len(monitor.asked) > 2)
            monitor.status = 200
            await soon(lambda: "heartbeat_taken" in log.getvalue())
            beating.cancel()
        beating = asyncio.create_task(Heartbeat(monitor.url, ready).run())
        await soon(lambda: "unreachable" in log.getvalue())
        beating.cancel()

    with writing() as log:
        asyncio.run(run())
    told = [(line["event"], line.get("reason")) for line in log.lines]
    assert told == [
        ("heartbeat_not_taken", "http-404"),
        ("heartbeat_taken", None),
        ("heartbeat_not_taken", "unreachable"),
    ]
    assert "7d0c1f9e" not in log.getvalue()
