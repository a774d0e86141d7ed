"""The listener and the folders as the settings have them, and refused with line and cure."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.app import CannotStart, Running, listening, running
from bot.cli import app
from bot.clock import SystemClock
from bot.domain.outage import HL7
from bot.domain.page import Notice
from bot.engine import outage
from bot.settings import Settings, load
from bot.sources.mllp.client import ask
from bot.sources.mllp.frames import frame
from storage import tables
from tests.app.test_cannot_start import SITE, TOKENS, moved_in, refusal
from tests.certificates import Authority, Pair
from tests.cli.conftest import report
from tests.waiting import soon
from tests.web.served import get
from tests.written import writing

TLS = 'tls_certificate = "readback.pem"\ntls_key = "readback.key"\n'


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def ours(ca: Authority) -> Pair:
    return ca.issue()


def settings(folder: Path, hl7: str = "", more: str = "") -> Settings:
    """``hl7`` stands in that section, from line 9 on; ``more`` at the end."""
    url = f"sqlite:///{folder / 'readback.db'}"
    moved_in(url)
    file = folder / "readback.toml"
    text = SITE.format(url=url).replace("[hl7]\nport = 0\n", f"[hl7]\nport = 0\n{hl7}")
    file.write_text(text + more, encoding="utf-8")
    return load(file, TOKENS)


def sent(given: Settings, *words: str) -> Result:
    """`readback send` to a running Readback with these settings."""
    file = Path(given.database.url.removeprefix("sqlite:///")).with_name("report.hl7")
    file.write_bytes(report())

    async def run() -> Result:
        async with running(given, SystemClock(), without=frozenset({"slack"})) as copy:
            to = f"127.0.0.1:{copy.hl7_port}"
            command = ["send", str(file), "--to", to, "--timeout", "5", *words]
            return await asyncio.to_thread(CliRunner().invoke, app, command)

    with writing():
        return asyncio.run(run())


def test_senders_that_have_gone_silent_are_told_unless_a_message_comes_before_anybody_hears_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "NOTE_EVERY", 1.5)
    line = outage.Line(HL7, Notice.FEED_DOWN, Notice.FEED_BACK, minutes=1.5 / 60)
    monkeypatch.setattr(outage, "hl7", lambda _: line)
    given = settings(tmp_path, "silence_minutes = 90\n")

    async def run() -> list[str]:
        async with running(given, SystemClock(), without=frozenset({"slack"})) as copy:
            await soon(lambda: bool(told(copy, Notice.FEED_DOWN)))
            reader, writer = await asyncio.open_connection("127.0.0.1", copy.hl7_port)
            writer.write(frame(report()))
            await reader.readuntil(b"\x1c")
            await soon(lambda: "cancelled" in told(copy, Notice.FEED_DOWN).values())
            writer.close()
            assert not told(copy, Notice.FEED_BACK)
            return list(told(copy, Notice.FEED_DOWN))

    def told(copy: Running, notice: Notice) -> dict[str, str]:
        columns = tables.pages.c
        wanted = select(columns.data, columns.state).where(columns.notice == notice.value)
        found = copy.engine.database.look(lambda c: c.execute(wanted.order_by(columns.id)))
        return {row.data: row.state for row in found}

    with writing():
        assert {data.rpartition(" ")[2] for data in asyncio.run(run())} == {"hl7"}


def test_a_newcomer_can_send_over_tls_with_one_option(
    tmp_path: Path, ca: Authority, ours: Pair
) -> None:
    result = sent(settings(tmp_path, TLS), "--ca", str(ca.file))
    assert (result.exit_code, "1 of 1 message accepted." in result.stderr) == (0, True)


def test_who_does_not_trust_our_certificate_is_told_what_to_do(tmp_path: Path, ours: Pair) -> None:
    result = sent(settings(tmp_path, TLS), "--tls")
    assert result.exit_code == 1
    assert "certificate is not trusted" in result.stderr
    assert "--ca names its CA" in result.stderr


def test_plain_text_gets_no_answer_where_tls_is_spoken(tmp_path: Path, ours: Pair) -> None:
    result = sent(settings(tmp_path, TLS))
    assert result.exit_code == 1
    assert "the connection was closed before an answer" in result.stdout
    assert "that speaks TLS alone (--tls), or does not allow our address" in result.stderr


def test_mutual_tls_by_the_settings(tmp_path: Path, ca: Authority, ours: Pair) -> None:
    mutual = settings(tmp_path, f'{TLS}tls_client_ca = "ca.pem"\n')
    theirs = ca.issue("ris")
    own = ("--cert", str(theirs.certificate), "--key", str(theirs.key))
    assert sent(mutual, "--ca", str(ca.file), *own).exit_code == 0
    refused = sent(mutual, "--ca", str(ca.file))
    assert refused.exit_code == 1
    assert "wants a certificate of ours ends so: --cert and --key" in refused.stderr


@pytest.mark.parametrize(("network", "code"), [("127.0.0.0/8", 0), ("10.1.0.0/16", 1)])
def test_the_list_of_addresses_holds(tmp_path: Path, network: str, code: int) -> None:
    assert sent(settings(tmp_path, f'allow = ["{network}"]\n')).exit_code == code


def test_files_for_send_that_cannot_be_used_are_named(tmp_path: Path, ours: Pair) -> None:
    file = tmp_path / "report.hl7"
    file.write_bytes(report())

    def told(*words: str) -> str:
        result = CliRunner().invoke(app, ["send", str(file), *words])
        assert result.exit_code == 2
        return " ".join(result.stderr.split())

    absent, key = str(tmp_path / "absent"), str(ours.key)
    assert f"{absent} cannot be read: No such file" in told("--ca", absent)
    assert f"{key} holds no certificate." in told("--cert", key)
    assert "--key stands without --cert" in told("--key", key)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("tls_key", "hl7.tls_key (line 10) cannot be read: No such file or directory."),
        ("other key", "hl7.tls_key (line 10) does not fit the certificate."),
        ("certificate", "hl7.tls_certificate (line 9) holds no certificate."),
    ],
)
def test_a_certificate_that_cannot_be_used_stops_the_start_with_its_line(
    tmp_path: Path, ca: Authority, ours: Pair, spoil: str, told: str
) -> None:
    match spoil:
        case "tls_key":
            ours.key.unlink()
        case "other key":
            ours.key.write_bytes(ca.issue("other").key.read_bytes())
        case _:
            ours.certificate.write_bytes(b"none")
    assert refusal(settings(tmp_path, TLS)).startswith(told)


def test_a_folder_that_is_not_there_stops_the_start_with_its_line(tmp_path: Path) -> None:
    given = settings(tmp_path, more='[[folder]]\nname = "ris"\npath = "absent"\n')
    assert refusal(given) == (
        "folder[1].path (line 18) does not exist. Make it, and let those who deliver write there."
    )


def test_a_folder_is_watched_and_shown_by_readyz_and_metrics(tmp_path: Path) -> None:
    inbox = tmp_path / "RIS inbox"
    inbox.mkdir()
    (inbox / "a.hl7").write_bytes(report())
    given = settings(tmp_path, more='[[folder]]\npath = "RIS inbox"\npoll_seconds = 1\n')

    async def run() -> tuple[str, str]:
        async with running(given, SystemClock(), without=frozenset({"slack"})) as copy:
            await soon((inbox / "done" / "a.hl7").exists)
            at = f"http://127.0.0.1:{copy.web_port}"
            ready = (await asyncio.to_thread(get, f"{at}/readyz"))[1]
            return ready, (await asyncio.to_thread(get, f"{at}/metrics"))[1]

    with writing() as log:
        ready, metrics = asyncio.run(run())
    assert json.loads(ready)["feeds"] == {"folder-ris-inbox": "ok"}
    assert 'readback_source_up{source="folder-ris-inbox"} 1.0' in metrics
    assert 'readback_messages_total{outcome="reports",source="folder:ris-inbox"} 1.0' in metrics
    assert [line["event"] for line in log.error_lines] == []


def test_what_broke_a_start_is_no_traceback(tmp_path: Path) -> None:
    given = settings(tmp_path, more='[[folder]]\npath = "readback.toml"\n')

    async def run() -> None:
        async with running(given, SystemClock(), without=frozenset({"slack"})):
            pass

    with writing(), pytest.raises(CannotStart, match="is no folder"):
        asyncio.run(run())


@contextmanager
def database_away(url: str) -> Iterator[None]:
    """What keeps a message fails meanwhile."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
        other.execute("ALTER TABLE messages RENAME TO messages_away")
        yield
        other.execute("ALTER TABLE messages_away RENAME TO messages")


