"""Bad input, and what it gets: one test for each row of the table in docs/reference.md, in its
order, on the whole bot. tests/test_reference.py holds the two together.

That nobody got a message without need, that the log has no error that the row does not name and
that the audit trail is whole is checked after each test (see conftest.py).
"""

import asyncio
import hashlib
import json
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text

from bot.app import rehearsal
from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from bot.sandbox.samples import PEOPLE_CSV
from bot.sandbox.twilio_hooks import Posted, signature_of
from bot.sources.mllp_frames import frame
from storage import audit, messages, quarantine, tables
from storage.audit import Entry
from storage.messages import Stored
from tests.scenarios.looking import acknowledge_by_sms, code_in, entries, owner, paged, pages
from tests.written import writing

LIMIT = 5_000_000
KEPT_OF_LONGER_ONES = 65_536
NOT_STORED = {
    "sqlite": [
        "CREATE TRIGGER full_disk BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'full'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'full'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON messages EXECUTE FUNCTION full_disk()",
    ],
}
STORED_AGAIN = {
    "sqlite": "DROP TRIGGER full_disk",
    "postgresql": "DROP TRIGGER full_disk ON messages",
}


# ---- what the sender got --------------------------------------------------------------------


@dataclass(frozen=True)
class Ack:
    """MSA and ERR of an answer; of ERR-3 the code alone. Without an ERR those are empty."""

    code: str
    control_id: str
    text: str
    location: str
    condition: str
    severity: str
    detail: str


def ack(answer: str) -> Ack:
    found = {line[:3]: [*line.split("|"), *[""] * 9] for line in answer.split("\r")}
    assert list(found)[:2] == ["MSH", "MSA"], answer
    msa, err = found["MSA"], found.get("ERR", [""] * 9)
    return Ack(msa[1], msa[2], msa[3], err[2], err[3].split("^")[0], err[4], err[8])


def control_id(message: bytes) -> str:
    return message.split(b"|")[9].decode() if message.startswith(b"MSH") else ""


def spoiled(hospital: Hospital, what: bytes, by: bytes, name: str = "ct-abdomen-routine") -> bytes:
    """A sound report in which this is something else."""
    sound = hospital.report(name)
    assert what in sound
    return sound.replace(what, by)


def without(hospital: Hospital, segment: bytes) -> bytes:
    lines = hospital.report("ct-abdomen-routine").splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(segment))


# ---- what was kept --------------------------------------------------------------------------


def kept(hospital: Hospital) -> list[Stored]:
    """Every message that is stored, oldest first, with its bytes."""
    by_age = select(tables.messages.c.id).order_by(tables.messages.c.id)

    def look(c: object) -> list[Stored]:
        return [messages.load(c, each) for each in c.execute(by_age).scalars()]  # type: ignore[arg-type,attr-defined]

    return hospital.database.look(look)


def administration(hospital: Hospital, what: str) -> list[Entry]:
    """What the chain `admin` of the audit trail has of this kind."""
    return [
        e for e in hospital.database.look(lambda c: audit.chain(c, audit.ADMIN)) if e.what == what
    ]


def logged(hospital: Hospital, event: str) -> list[dict[str, object]]:
    """The lines of the log about this event."""
    assert hospital.bot is not None
    lines = map(json.loads, hospital.bot.log_text().splitlines())
    return [line for line in lines if line["event"] == event]


def quarantined(hospital: Hospital, message: bytes, reason: str) -> None:
    """It waits in quarantine for this reason, its bytes can be read back, the audit trail and the
    log name the reason; the same again gets the same answer, and changes nothing."""
    (entry,) = hospital.database.look(quarantine.listing)
    (stored,) = kept(hospital)
    assert (entry.unusable.reason, entry.message_id, entry.size) == (
        reason,
        stored.id,
        len(message),
    )
    assert stored.data == message[: len(stored.data)]
    assert len(stored.data) == len(message) or reason == "too-large"
    assert stored.digest == hashlib.sha256(message).hexdigest()
    (recorded,) = administration(hospital, "quarantined")
    assert recorded.data == {"reason": reason, "message": stored.id}
    assert [line["reason"] for line in logged(hospital, "message_quarantined")] == [reason]


def sent_to_quarantine(hospital: Hospital, message: bytes, reason: str, location: str) -> Ack:
    """Send it twice: each time AA, with a warning at the place; it waits once. The first answer."""
    first, again = (ack(hospital.send(message)) for _ in range(2))
    quarantined_twice = hospital.database.look(quarantine.listing)
    assert len(quarantined_twice) == 1
    assert first == again
    assert (first.code, first.severity, first.location) == ("AA", "W", location)
    assert first.text == f"kept in quarantine: {reason}"
    assert ": " in first.detail  # what is wrong, and the cure
    return first
