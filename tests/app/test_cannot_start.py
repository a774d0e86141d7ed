"""Serving is refused where it would be unsafe, with the reason and what to do."""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.app import CannotStart, running
from bot.clock import SystemClock
from bot.domain.people_file import PersonRow
from bot.domain.policy_file import BadPolicy
from bot.sandbox.demo.place import people_move_in
from bot.sandbox.samples import PEOPLE_CSV
from bot.settings import Settings, load
from storage import alerts, audit, people, pins
from storage.database import Database
from storage.loaded import AlertFacts
from storage.people_import import apply_import
from tests.storage import given as our
from tests.written import writing

SITE = """\
[site]
name = "General"
timezone = "America/Chicago"
callback_number = "312-555-0100"
[database]
url = "{url}"
[hl7]
port = 0
[web]
port = 0
[slack]
api_url = "http://127.0.0.1:9/"
[twilio]
from = "+15005550006"
api_url = "http://127.0.0.1:9"
"""
TOKENS = {
    "SLACK_BOT_TOKEN": "xoxb-made-up",
    "SLACK_APP_TOKEN": "xapp-made-up",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "made-up",
}
NEITHER = frozenset({"slack", "sms"})


def settings(folder: Path, url: str, more: Mapping[str, str] = TOKENS) -> Settings:
    file = folder / "readback.toml"
    file.write_text(SITE.format(url=url), encoding="utf-8")
    return load(file, more)


def moved_in(url: str, directory: str = PEOPLE_CSV) -> None:
    database = Database(url)
    people_move_in(database, SystemClock(), directory)
    database.close()


@pytest.fixture
def url(sqlite_url: str) -> str:
    """A SQLite database with the usual people in it."""
    moved_in(sqlite_url)
    return sqlite_url


def refusal(given: Settings, without: frozenset[str] = frozenset({"slack"})) -> str:
    """Why it does not start."""

    async def start() -> None:
        async with running(given, SystemClock(), without=without):
            pass

    with writing(), pytest.raises(CannotStart) as reason:
        asyncio.run(start())
    return str(reason.value)


def starts(given: Settings, without: frozenset[str] = frozenset({"slack"})) -> bool:
    """It starts, listens for reports and for the web, and stops."""

    async def start() -> bool:
        async with running(given, SystemClock(), without=without) as copy:
            return bool(copy.hl7_port and copy.web_port)

    with writing() as log:
        done = asyncio.run(start())
        assert not log.error_lines
        return done


def test_it_starts_where_nothing_speaks_against_it(tmp_path: Path, url: str) -> None:
    assert starts(settings(tmp_path, url))


def test_a_shadow_that_would_end_too_late_is_refused_with_the_line(
    tmp_path: Path, url: str
) -> None:
    until = SystemClock().now().date() + timedelta(days=60)
    settings(tmp_path, url)
    file = tmp_path / "readback.toml"
    shadow = f'[site]\nmode = "shadow"\nshadow_until = {until}\n'
    file.write_text(file.read_text().replace("[site]\n", shadow), encoding="utf-8")
    why = refusal(load(file, TOKENS))
    assert "site.shadow_until (line 3) is" in why
    assert "Shadow mode takes 45 at most: write " in why


def test_without_any_people_there_is_no_coordinator(tmp_path: Path) -> None:
    why = refusal(settings(tmp_path, f"sqlite:///{tmp_path / 'empty.db'}"))
    assert "No coordinator can be paged" in why
    assert "readback people import" in why


def test_a_coordinator_whom_no_channel_in_use_reaches_is_none(
    tmp_path: Path, sqlite_url: str
) -> None:
    database = Database(sqlite_url)
    row = PersonRow(2, "1500000017", (), "Carla", "", "", ("T1", "U1"), "UTC", ("coordinator",), "")
    database.run(lambda c: apply_import(c, [row], SystemClock().now()))
    database.close()
    assert "No coordinator can be paged" in refusal(settings(tmp_path, sqlite_url))


@pytest.mark.parametrize("without", [frozenset[str](), frozenset({"slack"})])
@pytest.mark.parametrize("public", ["", "https://readback.example.org"])
@pytest.mark.parametrize("pin", ["", "271828"])
def test_a_coordinator_who_could_hear_a_call_and_not_answer_it_is_none(
    tmp_path: Path, sqlite_url: str, without: frozenset[str], public: str, pin: str
) -> None:
    """A landline: by a call alone it takes a PIN and a way in. In Slack they could answer."""
    database = Database(sqlite_url)
    slack = ("T1", "U1") if without else None
    row = PersonRow(2, "1500000017", (), "Carla", "", "+13125550103", slack, "UTC",
                    ("coordinator",), "", pin)  # fmt: skip
    now = SystemClock().now()
    database.run(lambda c: apply_import(c, [row], now, pins.hashes([row])))
    database.run(lambda c: people.landline(c, row.mobile, now))
    database.close()
    calls = {"READBACK_TWILIO__CALL_FROM": "+15005550006", "READBACK_WEB__PUBLIC_URL": public}
    site = settings(tmp_path, sqlite_url, TOKENS | calls)
    if pin and public:
        assert starts(site, without)
    else:
        assert "No coordinator can be paged" in refusal(site, without)


