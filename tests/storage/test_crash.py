"""Killed with -9 in the middle of writing: whatever a future confirmed is there afterwards."""

import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from storage import tables
from storage.database import Database

CONFIRMED = 300


def test_what_was_confirmed_survives_a_kill_in_the_middle_of_writing(database_url: str) -> None:
    script = str(Path(__file__).with_name("crashing.py"))
    command = [sys.executable, script, database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        confirmed = [int(process.stdout.readline()) for _ in range(CONFIRMED)]
        process.send_signal(signal.SIGKILL)
        confirmed += [int(line) for line in process.stdout if line.endswith("\n")]
    database = Database(database_url)
    database.migrate()
    found = database.look(lambda c: set(c.execute(select(tables.inbound.c.sid)).scalars()))
    database.close()
    assert {str(number) for number in confirmed} <= found
    assert len(confirmed) >= CONFIRMED
