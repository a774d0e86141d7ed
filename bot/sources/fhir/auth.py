"""Who we are to a FHIR server: nobody, a fixed token, or SMART Backend Services.

SMART App Launch 2.2, "Backend Services": a signed assertion (RFC 7523) buys a short-lived token.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
from joserfc import jwt

from bot.log import log
from bot.sources.fhir.exchange import Answer, Refused, call, date
from bot.sources.fhir.keys import Key, algorithm, key_id

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# At most five minutes by the standard; less spares a server whose clock is behind ours.
_ASSERTION_LIVES = timedelta(minutes=4)
_DEFAULT_LIFE, _LONGEST_LIFE = 300.0, 86_400.0
"""Seconds. Some servers write for a token that never ends what no calendar has room for."""
_SPARE = timedelta(seconds=30)
"""In its last seconds no token is used; one that lives for less than a minute in its first half."""
_SAME_TIME = timedelta(seconds=10)
IN_CLEAR = "token-endpoint-in-clear"
_NOT_TAKEN = frozenset({400, 401, 403})
_OAUTH_ERRORS = frozenset(
    ("invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client")
)


class Access(Protocol):
    """What makes a request ours."""

    async def headers(self) -> dict[str, str]:
        """The headers to send along. Raises TryLater or Refused where no token can be had."""

    def forget(self) -> None:
        """The server did not take it: get another one."""


@dataclass(frozen=True)
class FixedToken:
    """A bearer token that does not change; empty for a server that asks for none."""

    token: str = field(default="", repr=False)

    async def headers(self) -> dict[str, str]:
        """The token, where there is one."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def forget(self) -> None:
        """There is no other one."""


@dataclass(frozen=True)
class SmartAccount:
    """``key`` is asked at each signature, as keys are renewed. ``token_url`` is discovered where it
    is empty. ``jwks_url`` goes into the header as jku."""

    client_id: str
    key: Callable[[], Key] = field(repr=False)
    scope: str
    token_url: str = ""
    jwks_url: str = ""


def assertion(account: SmartAccount, token_url: str, now: datetime) -> str:
    """A signed JWT that is good once, for four minutes."""
    key = account.key()
    header = {"alg": algorithm(key), "kid": key_id(key)}
    if account.jwks_url:
        header["jku"] = account.jwks_url
    claims = {
        "iss": account.client_id,
        "sub": account.client_id,
        "aud": token_url,
        "iat": int(now.timestamp()),
        "exp": int((now + _ASSERTION_LIVES).timestamp()),
        "jti": token_urlsafe(24),
    }
    return jwt.encode(header, claims, key, algorithms=["RS384", "ES384"])


class SmartTokens:
    """Tokens for one account at one server (``base`` ends in a slash), each used until it ends."""

    def __init__(
        self,
        account: SmartAccount,
        base: str,
        session: aiohttp.ClientSession,
        now: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._base = base
        self._session = session
        self._now = now
        self._token = ""
        self._good_until: datetime | None = None
        self._ahead = timedelta(0)
        self._one_at_a_time = asyncio.Lock()

    async def headers(self) -> dict[str, str]:
        """With a token that holds for a while yet."""
        async with self._one_at_a_time:
            if self._good_until is None or self._now() >= self._good_until:
                await self._renew()
            return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> None:
        """Have the next request get a new token."""
        self._good_until = None

    async def _renew(self) -> None:
        url = self._account.token_url or await self._discovered()
        now = self._now()
        answer = await self._asked(url, now + self._ahead)
        if answer.status in _NOT_TAKEN and self._differs(answer, now):
            answer = await self._asked(url, now + self._ahead)
        told = _object(answer)
        _refuse(answer, told)
        token, lives = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token:
            raise Refused("token-missing")
        life = _life(lives)
        self._token, self._good_until = token, now + life - min(_SPARE, life / 2)

    async def _asked(self, url: str, now: datetime) -> Answer:
        form = {
            "grant_type": "client_credentials",
            "scope": self._account.scope,
            "client_assertion_type": _ASSERTION,
            "client_assertion": assertion(self._account, url, now),
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        body = urlencode(form).encode()
        return await call(self._session, "POST", url, headers=headers, body=body)

    def _differs(self, answer: Answer, now: datetime) -> bool:
        """Whether the server's clock shows another time than the one we signed with: to it the
        assertion has ended, or has not begun. From then on it is signed by that clock."""
        theirs = date(answer.headers)
        if theirs is None or abs(theirs - now - self._ahead) < _SAME_TIME:
            return False
        self._ahead = theirs - now
        log.warning("clock_of_token_endpoint_differs", seconds=round(self._ahead.total_seconds()))
        return True

    async def _discovered(self) -> str:
        url = f"{self._base}.well-known/smart-configuration"
        answer = await call(self._session, "GET", url, headers={"Accept": "application/json"})
        answer.refuse("smart-configuration")
        found = _object(answer).get("token_endpoint")
        if not isinstance(found, str) or not found.startswith(("https://", "http://")):
            raise Refused("no-token-endpoint")
        if self._base.startswith("https://") and found.startswith("http://"):
            raise Refused(IN_CLEAR)  # whoever hears the token there can read every report here
        return found


def _life(stated: object) -> timedelta:
    """Of ``expires_in``; JSON as Python reads it also has NaN and Infinity."""
    if not isinstance(stated, int | float) or stated != stated:  # noqa: PLR0124 - only NaN is so
        return timedelta(seconds=_DEFAULT_LIFE)
    return timedelta(seconds=min(max(stated, 0.0), _LONGEST_LIFE))


def _refuse(answer: Answer, told: dict[str, Any]) -> None:
    error = told.get("error")
    if isinstance(error, str) and error in _OAUTH_ERRORS:
        raise Refused(f"token-{error.replace('_', '-')}", answer.status)
    answer.refuse("token")


def _object(answer: Answer) -> dict[str, Any]:
    """The JSON object that was answered; an empty one where it is none."""
    try:
        found = json.loads(answer.body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
