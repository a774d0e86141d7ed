"""The real SDKs, pointed at a world of their own for each test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.sandbox.people import SlackPerson
from bot.sandbox.world import World

T = TypeVar("T")


class SwappedHost(AsyncTwilioHttpClient):  # type: ignore[misc]  # twilio ships without py.typed
    """Twilio's own client with the host swapped, as the bot's is."""

    def __init__(self, base_url: str, seconds: float = 5.0) -> None:
        super().__init__()
        self.base_url, self.seconds = base_url, seconds

    async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        kwargs["timeout"] = self.seconds
        return await super().request(
            method, url.replace("https://api.twilio.com", self.base_url), *args, **kwargs
        )


@pytest.fixture
def world() -> Iterator[World]:
    with World() as started:
        yield started


@pytest.fixture
def ada(world: World) -> SlackPerson:
    return world.slack_user("U1", name="Dr. Ada Osei", email="ada@hospital.example")


@pytest.fixture
def web(world: World) -> WebClient:
    return WebClient(world.slack_tokens.bot, base_url=world.slack_api_url, retry_handlers=[])


def async_web(world: World) -> AsyncWebClient:
    return AsyncWebClient(world.slack_tokens.bot, base_url=world.slack_api_url, retry_handlers=[])


@pytest.fixture
def app(web: WebClient) -> App:
    """A bolt app without listeners; each test adds its own, then connects it."""
    return App(client=web, process_before_response=False)


@pytest.fixture
def connected(world: World, app: App) -> Iterator[App]:
    handler = SocketModeHandler(app, world.slack_tokens.app)
    handler.connect()
    world.wait_connected()
    yield app
    handler.close()


@asynccontextmanager
async def twilio_client(
    world: World, token: str = "", seconds: float = 5.0
) -> AsyncIterator[Client]:
    http = SwappedHost(world.twilio_api_url, seconds)
    try:
        yield Client(world.twilio_sid, token or world.twilio_token, http_client=http)
    finally:
        await http.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
