"""The listener in TLS, mutual or not, and behind a list of addresses."""

import asyncio
import ssl
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import structlog

from bot.sources.mllp.client import Played, play
from bot.sources.mllp.frames import frame
from bot.sources.mllp.gate import Gate
from bot.sources.mllp.server import Listener, Listening, serve
from bot.sources.mllp.tls import BadTls, TlsFiles, client_context, server_context
from tests.certificates import Authority, Pair, key_pem, new_key
from tests.sources.mllp_senders import Inbox, Sender, connected, listening, numbered
from tests.sources.oru import CHICAGO, NOW, sample
from tests.test_metrics import value
from tests.waiting import soon

PLAIN = Listening(CHICAGO, silence=5.0)


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def ours(ca: Authority) -> Pair:
    return ca.issue()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "report.hl7"
    file.write_bytes(sample())
    return file


def over_tls(pair: Pair, client_ca: Path | None = None) -> Listening:
    return replace(PLAIN, tls=TlsFiles(pair.certificate, pair.key, client_ca))


async def played(listener: Listener, file: Path, tls: ssl.SSLContext | None) -> list[Played]:
    return [one async for one in play([file], "127.0.0.1", listener.port, tls=tls, patience=60)]


def sent(how: Listening, file: Path, tls: ssl.SSLContext | None) -> tuple[Inbox, str]:
    """Send the file once: what was stored, and the answer's code, or why there is none."""

    async def run() -> tuple[Inbox, str]:
        inbox = Inbox()
        async with listening(inbox, how) as listener:
            try:
                (one,) = await played(listener, file, tls)
            except OSError as error:
                await soon(lambda: not listener.connections)
                return inbox, type(error).__name__
            return inbox, one.code or one.text

    return asyncio.run(run())


# ---- TLS ------------------------------------------------------------------------------------


def test_a_report_comes_encrypted(ca: Authority, ours: Pair, report: Path) -> None:
    inbox, answer = sent(over_tls(ours), report, client_context(ca.file))
    assert (answer, inbox.messages[0].data) == ("AA", sample())


