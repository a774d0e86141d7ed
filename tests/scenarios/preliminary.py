"""A flagged preliminary report, and what is on record of it."""

import re
from datetime import timedelta

from bot.sandbox.hospital import Hospital
from storage import audit
from storage.audit import Entry
from tests.scenarios.looking import entries, version

EARLY = re.compile("CT report, flagged critical, preliminary since")
MODE = "READBACK_HL7__PRELIMINARY"


def send(hospital: Hospital, status: str, /, minutes_ago: float = 0, **about: str) -> None:
    """One version of order V1 that reached its status so long ago."""
    hospital.sent += 1
    reached = hospital.now - timedelta(minutes=minutes_ago)
    data = version("V1", reached, control=f"V{hospital.sent}", status=status, **about)
    assert "MSA|AA|" in hospital.send(data)


def asked(hospital: Hospital) -> list[Entry]:
    """The entries of administration that say who was asked."""
    chain = hospital.database.look(lambda c: audit.chain(c, audit.ADMIN))
    return [entry for entry in chain if entry.what == "asked_before_final"]


def minutes_on_record(hospital: Hospital) -> list[object]:
    return [entry.data["minutes"] for entry in entries(hospital, "flagged_before_final")]
