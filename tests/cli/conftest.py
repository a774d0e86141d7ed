"""A site to run commands at: a settings file and a database of its own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest
import structlog
from typer.testing import CliRunner, Result

import bot.cli.shown  # noqa: F401 - it keeps the width of the window that it was imported in
from bot.app import policy_of
from bot.cli import app
from bot.clock import SystemClock
from bot.domain.coverage import Calls
from bot.domain.message import RawMessage, Receipt, Unusable
from bot.engine.context import Engine, Site
from bot.engine.intake import receive_in
from bot.sandbox.samples import fill, sample
from bot.sandbox.world import World
from bot.settings import load
from bot.sources.hl7 import reader as hl7
from storage import people, proofs
from storage.database import Database

SETTINGS = """\
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
"""
COLUMNS = "npi,local_ids,name,email,mobile,slack_user_id,timezone,roles,designee_npi"
CARLA = "1000000004,,Carla,,+13125550103,T01/U0CARLA,,coordinator,"
ADA = "1234567893,,Ada,,+13125550101,T01/U0ADA,,,1245319599"
BEN = "1245319599,,Ben,,+13125550102,,,,"
CLEAN = dict.fromkeys(
    (
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "SLACK_SIGNING_SECRET",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "READBACK_CONFIG",
    )
)


@dataclass
class Place:
    """One site. ``run`` is a command at it, as typed; ``env`` is added to a clean environment."""

    folder: Path
    url: str
    env: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "readback.toml"

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(
            app, [*words, "--config", str(self.config)], env={**CLEAN, **self.env}
        )

    def people(self, *rows: str) -> Path:
        file = self.folder / "people.csv"
        file.write_text("\n".join((COLUMNS, *rows, "")), encoding="utf-8")
        return file

    def imported(self, *rows: str) -> None:
        result = self.run("people", "import", str(self.people(*rows)))
        assert result.exit_code == 0, result.output


@pytest.fixture(autouse=True)
def log_elsewhere_afterwards() -> Iterator[None]:
    """A command sets the log to the standard error of its test, which is closed after it."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def place(tmp_path: Path, sqlite_url: str) -> Place:
    """A site on SQLite, its tables empty."""
    return made(tmp_path, sqlite_url)


@pytest.fixture
def new_place(tmp_path: Path) -> Place:
    """The same, its database not made yet."""
    return made(tmp_path, f"sqlite:///{tmp_path / 'readback.db'}")


@pytest.fixture
def any_place(tmp_path: Path, database_url: str) -> Place:
    """A site on either database."""
    return made(tmp_path, database_url)


def made(folder: Path, url: str) -> Place:
    there = Place(folder, url)
    there.config.write_text(SETTINGS.format(url=url), encoding="utf-8")
    return there


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    """The site's database."""
    opened = Database(place.url)
    yield opened
    opened.close()


class Receive(Protocol):
    """Take a message in as the running bot does: HL7 bytes, or what another source has read;
    ``reading`` as an older reader made it."""

    def __call__(self, data: bytes | RawMessage, reading: Unusable | None = None) -> Receipt: ...


@pytest.fixture
def receive(place: Place, database: Database) -> Receive:
    """The door of the site's engine."""
    settings = load(place.config, {})
    engine = Engine(
        database=database,
        clock=SystemClock(),
        policy=policy_of(settings),
        site=Site("General", settings.site.timezone, settings.site.callback_number),
        wake=lambda: None,
        instance=1,
        shadow=settings.shadow,
    )

    def take(data: bytes | RawMessage, reading: Unusable | None = None) -> Receipt:
        now, zone = engine.clock.now(), settings.site.timezone
        if isinstance(data, bytes):
            data = hl7.read(data, source="hl7", timezone=zone, now=now)
        taken = replace(data, reading=reading or data.reading)
        return database.run(lambda c: receive_in(c, engine, taken))

    return take


def report(accession: str = "A1") -> bytes:
    """A critical one, finalized now."""
    template = sample("ct-head-hemorrhage").template
    return fill(template, now=SystemClock().now(), accession=accession, control_id=f"C{accession}")


def answered(place: Place, at: datetime) -> None:
    """Everybody has answered by each of their channels, then."""
    opened = Database(place.url, calls=Calls.KEYS)
    try:
        for one in opened.look(people.everybody):
            for channel in one.channels:
                opened.run(partial(proofs.note, person=one, channel=channel, now=at))
    finally:
        opened.close()


@pytest.fixture
def world() -> Iterator[World]:
    with World() as there:
        there.slack_user("U0CARLA", "Carla")
        there.slack_user("U0ADA", "Ada")
        yield there


@pytest.fixture
def healthy(place: Place, world: World) -> Place:
    """A site with nothing to find."""
    place.env = {
        "SLACK_BOT_TOKEN": world.slack_tokens.bot,
        "SLACK_APP_TOKEN": world.slack_tokens.app,
        "TWILIO_ACCOUNT_SID": world.twilio_sid,
        "TWILIO_AUTH_TOKEN": world.twilio_token,
        "READBACK_SLACK__API_URL": world.slack_api_url,
        "READBACK_TWILIO__API_URL": world.twilio_api_url,
        "READBACK_TWILIO__FROM": world.from_number,
        "READBACK_TWILIO__CALL_FROM": world.from_number,
        "READBACK_WEB__PUBLIC_URL": "https://readback.example.org",
    }
    place.imported(CARLA, ADA, BEN + "1234567893")
    answered(place, SystemClock().now())
    return place


def findings(place: Place, *words: str) -> dict[str, list[dict[str, str]]]:
    told: dict[str, list[dict[str, str]]] = {"ok": [], "advice": [], "failed": []}
    result = place.run("check", "--json", *words)
    assert result.stdout, repr(result.exc_info)
    for finding in json.loads(result.stdout)["findings"]:
        told[finding["result"]].append(finding)
    assert result.exit_code == (1 if told["failed"] else 0)
    return told
