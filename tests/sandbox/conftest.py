"""The real SDKs, pointed at a world of its own for each test."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.sandbox.people import Phone, SlackPerson
from bot.sandbox.world import World

T = TypeVar("T")


class SwappedHost(AsyncTwilioHttpClient):
    """Twilio's own client with the host swapped, as the bot's is."""

    def __init__(self, base_url: str, seconds: float) -> None:
        super().__init__()
        self.base_url, self.seconds = base_url, seconds

    async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # passes on whatever the SDK gives
        kwargs["timeout"] = self.seconds
        there = url.replace("https://api.twilio.com", self.base_url)
        return await super().request(method, there, *args, **kwargs)


class Dial(Protocol):
    """Opens a Twilio client; another token or less patience on request."""

    def __call__(
        self, token: str = "", seconds: float = 5.0
    ) -> AbstractAsyncContextManager[Client]: ...


class Run(Protocol):
    """Runs asynchronous work to its end."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> T: ...


@pytest.fixture
def world(caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    with World() as started:
        yield started
    of_the_server = [r for r in caplog.get_records("call") if r.name.startswith("uvicorn")]
    assert [r for r in of_the_server if r.levelno >= logging.ERROR] == []
    assert [e for e in started.twilio.carrier.errors if "broke" in e] == []


@pytest.fixture
def ada(world: World) -> SlackPerson:
    return world.slack_user("U1", name="Dr. Ada Osei", email="ada@hospital.example")


@pytest.fixture
def phone(world: World) -> Phone:
    return world.phone("+15555550101")


@pytest.fixture
def web(world: World) -> WebClient:
    return WebClient(world.slack_tokens.bot, base_url=world.slack_api_url, retry_handlers=[])


@pytest.fixture
def async_web(world: World) -> AsyncWebClient:
    return AsyncWebClient(world.slack_tokens.bot, base_url=world.slack_api_url, retry_handlers=[])


@pytest.fixture
def app(world: World, web: WebClient) -> App:
    """A bolt app without listeners: each test adds its own."""
    return App(client=web, signing_secret=world.slack_tokens.signing_secret)


@pytest.fixture
def connected(world: World, app: App) -> Iterator[App]:
    handler = SocketModeHandler(app, world.slack_tokens.app)
    handler.connect()  # type: ignore[no-untyped-call]  # bolt leaves it untyped
    world.wait_connected()
    yield app
    handler.close()  # type: ignore[no-untyped-call]  # as above


@pytest.fixture
def run() -> Run:
    return asyncio.run


@pytest.fixture
def dial(world: World) -> Dial:
    @asynccontextmanager
    async def opened(token: str = "", seconds: float = 5.0) -> AsyncIterator[Client]:
        http = SwappedHost(world.twilio_api_url, seconds)
        try:
            sid, token = world.twilio_sid, token or world.twilio_token
            yield Client(sid, token, http_client=http)  # type: ignore[no-untyped-call]  # twilio's
        finally:
            await http.close()  # type: ignore[no-untyped-call]  # as above

    return opened


# Twilio's client still hands its credentials to aiohttp the way that aiohttp 4 will drop.
OLD_AUTH = "ignore:.*(BasicAuth|'auth' parameter).* is deprecated:DeprecationWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "dial" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.filterwarnings(OLD_AUTH))
