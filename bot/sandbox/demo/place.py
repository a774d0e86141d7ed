"""Where the demo's bot lives: a temporary folder with its settings, and ports that are free."""

from __future__ import annotations

import csv
import io
import itertools
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from bot.clock import Clock
from bot.domain.people_rules import read_people
from bot.sandbox.samples import PEOPLE_CSV
from bot.sandbox.slack_state import TEAM
from bot.sandbox.world import World
from storage.database import Database
from storage.people_import import apply_import

CALL_FROM = "READBACK_TWILIO__CALL_FROM"
"""Set to a number of the stand-in's, phones ring."""
CALLER = "+15005550006"
"""The stand-in's own number."""
CLOCK_VARIABLE = "READBACK_SANDBOX_CLOCK"
CALLBACK_NUMBER = "312-555-0100"
TIMEZONE = "America/Chicago"
WEBHOOK = "/twilio/sms"

SETTINGS = """\
[site]
name = "General Hospital (demo)"
timezone = "{timezone}"
callback_number = "{callback}"

[database]
url = "sqlite:///{folder}/readback.db"

[hl7]
port = {hl7}

[slack]
phi = "modal"
messages_per_second = 1000
api_url = "{slack}"

[twilio]
from = "{sender}"
messages_per_second = 1000
messages_to_one_number = 100000
calls_per_second = 100
api_url = "{twilio}"

[web]
port = {web}
public_url = "http://127.0.0.1:{web}"

[log]
format = "pretty"
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the bot listens for HL7, and for webhooks."""

    hl7: int
    web: int

    @classmethod
    def free(cls) -> Self:
        """Two that nobody uses now, nor gets by chance before the bot opens them."""
        found = filter(_is_free, (port_of(os.getpid(), turn) for turn in _turns))
        return cls(next(found), next(found))


# Systems give connections ports from 32768 or 49152 on: below, nobody takes one unasked. Each
# process counts from elsewhere, so that two which start a bot at once do not take the same.
# Their ids are mostly neighbours: this step (by the golden ratio) puts a dozen of those far apart.
_LOWEST, _HOW_MANY, _APART = 15_000, 17_000, 10_507
_turns = itertools.count()


def port_of(pid: int, turn: int) -> int:
    """The one that a process looks at in its so many-th turn."""
    return _LOWEST + (pid * _APART + turn) % _HOW_MANY


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def people_join(world: World) -> None:
    """Everybody of the directory gets a Slack account and a phone where it names one."""
    for row in csv.DictReader(io.StringIO(PEOPLE_CSV)):
        if user := row["slack_user_id"]:
            world.slack_user(user, row["name"], email=row["email"], tz=row["timezone"])
        if mobile := row["mobile"]:
            world.phone(mobile)


def people_move_in(database: Database, clock: Clock, directory: str = PEOPLE_CSV) -> None:
    """Make the directory (CSV) that of the hospital; its Slack accounts are in this workspace."""
    database.migrate()
    rows = [
        replace(row, slack=(TEAM, row.slack[1])) if row.slack else row
        for row in read_people(directory.encode(), TIMEZONE)
    ]
    database.run(lambda c: apply_import(c, rows, clock.now()))


def prepare(folder: Path, world: World, ports: Ports) -> Path:
    """Write the settings file, and let the phones' replies go to the bot; the file's path."""
    config = folder / "readback.toml"
    config.write_text(
        SETTINGS.format(
            timezone=TIMEZONE,
            callback=CALLBACK_NUMBER,
            folder=folder,
            hl7=ports.hl7,
            web=ports.web,
            slack=world.slack_api_url,
            twilio=world.twilio_api_url,
            sender=world.from_number,
        ),
        encoding="utf-8",
    )
    world.inbound_url = f"http://127.0.0.1:{ports.web}{WEBHOOK}"
    return config


# An address that nobody has (RFC 2606): the demo's page shows it and opens nothing.
VIEWER = {"READBACK_SLACK__VIEWER_URL_TEMPLATE": "https://viewer.example/?accession={accession}"}


def secrets_of(world: World, clock: Path) -> Mapping[str, str]:
    """The stand-ins' tokens under the usual names, and the file that moves the bot's clock."""
    return {
        "SLACK_BOT_TOKEN": world.slack_tokens.bot,
        "SLACK_APP_TOKEN": world.slack_tokens.app,
        "SLACK_SIGNING_SECRET": world.slack_tokens.signing_secret,
        "TWILIO_ACCOUNT_SID": world.twilio_sid,
        "TWILIO_AUTH_TOKEN": world.twilio_token,
        CLOCK_VARIABLE: str(clock),
    }
