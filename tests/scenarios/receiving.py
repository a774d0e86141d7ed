"""What a scenario about input looks at: the sender's answer, what was kept, the log, commands."""

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from bot.sandbox.hospital import Hospital
from bot.sandbox.samples import sample
from storage import audit, messages, quarantine, tables
from storage.audit import Entry
from storage.messages import Stored
from tests.warm import warm

KEPT_OF_LONGER_ONES = 65_536
SETTINGS = """\
[site]
name = "General"
timezone = "America/Chicago"
callback_number = "312-555-0100"
"""


# ---- the sender -----------------------------------------------------------------------------


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
    """The answer, of which every segment is one that belongs there."""
    lines = [line.split("|") + [""] * 9 for line in answer.rstrip("\r").split("\r")]
    assert [line[0] for line in lines] in (["MSH", "MSA"], ["MSH", "MSA", "ERR"]), answer
    msa, err = lines[1], lines[2] if lines[2:] else [""] * 9
    return Ack(msa[1], msa[2], msa[3], err[2], err[3].split("^")[0], err[4], err[8])


def asked(message: bytes) -> str:
    """MSH-10 of what was sent; nothing where there is none."""
    return message.split(b"|")[9].decode() if message.startswith(b"MSH") else ""


def spoiled(hospital: Hospital, *pairs: tuple[str, str], name: str = "ct-abdomen-routine") -> bytes:
    """The sample with something else in the place of each of these."""
    template = sample(name).template
    for sound, wrong in pairs:
        assert sound in template, sound
        template = template.replace(sound, wrong)
    return hospital.report(name, template=template)


# ---- what was kept --------------------------------------------------------------------------


def kept(hospital: Hospital) -> list[Stored]:
    """Every message that is stored with its bytes, the oldest first."""
    by_age = select(tables.messages.c.id).order_by(tables.messages.c.id)

    def look(c: Connection) -> list[Stored]:
        return [messages.load(c, each) for each in c.execute(by_age).scalars().all()]

    return hospital.database.look(look)


def administration(hospital: Hospital, what: str) -> list[Entry]:
    """The entries of this kind in the chain `admin` of the audit trail."""
    chain = hospital.database.look(lambda c: audit.chain(c, audit.ADMIN))
    return [entry for entry in chain if entry.what == what]


def logged(hospital: Hospital, event: str) -> list[dict[str, object]]:
    """The lines of the log about this event."""
    assert hospital.bot is not None
    text = hospital.bot.log_text().splitlines()
    # The command says a thing or two to its terminal before it logs.
    lines = [json.loads(line) for line in text if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


def hl7_port(hospital: Hospital) -> int:
    """Where the running bot listens."""
    (started,) = logged(hospital, "started")
    return int(str(started["hl7_port"]))


def expect_quarantined(hospital: Hospital, message: bytes, reason: str) -> None:
    """It waits for this reason, once, and its bytes can be read back; trail and log name both."""
    (entry,) = hospital.database.look(quarantine.listing)
    (stored,) = kept(hospital)
    assert (entry.unusable.reason, entry.message_id) == (reason, stored.id)
    assert stored.data == message[:KEPT_OF_LONGER_ONES]
    assert stored.size == len(message)
    assert stored.digest == hashlib.sha256(message).hexdigest()
    (recorded,) = administration(hospital, "quarantined")
    assert recorded.data == {"reason": reason, "message": stored.id}
    assert {line["reason"] for line in logged(hospital, "message_quarantined")} == {reason}


def send_what_cannot_be_used(
    hospital: Hospital, message: bytes, reason: str, location: str, condition: str
) -> None:
    """Send it twice. Each time AA with a warning that names the place and the cure and quotes
    nothing; it is kept once, and whoever has to hear of it hears once (conftest.py sees to it)."""
    for _ in range(2):
        told = ack(hospital.send(message))
        assert (told.code, told.severity) == ("AA", "W")
        assert told.control_id == asked(message)
        assert told.text == f"kept in quarantine: {reason}"
        assert (told.location, told.condition) == (location, condition)
        assert ": " in told.detail
        assert "DEMO" not in told.detail
    expect_quarantined(hospital, message, reason)


# ---- commands -------------------------------------------------------------------------------


def readback(
    folder: Path, *words: str, settings: str = SETTINGS, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, with these settings. It ends with 0, 1 or 2."""
    config = folder / "site.toml"
    config.write_text(settings, encoding="utf-8")
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = warm().run([*words, "--config", str(config)], {**clean, "COLUMNS": "120", **environment})
    assert done.returncode in {0, 1, 2}, done.stderr
    assert "Traceback" not in done.stderr
    return done


def refused(folder: Path, *words: str, settings: str = SETTINGS, **environment: str) -> str:
    """What such a command says that must not go well."""
    done = readback(folder, *words, settings=settings, **environment)
    assert done.returncode, done.stdout
    return done.stderr
