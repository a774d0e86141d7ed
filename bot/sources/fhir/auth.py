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
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey, import_key

from bot.sources.fhir.exchange import Answer, Refused, call

Key = RSAKey | ECKey
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# At most five minutes by the standard; less spares a server whose clock is behind ours.
_ASSERTION_LIVES = timedelta(minutes=4)
_DEFAULT_LIFE, _LONGEST_LIFE = 300.0, 86_400.0
"""Seconds. Some servers write for a token that never ends what no calendar has room for."""
_SPARE = timedelta(seconds=30)
_OAUTH_ERRORS = frozenset(
    ("invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client")
)


class BadKey(Exception):
    """The key file cannot be used. The text says why, and quotes nothing of it."""


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
    """``token_url`` is discovered where it is empty. ``jwks_url`` goes into the header as jku."""

    client_id: str
    key: Key = field(repr=False)
    scope: str
    token_url: str = ""
    jwks_url: str = ""


def signing_key(data: bytes) -> Key:
    """The first private key of a PEM file, a JWK or a JWK set that fits. Raises BadKey."""
    try:
        keys = _keys(data)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise BadKey("is no PEM, JWK or JWK set with a private key") from None
    for key in keys:
        if isinstance(key, RSAKey | ECKey) and key.is_private and _algorithm(key):
            return key
    raise BadKey("holds no private key for RS384 (RSA) or ES384 (P-384)")


def _keys(data: bytes) -> list[Any]:
    if data.lstrip().startswith(b"-----BEGIN"):
        try:
            return [import_key(data, "RSA")]
        except (JoseError, ValueError, TypeError):
            return [import_key(data, "EC")]
    found = json.loads(data)
    return list(KeySet.import_key_set(found).keys) if "keys" in found else [import_key(found)]


def _algorithm(key: Key) -> str:
    if isinstance(key, RSAKey):
        return "RS384"
    return "ES384" if key.curve_name == "P-384" else ""


def public_keys(key: Key) -> dict[str, Any]:
    """The JWK set that the server is given, as a file or behind jwks_url; nothing secret in it."""
    public = key.as_dict(private=False)
    facts = {"kid": _kid(key), "alg": _algorithm(key), "use": "sig", "key_ops": ["verify"]}
    return {"keys": [{**public, **facts}]}


def _kid(key: Key) -> str:
    return key.kid or key.thumbprint()


def assertion(account: SmartAccount, token_url: str, now: datetime) -> str:
    """A signed JWT that is good once, for four minutes."""
    header = {"alg": _algorithm(account.key), "kid": _kid(account.key)}
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
    return jwt.encode(header, claims, account.key, algorithms=["RS384", "ES384"])


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
        self._one_at_a_time = asyncio.Lock()

    async def headers(self) -> dict[str, str]:
        """With a token that holds for half a minute more at least."""
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
        answer = await call(self._session, "POST", url, headers=headers, body=body)
        told = _object(answer)
        _refuse(answer, told)
        token, lives = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token:
            raise Refused("token-missing")
        self._token, self._good_until = token, now + _life(lives) - _SPARE

    async def _discovered(self) -> str:
        url = f"{self._base}.well-known/smart-configuration"
        answer = await call(self._session, "GET", url, headers={"Accept": "application/json"})
        answer.refuse("smart-configuration")
        found = _object(answer).get("token_endpoint")
        if not isinstance(found, str) or not found.startswith(("https://", "http://")):
            raise Refused("no-token-endpoint")
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
