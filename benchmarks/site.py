"""Readback as a child process on the plain channels, and people for it to page."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.people_rules import read_people
from bot.sandbox.demo.bot_process import BotProcess
from bot.sandbox.demo.place import Ports
from storage.database import Database
from storage.people_import import apply_import

COLUMNS = "npi,local_ids,name,email,mobile,slack_user_id,timezone,roles,designee_npi"
SETTINGS = """\
[site]
name = "Bench"
timezone = "America/Chicago"
callback_number = "312-555-0100"
[database]
url = "sqlite:///{folder}/readback.db"
[hl7]
port = {hl7}
[slack]
api_url = "{channels}/slack/api/"
[twilio]
from = "+13125550000"
api_url = "{channels}/twilio"
[web]
port = {web}
[log]
format = "json"
"""
SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-bench",
    "SLACK_APP_TOKEN": "xapp-bench",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "bench",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody to be paged, by the identifiers of both channels."""

    npi: str
    slack: str
    mobile: str


def providers(number: int) -> list[Provider]:
    """So many ordering providers."""
    return [
        Provider(_npi(200_000_000 + i), f"U0BENCH{i:04d}", f"+1312{5_000_000 + i}")
        for i in range(number)
    ]


def _npi(nine: int) -> str:
    """With its check digit (Luhn over 80840 and the number)."""
    digits = [int(digit) for digit in f"80840{nine}"]
    doubled = [digit * 2 if i % 2 == 0 else digit for i, digit in enumerate(reversed(digits))]
    total = sum(digit - 9 if digit > 9 else digit for digit in doubled)
    return f"{nine}{(10 - total % 10) % 10}"


def move_in(database: Database, people: Sequence[Provider]) -> None:
    """Create the tables, import the providers and one coordinator."""
    rows = [f"{p.npi},,Dr. {p.slack},,{p.mobile},T0BENCH:{p.slack},,," for p in people]
    rows.append(f"{_npi(100_000_000)},,Coordinator,,+13124999999,T0BENCH:U0BENCH9999,,coordinator,")
    parsed = read_people("\n".join([COLUMNS, *rows]).encode(), "America/Chicago")
    database.migrate()
    database.run(lambda c: apply_import(c, parsed, datetime.now(UTC)))


@contextlib.contextmanager
def child(module: str, *arguments: str) -> Iterator[int]:
    """A module as a child process that prints its port; ended afterwards."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def readback(folder: Path, channels: str, people: Sequence[Provider]) -> Iterator[int]:
    """``readback serve`` on an empty SQLite file with these people; its HL7 port."""
    ports = Ports.free()
    config = folder / "readback.toml"
    text = SETTINGS.format(folder=folder, hl7=ports.hl7, web=ports.web, channels=channels)
    config.write_text(text, encoding="utf-8")
    database = Database(f"sqlite:///{folder / 'readback.db'}")
    move_in(database, people)
    database.close()
    program = (sys.executable, "-m", "bot")
    process = BotProcess(program, config, folder / "bot.log", SECRETS)
    process.start()
    try:
        process.wait_until_running()
        yield ports.hl7
    finally:
        process.stop()