def test_with_no_channel_at_all_nobody_can_be_paged(tmp_path: Path, url: str) -> None:
    assert "No coordinator can be paged" in refusal(settings(tmp_path, url), NEITHER)


@pytest.mark.parametrize(
    ("missing", "option"),
    [
        ("SLACK_BOT_TOKEN", "--without slack"),
        ("SLACK_APP_TOKEN", "--without slack"),
        ("TWILIO_ACCOUNT_SID", "--without twilio"),
        ("TWILIO_AUTH_TOKEN", "--without twilio"),
    ],
)
def test_a_missing_token_is_named_with_the_way_to_do_without(
    tmp_path: Path, url: str, missing: str, option: str
) -> None:
    tokens = {name: value for name, value in TOKENS.items() if name != missing}
    why = refusal(settings(tmp_path, url, tokens), without=frozenset())
    assert missing in why
    assert option in why
    assert not any(value in why for value in TOKENS.values())


@contextmanager
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("section", ["hl7", "web"])
def test_a_port_that_is_taken_is_named_with_its_setting(
    tmp_path: Path, url: str, section: str
) -> None:
    with taken() as port:
        variable = f"READBACK_{section.upper()}__PORT"
        why = refusal(settings(tmp_path, url, {**TOKENS, variable: str(port)}))
    assert f"Port {port}" in why
    assert f"{section}.port" in why
    assert starts(settings(tmp_path, url))


@pytest.mark.parametrize("section", ["hl7", "web"])
def test_an_address_that_is_not_this_machines_is_named_with_its_setting(
    tmp_path: Path, url: str, section: str
) -> None:
    variable = f"READBACK_{section.upper()}__HOST"
    why = refusal(settings(tmp_path, url, {**TOKENS, variable: "203.0.113.5"}))
    assert f"{section}.host" in why


def test_a_second_copy_on_one_sqlite_file_is_refused_and_the_first_goes_on(
    tmp_path: Path, url: str
) -> None:
    given = settings(tmp_path, url)

    async def two() -> str:
        async with running(given, SystemClock(), without=frozenset({"slack"})) as first:
            with pytest.raises(CannotStart) as reason:
                async with running(given, SystemClock(), without=frozenset({"slack"})):
                    pass
            _, writer = await asyncio.open_connection("127.0.0.1", first.hl7_port)
            writer.close()
            await writer.wait_closed()
        return str(reason.value)

    with writing():
        why = asyncio.run(two())
    assert "another copy" in why
    assert "PostgreSQL" in why
    assert starts(given)


def test_a_policy_that_cannot_be_kept_is_refused(tmp_path: Path, url: str) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('version = "x"\n', encoding="utf-8")
    given = settings(tmp_path, url, {**TOKENS, "READBACK_SITE__POLICY": str(policy)})

    async def start() -> None:
        async with running(given, SystemClock(), without=frozenset({"slack"})):
            pass

    with writing(), pytest.raises(BadPolicy):
        asyncio.run(start())


def test_a_start_is_in_the_audit_trail_with_the_policy_and_who_approved_it(
    tmp_path: Path, url: str
) -> None:
    assert starts(settings(tmp_path, url))
    database = Database(url)
    started = [
        e for e in database.look(lambda c: audit.chain(c, audit.ADMIN)) if e.what == "started"
    ]
    database.close()
    assert [set(entry.data) for entry in started] == [{"policy", "approved_by", "mode"}]


def test_where_alerts_are_open_it_goes_on_without_a_coordinator_and_says_so(
    tmp_path: Path, url: str
) -> None:
    """The last of them has answered STOP, and the bot is started again."""
    given = settings(tmp_path, url)
    database = Database(url)
    database.run(lambda c: alerts.insert(c, our.alert(), AlertFacts()))
    for mobile in ("+13125550103", "+13125550104"):
        database.run(partial(people.opt_out, mobile=mobile, now=SystemClock().now()))
    database.close()

    async def start() -> bool:
        async with running(given, SystemClock(), without=frozenset({"slack"})) as copy:
            return bool(copy.hl7_port)

    with writing() as log:
        assert asyncio.run(start())
    assert "no_coordinator_can_be_paged" in [line["event"] for line in log.error_lines]
