"""SMART Backend Services: what we sign, and how long a token is used."""

import asyncio
import json
import ssl
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from bot.sources.fhir.auth import FixedToken, SmartAccount, SmartTokens
from bot.sources.fhir.client import FhirClient
from bot.sources.fhir.exchange import Refused, TryLater
from bot.sources.fhir.keys import BadKey, Key, KeyFile, public_keys, signing_keys
from tests.certificates import Authority
from tests.sources.fhir_samples import NOW, resource
from tests.sources.fhir_server import FhirServer, Reading, serving, stocked
from tests.written import writing

RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-384")


def asking(
    reading: Reading,
    server: FhirServer,
    key: Key,
    minutes: tuple[float, ...] = (0,),
    jwks_url: str = "",
) -> list[bool]:
    """Whether each read got the report; the clock is moved before it."""
    server.keys = public_keys(key)
    server.token = "none yet"

    async def run() -> list[bool]:
        async with serving(server), reading.client(server) as open_client:
            account = SmartAccount("readback", lambda: key, "system/*.read", jwks_url=jwks_url)
            now = reading.clock.now
            tokens = SmartTokens(account, server.base, open_client.session, now)
            client = FhirClient(server.base, open_client.session, tokens)
            found = []
            for later in minutes:
                reading.clock.at += timedelta(minutes=later)
                found.append(await client.read("DiagnosticReport/r1") == resource("report"))
            return found

    return asyncio.run(run())


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS384"), (EC, "ES384")])
def test_an_assertion_is_short_lived_and_names_us_and_the_key(
    reading: Reading, key: Key, algorithm: str
) -> None:
    server = stocked()
    assert asking(reading, server, key) == [True]
    [claims] = server.assertions
    assert claims["header"] == {"typ": "JWT", "alg": algorithm, "kid": key.thumbprint()}
    assert claims["iss"] == claims["sub"] == "readback"
    assert claims["aud"] == server.base.replace("/r4/", "/token")
    assert 0 < claims["exp"] - NOW.timestamp() <= 300
    assert claims["scope"] == "system/*.read"


def test_a_token_is_used_until_it_ends_and_no_assertion_twice(reading: Reading) -> None:
    server = stocked(lives=300)
    assert asking(reading, server, EC, (0, 4, 1, 1)) == [True] * 4
    assert len(server.assertions) == 2
    assert len({claims["jti"] for claims in server.assertions}) == 2


def test_one_that_lives_for_seconds_is_used_for_half_of_them(reading: Reading) -> None:
    """Bought anew for each request, it ends those that are under way where there is one at most."""
    server = stocked(lives=20)
    assert asking(reading, server, EC, (0, 5 / 60, 4 / 60, 2 / 60)) == [True] * 4
    assert len(server.assertions) == 2


def test_a_token_that_the_server_takes_no_more_is_replaced_at_once(reading: Reading) -> None:
    server = stocked()

    async def run() -> None:
        server.keys = public_keys(EC)
        server.token = "none yet"
        async with serving(server), reading.client(server) as opened:
            account = SmartAccount("readback", lambda: EC, "system/*.read")
            tokens = SmartTokens(account, server.base, opened.session, reading.clock.now)
            client = FhirClient(server.base, opened.session, tokens)
            assert await client.read("DiagnosticReport/r1")
            server.token = "revoked"
            assert await client.read("DiagnosticReport/r1")

    asyncio.run(run())
    assert len(server.assertions) == 2


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_server_whose_clock_is_another_one_is_signed_for_by_its_own(
    reading: Reading, minutes: int
) -> None:
    server = stocked(checks_time=True, clock=NOW + timedelta(minutes=minutes), lives=0)
    with writing() as log:
        assert asking(reading, server, EC, (0, 0)) == [True] * 2
    assert len(server.assertions) == 2
    [told] = log.lines
    assert (told["event"], told["seconds"]) == ("clock_of_token_endpoint_differs", minutes * 60)


def test_the_address_of_our_keys_goes_along(reading: Reading) -> None:
    server = stocked()
    asking(reading, server, EC, jwks_url="https://readback.example.org/fhir/ehr/jwks.json")
    assert server.assertions[0]["header"]["jku"].endswith("/fhir/ehr/jwks.json")


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, {"error": "invalid_client"}, "token-invalid-client"),
        (400, {"error": "text of a stranger"}, "token-400"),
        (400, ["<html>"], "token-400"),
        (200, {}, "token-missing"),
    ],
)
def test_a_refused_assertion_says_what_the_server_said(
    reading: Reading, status: int, body: object, reason: str
) -> None:
    assert isinstance(_failure(reading, status, json.dumps(body)), Refused)
    assert str(_failure(reading, status, json.dumps(body))) == reason