def test_a_sender_without_tls_gets_no_word_and_is_logged(ours: Pair, report: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        inbox, answer = sent(over_tls(ours), report, None)
    assert answer == "the connection was closed before an answer"
    assert inbox.messages == []
    assert [(e["event"], e["reason"]) for e in logs] == [("mllp_refused", "no-tls")]


def test_a_sender_that_does_not_trust_our_ca_sends_nothing(
    ours: Pair, report: Path, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other")
    with structlog.testing.capture_logs() as logs:
        inbox, answer = sent(over_tls(ours), report, client_context(other.file))
    assert (answer, inbox.messages) == ("SSLCertVerificationError", [])
    # A sender on asyncio hangs up without a word; others say why.
    assert [entry["event"] for entry in logs] == ["mllp_refused"]
    assert logs[0]["reason"] in {"no-handshake", "our-certificate-not-trusted"}


def test_mutual_tls_takes_a_sender_whose_certificate_our_ca_has_signed(
    ca: Authority, ours: Pair, report: Path
) -> None:
    theirs = ca.issue("ris")
    known = client_context(ca.file, theirs.certificate, theirs.key)
    assert sent(over_tls(ours, ca.file), report, known)[1] == "AA"


@pytest.mark.parametrize("who", ["nobody", "a stranger"])
def test_mutual_tls_takes_nothing_from_others(
    who: str, ca: Authority, ours: Pair, report: Path, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "other").issue("stranger")
    pair = (stranger.certificate, stranger.key) if who == "a stranger" else (None, None)
    with structlog.testing.capture_logs() as logs:
        inbox, answer = sent(over_tls(ours, ca.file), report, client_context(ca.file, *pair))
    assert answer != "AA"
    assert inbox.messages == []
    reasons = {"nobody": "no-certificate", "a stranger": "certificate-not-trusted"}
    assert [entry["reason"] for entry in logs] == [reasons[who]]


def test_tls_older_than_1_2_is_not_spoken(ca: Authority, ours: Pair) -> None:
    assert server_context(TlsFiles(ours.certificate, ours.key)).minimum_version == (
        ssl.TLSVersion.TLSv1_2
    )
    assert client_context(ca.file).minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_renewed_certificate_holds_from_the_next_connection_on(
    ca: Authority, ours: Pair, report: Path, tmp_path: Path
) -> None:
    async def run() -> list[str]:
        new, codes = Authority(tmp_path, "new"), []
        async with listening(Inbox(), over_tls(ours)) as listener:
            codes += [one.code for one in await played(listener, report, client_context(ca.file))]
            ours.certificate.write_bytes(b"half")
            codes += [one.code for one in await played(listener, report, client_context(ca.file))]
            new.issue("readback")
            codes += [one.code for one in await played(listener, report, client_context(new.file))]
        return codes

    with structlog.testing.capture_logs() as logs:
        assert asyncio.run(run()) == ["AA", "AA", "AA"]
    assert [entry["event"] for entry in logs] == ["tls_not_renewed", "tls_renewed"]


def test_two_hundred_senders_in_tls_at_once(ca: Authority, ours: Pair) -> None:
    async def one(listener: Listener, context: ssl.SSLContext, number: int) -> bytes:
        opened = await asyncio.open_connection("127.0.0.1", listener.port, ssl=context)
        sender = Sender(*opened)
        await sender.send(frame(numbered(number)))
        answer = await sender.answer()
        sender.writer.close()
        await sender.writer.wait_closed()
        return answer

    async def run() -> list[bytes]:
        context = client_context(ca.file)
        async with listening(Inbox(), over_tls(ours)) as listener:
            waiting = (one(listener, context, number) for number in range(200))
            return await asyncio.gather(*waiting)

    for number, answer in enumerate(asyncio.run(run())):
        assert f"MSA|AA|MSG{number}\r".encode() in answer


def test_a_report_of_five_megabytes_comes_encrypted(
    ca: Authority, ours: Pair, tmp_path: Path
) -> None:
    file = tmp_path / "large.hl7"
    file.write_bytes(sample("OBX|2|ED|PDF||^application^pdf^Base64^" + "A" * 4_900_000))
    inbox, answer = sent(over_tls(ours), file, client_context(ca.file))
    assert (answer, len(inbox.messages[0].data)) == ("AA", file.stat().st_size)


def test_on_stop_a_sender_in_tls_gets_its_answer(ca: Authority, ours: Pair) -> None:
    async def run() -> None:
        inbox = Inbox(gate=asyncio.Event())
        assert inbox.gate
        listener = await serve(
            "127.0.0.1", 0, inbox.receive, now=lambda: NOW, listening=over_tls(ours)
        )
        context = client_context(ca.file)
        opened = await asyncio.open_connection("127.0.0.1", listener.port, ssl=context)
        sender = Sender(*opened)
        await sender.send(frame(sample()))
        await soon(lambda: inbox.waiting == 1)
        stopping = asyncio.ensure_future(listener.stop())
        inbox.gate.set()
        assert b"MSA|AA|MSG1" in await sender.answer()
        await stopping
        sender.writer.close()

    asyncio.run(run())


def test_who_begins_no_handshake_is_let_go(ours: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sources.mllp.gate.HANDSHAKE_SECONDS", 0.1)

    async def run() -> None:
        async with listening(Inbox(), over_tls(ours)) as listener:
            silent = await connected(listener)
            assert await silent.closed()

    with structlog.testing.capture_logs() as logs:
        asyncio.run(run())
    assert [entry["reason"] for entry in logs] == ["no-handshake"]


def refusal(files: TlsFiles) -> tuple[str, str]:
    with pytest.raises(BadTls) as bad:
        server_context(files)
    return bad.value.which, bad.value.what


def test_files_that_cannot_be_used_are_named_with_the_reason(
    ours: Pair, ca: Authority, tmp_path: Path
) -> None:
    absent, nothing, locked = (tmp_path / name for name in ("absent", "nothing", "locked"))
    broken = tmp_path / "broken"
    broken.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    nothing.write_bytes(b"nothing of the kind")
    locked.write_bytes(key_pem(new_key(), b"secret"))
    other = ca.issue("other")
    here = TlsFiles(ours.certificate, ours.key)
    missing = "cannot be read: No such file or directory"
    assert refusal(replace(here, certificate=absent)) == ("certificate", missing)
    assert refusal(replace(here, key=absent)) == ("key", missing)
    assert refusal(replace(here, client_ca=absent)) == ("client_ca", missing)
    assert refusal(replace(here, certificate=nothing)) == ("certificate", "holds no certificate")
    assert refusal(replace(here, key=nothing)) == ("key", "holds no private key")
    assert refusal(replace(here, client_ca=nothing)) == ("client_ca", "holds no certificate")
    assert refusal(replace(here, key=locked)) == ("key", "is locked by a passphrase")
    assert refusal(replace(here, key=other.key)) == ("key", "does not fit the certificate")
    for which in ("certificate", "client_ca"):
        where, what = refusal(replace(here, **{which: broken}))
        assert (where, what.startswith("cannot be used: ")) == (which, True)


# ---- addresses ------------------------------------------------------------------------------


def allowing(*networks: str) -> Listening:
    return replace(PLAIN, allow=tuple(map(ip_network, networks)))


@pytest.mark.parametrize("network", ["127.0.0.1", "127.0.0.0/8", "0.0.0.0/0"])
def test_an_address_on_the_list_is_taken(network: str, report: Path) -> None:
    assert sent(allowing("10.0.0.0/8", network), report, None)[1] == "AA"


def test_ipv6_and_what_it_maps_of_ipv4_are_known() -> None:
    gate = Gate(tuple(map(ip_network, ("10.1.0.0/16", "fe80::/10"))), None, lambda: NOW)
    assert gate.allows("10.1.2.3")
    assert gate.allows("::ffff:10.1.2.3")
    assert gate.allows("fe80::1%eth0")
    for other in ("10.2.0.1", "::ffff:10.2.0.1", "::1", "", "unknown"):
        assert not gate.allows(other)


@pytest.mark.parametrize("encrypted", [False, True])
def test_others_are_closed_at_once_counted_and_logged_once_a_minute(
    encrypted: bool, ours: Pair
) -> None:
    times = [NOW]
    how = allowing("10.1.0.0/16")
    how = replace(how, tls=over_tls(ours).tls) if encrypted else how

    async def turned_away(listener: Listener) -> None:
        sender = await connected(listener)
        try:
            assert await sender.closed()
        except ConnectionResetError:
            sender.writer.close()
        assert listener.connections == 0

    def clock() -> datetime:
        return times[-1]

    async def run() -> Inbox:
        inbox = Inbox()
        listener = await serve("127.0.0.1", 0, inbox.receive, now=clock, listening=how)
        for _ in range(3):
            await turned_away(listener)
        times.append(NOW + timedelta(minutes=1))
        await turned_away(listener)
        await listener.stop()
        return inbox

    before = value("connections_refused_total", reason="address-not-allowed")
    with structlog.testing.capture_logs() as logs:
        assert asyncio.run(run()).messages == []
    assert value("connections_refused_total", reason="address-not-allowed") == before + 4
    told = [(e["event"], e["reason"], e["count"]) for e in logs]
    refused = ("mllp_refused", "address-not-allowed")
    assert told == [(*refused, 1), (*refused, 3)]
