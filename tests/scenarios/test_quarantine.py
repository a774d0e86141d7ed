"""What waits in quarantine is listed, shown and replayed beside a running Readback."""

import base64
import json
import re
import urllib.request
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.app import DEFAULT_POLICY
from bot.domain.message import Unusable
from bot.domain.policy_file import parse_policy
from bot.engine import intake
from bot.engine.context import Engine, Site
from bot.sandbox.hospital import Hospital
from bot.sources.hl7.reader import unusable
from bot.sources.refused import BadReport
from storage import messages, quarantine
from tests.scenarios.looking import paged_until_acknowledged
from tests.scenarios.receiving import administration, readback, spoiled


def test_the_operator_finds_it_reads_it_and_is_told_that_it_still_cannot_be_used(
    hospital: Hospital, database_url: str, tmp_path: Path
) -> None:
    message = spoiled(hospital, ("|CT|F|", "|CT|?|"))
    hospital.send(message)
    hospital.carla.slack.expect_new("readback quarantine list")
    site = {"READBACK_DATABASE__URL": database_url}
    (entry,) = json.loads(readback(tmp_path, "quarantine", "list", "--json", **site).stdout)
    assert entry["reason"] == "unknown-status"
    assert "code of table 0123" in entry["detail"]
    show = ("quarantine", "show", entry["id"][-8:], "--reveal", "--json")
    shown = json.loads(readback(tmp_path, *show, **site).stdout)
    assert base64.b64decode(shown["data_base64"]) == message
    replayed = readback(tmp_path, "quarantine", "replay", entry["id"], "--json", **site)
    (outcome,) = json.loads(replayed.stdout)
    assert (replayed.returncode, outcome["ok"]) == (1, False)
    assert outcome["outcome"].startswith("still cannot be used: unknown-status: ")
    assert len(hospital.database.look(quarantine.listing)) == 1
    assert [e.what for e in administration(hospital, "quarantine_revealed")] == [
        "quarantine_revealed"
    ]


def test_what_a_newer_reader_can_use_pages_as_if_it_came_now(
    hospital: Hospital, database_url: str, tmp_path: Path
) -> None:
    kept_by_an_older_reader(hospital, hospital.report("ct-head-hemorrhage"))
    site = {"READBACK_DATABASE__URL": database_url}
    replayed = readback(tmp_path, "quarantine", "replay", "--all", **site)
    assert (replayed.returncode, "1 message of 1 can be used now." in replayed.stderr) == (0, True)
    hospital.pass_time(minutes=1)  # the command has a clock of its own, a little ahead
    paged_until_acknowledged(hospital, hospital.ada)
    assert hospital.database.look(quarantine.listing) == []


def kept_by_an_older_reader(hospital: Hospital, message: bytes) -> None:
    """As a version of Readback would have that did not know its layout."""
    raw = unusable(message, BadReport("old-reader", "not known then", "207"), source="hl7")
    reading = raw.reading
    assert isinstance(reading, Unusable)
    now = hospital.now
    hospital.database.run(
        lambda c: quarantine.put(
            c, messages.keep(c, raw, now, "quarantined", reading.reason).id, raw, reading, now
        )
    )


def unread_by_an_older_reader(hospital: Hospital, message: bytes) -> None:
    """The same for one whose order that version could not make out: its alert stands in."""
    raw = unusable(message, BadReport("old-reader", "not known then", "207"), source="hl7")
    assert isinstance(raw.reading, Unusable)
    raw = replace(raw, reading=replace(raw.reading, numbers=()))
    policy = parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8"))
    site = Site("General", ZoneInfo("America/Chicago"), "312-555-0100")
    engine = Engine(hospital.database, hospital.watch, policy, site, lambda: None, 0)
    hospital.database.run(lambda c: intake.receive_in(c, engine, raw))


def waiting_by_the_gauge(hospital: Hospital) -> str:
    """What /metrics of the running bot says of this reason."""
    with urllib.request.urlopen(f"http://127.0.0.1:{hospital.place.ports.web}/metrics") as answer:
        text = answer.read().decode()
    found = re.search(
        r'^readback_quarantine_waiting\{reason="unknown-status"\} (\S+)$', text, re.MULTILINE
    )
    assert found
    return found[1]


def test_what_waits_is_counted_by_reason_and_dismissed_with_one(
    hospital: Hospital, database_url: str, tmp_path: Path
) -> None:
    hospital.send(spoiled(hospital, ("|CT|F|", "|CT|?|")))
    hospital.carla.slack.expect_new("readback quarantine list")
    hospital.send(spoiled(hospital, ("|CT|F|", "|CT|??|")))
    answer = hospital.carla.slack.command("/readback", "open").ephemeral
    assert "2 messages wait in quarantine: unknown-status 2" in answer.plain
    assert waiting_by_the_gauge(hospital) == "2.0"
    assert "quarantine" not in hospital.ada.slack.command("/readback", "open").ephemeral.plain
    site = {"READBACK_DATABASE__URL": database_url}
    listed = readback(tmp_path, "quarantine", "list", **site)
    assert "unknown-status: 2 messages" in listed.stdout + listed.stderr
    first, _ = hospital.database.look(quarantine.listing)
    dismiss = ("quarantine", "dismiss", first.id[-8:], "--reason", "a test of the interface")
    assert readback(tmp_path, *dismiss, **site).returncode == 0
    assert hospital.database.look(quarantine.waiting) == {"unknown-status": 1}
    assert waiting_by_the_gauge(hospital) == "1.0"
    (entry,) = administration(hospital, "quarantine_dismissed")
    assert entry.data["reason"] == "a test of the interface"
    assert entry.actor.startswith("cli:") or entry.actor
    assert readback(tmp_path, *dismiss, **site).returncode == 1
    replayed = readback(tmp_path, "quarantine", "replay", first.id, **site)
    assert "dismissed" in replayed.stdout