@pytest.mark.parametrize(("status", "body"), [(503, "<html>"), (429, "{}")])
def test_a_token_endpoint_that_is_ill_is_tried_again(
    reading: Reading, status: int, body: str
) -> None:
    assert isinstance(_failure(reading, status, body), TryLater)


def test_a_token_is_never_asked_for_in_clear_by_what_a_server_with_tls_says(tmp_path: Path) -> None:
    """One behind a proxy that ends TLS may believe that it speaks none."""
    authority = Authority(tmp_path)
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    pair = authority.issue()
    theirs.load_cert_chain(pair.certificate, pair.key)
    ours.load_verify_locations(authority.file)
    account = SmartAccount("readback", lambda: EC, "system/*.read")

    async def run() -> None:
        connector = aiohttp.TCPConnector(ssl=ours)
        async with (
            serving(FhirServer(), theirs) as server,
            aiohttp.ClientSession(connector=connector) as session,
        ):
            await SmartTokens(account, server.base, session, lambda: NOW).headers()

    with pytest.raises(Refused, match="token-endpoint-in-clear"):
        asyncio.run(run())


def _failure(reading: Reading, status: int, body: str) -> Exception:
    """What comes of a token endpoint that answers so."""
    server = stocked()
    server.tokens_fail = (status, body)
    with pytest.raises((Refused, TryLater)) as caught:
        asking(reading, server, EC)
    return caught.value


def test_a_fixed_token_is_sent_and_never_shown(reading: Reading) -> None:
    server = stocked(token="fixed-for-tests")

    async def run() -> bool:
        async with serving(server), reading.client(server) as client:
            return await client.read("DiagnosticReport/r1") is not None

    assert asyncio.run(run())
    assert "fixed" not in repr(FixedToken("fixed-for-tests"))


# ---- key files ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [RSA, EC])
def test_a_private_key_is_read_as_pem_as_jwk_and_as_a_set(key: Key) -> None:
    alone = json.dumps(key.as_dict(private=True)).encode()
    together = json.dumps(KeySet([ECKey.generate_key("P-256"), key]).as_dict(private=True)).encode()
    for data in (key.as_pem(private=True), alone, together):
        assert signing_keys(data)[0].thumbprint() == key.thumbprint()


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"Bag Attributes\n    localKeyID: 01\n"])
def test_a_key_out_of_a_key_store_or_an_editor_has_words_or_a_mark_before_it(before: bytes) -> None:
    for key in (RSA, EC):
        data = before + key.as_pem(private=True)
        assert signing_keys(data)[0].thumbprint() == key.thumbprint()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"-----BEGIN NONSENSE-----",
        b"{}",
        b"[1]",
        b'{"keys": []}',
        RSA.as_pem(private=False),
        json.dumps(EC.as_dict(private=False)).encode(),
        json.dumps(OctKey.generate_key(256).as_dict()).encode(),
        ECKey.generate_key("P-256").as_pem(private=True),
    ],
    ids=["empty", "nonsense", "object", "list", "no-keys", "public", "public-jwk", "oct", "P-256"],
)
def test_what_holds_no_fitting_private_key_is_refused(data: bytes) -> None:
    with pytest.raises(BadKey):
        signing_keys(data)


def test_the_published_keys_hold_nothing_private(tmp_path: Path) -> None:
    [shown] = public_keys(EC)["keys"]
    assert "d" not in shown
    assert (shown["alg"], shown["use"], shown["kid"]) == ("ES384", "sig", EC.thumbprint())


def test_a_key_file_that_changes_is_read_again_and_its_other_keys_are_published(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(EC.as_pem(private=True))
    keys = KeyFile(path, "ehr")
    assert keys.signing().thumbprint() == EC.thumbprint()
    path.write_text(json.dumps(KeySet([RSA, EC]).as_dict(private=True)))
    with writing() as log:
        assert keys.signing().thumbprint() == RSA.thumbprint()
        shown = [one["kid"] for one in public_keys(*keys.all())["keys"]]
        assert shown == [RSA.thumbprint(), EC.thumbprint()]
        path.write_bytes(b"half a")
        assert keys.signing().thumbprint() == RSA.thumbprint()
        path.unlink()
        assert keys.signing().thumbprint() == RSA.thumbprint()
    events = [line["event"] for line in log.lines]
    assert events == ["key_renewed", "key_not_renewed", "key_not_renewed"]
