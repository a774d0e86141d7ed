"""Twilio's REST API through its own SDK, on one shared session and with a limit to every wait.

The SDK's async transport neither keeps the timeout it is given nor maps aiohttp's errors, and
cannot be pointed at another host; this subclass does all three. Nothing here tries again by
itself: the outbox decides.
"""

import base64
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.base.version import Version
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.clock import system_now
from bot.connections import NEVER_CONNECTED, answered_at, connector, retry_after
from bot.domain.page import SendFailed, SendUncertain
from bot.phone.errors import failure

T = TypeVar("T")
TWILIO = "https://api.twilio.com"
LONGEST_RETRY_AFTER = 600.0
MOST_BYTES = 16 * 1024 * 1024
BROKEN = 500
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0

# The SDK's exception leaves the headers out; this is the answer's to the call made last in a task.
_retry_after: ContextVar[float | None] = ContextVar("retry_after", default=None)


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """``sender`` is the number (E.164) that messages come from; ``api_url`` the real service or
    any base URL in its place, asked through ``proxy`` where there is one. Timeouts in seconds: for
    the connection, and for the whole call."""

    sid: str
    auth_token: str
    sender: str
    api_url: str = TWILIO
    proxy: str | None = None
    connect_seconds: float = field(default_factory=lambda: CONNECT_SECONDS)
    total_seconds: float = field(default_factory=lambda: ANSWER_SECONDS)

    def __repr__(self) -> str:
        """Without the token."""
        return f"TwilioAccount({self.sid}, {self.sender})"


class Transport(AsyncTwilioHttpClient):
    """The SDK's requests over a session of ours. Make it inside the running loop.

    ``ahead``: how far this machine's clock was before Twilio's when it answered last.
    """

    def __init__(self, account: TwilioAccount) -> None:
        super().__init__(pool_connections=False)
        self.ahead = timedelta(0)
        self._base = urlsplit(account.api_url)
        # Without a limit to connections nobody queues for one, where a timeout would look as if
        # the request had gone out; the dispatcher bounds how many pages are in flight.
        self._shared = self.session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(account.total_seconds, connect=account.connect_seconds),
            connector=connector(limit=0),
            proxy=account.proxy,
        )

    async def request(  # type: ignore[override]  # the SDK's own async class overrides it so
        self,
        method: str,
        url: str,
        params: dict[str, str] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: object,  # timeout and allow_redirects: the session has its own
    ) -> Response:
        """One HTTP request to the configured host. Raises aiohttp's errors and TimeoutError."""
        sent = {**(headers or {}), **(_basic(auth) if auth else {})}
        async with self._shared.request(
            method.upper(),
            self._moved(url),
            params=params,
            data=data,
            headers=sent,
            allow_redirects=False,
        ) as answer:
            _retry_after.set(retry_after(answer.headers, LONGEST_RETRY_AFTER))
            if there := answered_at(answer.headers):
                self.ahead = system_now() - there
            return Response(answer.status, await _text(answer), answer.headers)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._shared.close()

    def _moved(self, url: str) -> str:
        parts = urlsplit(url)
        path = self._base.path.rstrip("/") + parts.path
        return urlunsplit((self._base.scheme, self._base.netloc, path, parts.query, ""))


async def _text(answer: aiohttp.ClientResponse) -> str:
    """The body, of an answer that ends some time. Raises ClientPayloadError where it does not."""
    body = bytearray()
    async for chunk in answer.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > MOST_BYTES:
            answer.close()
            raise aiohttp.ClientPayloadError("the answer does not end")
    return body.decode(errors="replace")


def _basic(auth: tuple[str, str]) -> dict[str, str]:
    """RFC 7617. aiohttp's own way of it is on its way out."""
    encoded = base64.b64encode(":".join(auth).encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def connect(account: TwilioAccount) -> Client:
    """The SDK's client. Make it inside the running loop, and hang up at the end."""
    transport = Transport(account)
    # An environment that is not empty keeps the SDK from reading the real one.
    return Client(account.sid, account.auth_token, http_client=transport, environment={"-": "-"})  # type: ignore[no-untyped-call]  # untyped in the SDK


async def hang_up(client: Client) -> None:
    """Let go of the client's connections."""
    if isinstance(client.http_client, Transport):
        await client.http_client.close()


_NOT_ASKED = "not-asked-yet"


class Line:
    """One client for one kind of message, and whether the last call to Twilio went well."""

    def __init__(self, account: TwilioAccount) -> None:
        self.client: Client = connect(account)
        self._trouble = _NOT_ASKED

    @property
    def works(self) -> bool:
        """Nothing went wrong with the last call."""
        return self._trouble in {"", _NOT_ASKED}

    async def asked(self, call: Awaitable[T], tries: int = 1) -> T:
        """The call's result, as ``asked`` has it; remembers whether Twilio could be worked with."""
        try:
            result = await asked(call, tries)
        except SendFailed as failed:
            self._trouble = "" if failed.permanent and not failed.configuration else failed.reason
            raise
        except SendUncertain as error:
            self._trouble = str(error)
            raise
        self._trouble = ""
        return result

    async def check(self, ask: Callable[[], Awaitable[object]]) -> str:
        """For /readyz: "ok", or a slug for what is wrong with the account or the way to it.

        Asks Twilio only where the last call to it did not go well.
        """
        if self._trouble:
            try:
                await self.asked(ask())
            except (SendFailed, SendUncertain) as error:
                return str(error)
        return self._trouble or "ok"

    @property
    def ahead(self) -> timedelta:
        """How far this machine's clock is before Twilio's, as its latest answer tells; nothing
        before the first."""
        transport = self.client.http_client
        return transport.ahead if isinstance(transport, Transport) else timedelta(0)

    async def hang_up(self) -> None:
        """Let go of the connections."""
        await hang_up(self.client)


async def asked(call: Awaitable[T], tries: int = 1) -> T:
    """The call's result, with its errors as those that the engine knows.

    Raises SendFailed where Twilio refused it or was not reached, SendUncertain where the request
    went out and no answer came back that tells what became of it.
    """
    try:
        return await call
    except TwilioException as refused:
        status, code = _said(refused)
        raise failure(status, code, tries, _retry_after.get()) from None
    except NEVER_CONNECTED:
        raise SendFailed("twilio-unreachable", permanent=False) from None
    except (aiohttp.ClientError, TimeoutError):
        raise SendUncertain("twilio-no-answer") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        # A success whose body is no message (a proxy's page, a cut JSON): it may have been taken.
        raise SendUncertain("twilio-unreadable-answer") from None


def _said(refused: TwilioException) -> tuple[int, int | None]:
    """The HTTP status and Twilio's code, in each of the ways in which the SDK puts them."""
    match refused:
        case TwilioRestException() | TwilioServiceException():
            return int(refused.status), _number(refused.code)
        case TwilioException(args=(_, Response() as answer)):  # what a list says
            return answer.status_code, _number(Version.exception("GET", "", answer, "").code)
        case _:
            return BROKEN, None


def _number(code: object) -> int | None:
    return code if isinstance(code, int) else None