def test_for_a_database_that_is_away_for_moments_the_answer_waits(tmp_path: Path) -> None:
    """Many senders stop the whole feed at a negative one."""
    given = settings(tmp_path)

    async def run() -> list[str]:
        async with running(given, SystemClock(), without=frozenset({"slack"})) as copy:
            answers = []
            for times in (1, 2):  # the second outage has its time anew
                with database_away(given.database.url):
                    asking = asyncio.create_task(ask("127.0.0.1", copy.hl7_port, report()))
                    while log.getvalue().count("messages_wait_for") < times:  # noqa: ASYNC110 - what is waited for tells nobody
                        await asyncio.sleep(0.01)
                answers.append(await asking)
            return answers

    with writing() as log:
        answers = asyncio.run(run())
    assert ["MSA|AA|" in answer for answer in answers] == [True, True]


def test_one_that_stays_away_gets_the_sender_a_negative_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "AWAY_SECONDS", 0.2)
    given = settings(tmp_path)

    async def run() -> list[str]:
        async with running(given, SystemClock(), without=frozenset({"slack"})) as copy:
            with database_away(given.database.url):
                return [await ask("127.0.0.1", copy.hl7_port, report()) for _ in range(2)]

    with writing():
        answers = asyncio.run(run())
    assert ["MSA|AE|" in answer for answer in answers] == [True, True]
