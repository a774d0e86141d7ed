"""What a scenario looks at: pages, the audit trail, who owns an alert; and reports to measure."""

import asyncio
import csv
import io
import json
import os
import re
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from bot.app import DEFAULT_POLICY
from bot.sandbox.demo.place import people_move_in
from bot.sandbox.hospital import Hospital, Member
from bot.sandbox.people import PhoneMessage
from bot.sandbox.samples import PEOPLE_CSV, hl7_time, sample
from bot.sandbox.slack_state import TEAM
from bot.sandbox.stories import CODE, code_in, paged
from storage import alert_lists, page_history, people
from storage.audit import Entry
from storage.page_history import PageRow
from tests.warm import warm

ACKNOWLEDGED = re.compile("acknowledged", re.IGNORECASE)
PHONE = re.compile("please phone", re.IGNORECASE)
DISSECTION = "Acute dissection of the descending aorta."


# ---- people ---------------------------------------------------------------------------------


def acknowledge_by_sms(hospital: Hospital, member: Member, sms: PhoneMessage) -> None:
    """Reply with the code, and be told that it was taken."""
    sms.reply(f"ACK {code_in(sms)}")
    member.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()


def paged_until_acknowledged(hospital: Hospital, member: Member) -> None:
    """Paged on both channels now, and answers by SMS."""
    _, sms = paged(member)
    acknowledge_by_sms(hospital, member, sms)


def expect_everything(hospital: Hospital) -> None:
    """For tests about something else than who is told: whatever reaches people is fine."""
    if hospital.bot:  # else what is on its way would come a moment too late for it
        hospital.settle()
    workspace = hospital.world.slack.workspace
    for message in [*(m for dm in workspace.messages.values() for m in dm), *workspace.ephemerals]:
        for version in message.versions:
            version.expected = True
    twilio = hospital.world.twilio
    for sms in twilio.carrier.messages.values():
        sms.expected = True
    for call in twilio.exchange.calls.values():
        call.expected = True


def operate(hospital: Hospital, *words: str) -> str:
    """A command of readback beside the bot, in a process of its own; what it printed."""
    place = hospital.place
    done = warm().run([*words, "--config", str(place.config)], {**os.environ, **place.environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


def checked(hospital: Hospital, result: str) -> dict[str, str]:
    """What `readback check` finds of this weight, each with its cure; problems are no failure."""
    place = hospital.place
    command = ["check", "--json", "--config", str(place.config)]
    done = warm().run(command, {**os.environ, **place.environment})
    found = json.loads(done.stdout)["findings"]
    return {one["what"]: one["cure"] or "" for one in found if one["result"] == result}


def import_people(hospital: Hospital, *changes: tuple[str, str]) -> None:
    """`readback people import` by an operator while the bot runs, with these texts of the
    directory replaced, and what follows from it."""
    directory = PEOPLE_CSV
    for old, new in changes:
        assert old in directory
        directory = directory.replace(old, new)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "people.csv")
        file.write_text(directory, encoding="utf-8")
        operate(hospital, "people", "import", str(file), "--slack-team", TEAM)
    hospital.settle()


def left_out(name: str) -> tuple[str, str]:
    """The change of the directory that removes this person, and whom they stand in for."""
    (line,) = (line for line in PEOPLE_CSV.splitlines() if f",{name}," in line)
    return f"{line}\n", ""


def change_directory(hospital: Hospital, name: str, **cells: str) -> None:
    """Import the directory anew with these cells of one person's row changed."""
    rows = list(csv.DictReader(io.StringIO(PEOPLE_CSV)))
    assert any(row["name"] == name for row in rows)
    written = io.StringIO()
    writer = csv.DictWriter(written, rows[0].keys())
    writer.writeheader()
    writer.writerows(row | cells if row["name"] == name else row for row in rows)
    people_move_in(hospital.database, hospital.watch, written.getvalue())


# ---- what there is to see -------------------------------------------------------------------


def owner(hospital: Hospital, accession: str = "") -> str:
    """The name of who has to answer now."""
    alert = hospital.alert(accession)
    person = alert.roster.person(alert.owner)
    return person.name if person else ""


def attempts(hospital: Hospital, accession: str = "") -> list[PageRow]:
    """Every attempt for the alert, pages and notices, oldest first."""
    alert = hospital.alert(accession)
    return hospital.database.look(lambda c: page_history.history(c, alert.id))


def pages(hospital: Hospital, accession: str = "") -> list[PageRow]:
    """Those that ask for an answer."""
    return [row for row in attempts(hospital, accession) if row.slip.notice is None]


def people_paged(hospital: Hospital, accession: str = "") -> list[tuple[str, str]]:
    """Who was paged on which channel, in order of their first page."""
    roster = hospital.alert(accession).roster
    names = {p.id: p.name for p in map(roster.person, hospital.alert(accession).paged) if p}
    found = ((names[row.slip.person_id], row.slip.channel) for row in pages(hospital, accession))
    return list(dict.fromkeys(found))


def entries(hospital: Hospital, what: str, accession: str = "") -> list[Entry]:
    """The audit entries of this kind of the alert."""
    return [e for e in hospital.trail(hospital.alert(accession)) if e.what == what]


def channels(hospital: Hospital, name: str) -> tuple[str, ...]:
    """By which this person can be paged."""
    everybody = hospital.database.look(people.everybody)
    return next(person.channels for person in everybody if person.name == name)


def nothing_waits_for_nothing(hospital: Hospital) -> None:
    """Every open alert has an owner, and a next action that is due or lies ahead."""
    for row in hospital.database.look(lambda c: alert_lists.listing(c, ("open",), 1000)):
        assert row.next_action_at is not None, row
        assert row.owner or row.owner_role == "coordinator", row


# ---- reports --------------------------------------------------------------------------------


def version(
    accession: str,
    final: datetime,
    *,
    control: str,
    status: str = "F",
    flag: str = "AA",
    impression: str = "Acute left subdural hematoma.",
    provider: str = "1001^OSEI^ADA^^^DR^^^MAIN",
    sent: str = "",
    stated: str | None = None,
    patient: str = "",
    exam: str = "CTHEADWO^CT HEAD W/O CONTRAST^MAIN",
) -> bytes:
    """One version of a CT report, finalized then. ``flag`` is OBX-8 of the impression, ``patient``
    a PID segment from its third field on.

    ``sent`` is MSH-7 where it is not the time of finalization, ``stated`` is OBR-22, both as they
    stand.
    """
    reached = hl7_time(final) if stated is None else stated
    template = sample("ct-head-hemorrhage").template.splitlines()
    header, visit = template[0], template[2]
    pid = f"PID|1||{patient}" if patient else template[1]
    lines = (
        header.replace("$NOW", sent or hl7_time(final)).replace("$CONTROL", control),
        pid,
        visit,
        f"ORC|RE|P{accession}|{accession}^RIS",
        f"OBR|1|P{accession}|{accession}^RIS|{exam}|||"
        f"{hl7_time(final - timedelta(minutes=40))}|||||||||{provider}||{accession}||||"
        f"{reached}||CT|{status}|||||||3001&LIND&ROSA&&&DR&&&MAIN",
        f"OBX|1|TX|REPORT&IMP^Report^MAIN|1|{impression}|||{flag}|||F",
    )
    return "\r".join(lines).encode() + b"\r"


def deliver(hospital: Hospital, message: bytes) -> str:
    """Send it and do not wait for what follows from it; the ACK."""
    assert hospital.bot is not None
    return hospital.bot.send(message)


async def deliver_beside(hospital: Hospital, message: bytes) -> str:
    """The same for a test that does something else meanwhile."""
    return await asyncio.to_thread(deliver, hospital, message)


__all__ = [
    "ACKNOWLEDGED",
    "CODE",
    "PHONE",
    "acknowledge_by_sms",
    "attempts",
    "change_directory",
    "code_in",
    "deliver",
    "deliver_beside",
    "entries",
    "expect_everything",
    "import_people",
    "left_out",
    "nothing_waits_for_nothing",
    "owner",
    "paged",
    "paged_until_acknowledged",
    "pages",
    "people_paged",
    "version",
]


def asked_by(channel: str, folder: Path) -> dict[str, str]:
    """Settings with a policy in which the ordering provider is asked on one channel alone."""
    both = 'channels = ["slack", "sms"]'
    shipped = DEFAULT_POLICY.read_text(encoding="utf-8")
    first = next(line for line in shipped.splitlines() if 'who = "ordering_provider"' in line)
    assert both in first
    policy = folder / "policy.toml"
    told = shipped.replace(first, first.replace(both, f'channels = ["{channel}"]'), 1)
    policy.write_text(told, encoding="utf-8")
    return {"READBACK_SITE__POLICY": str(policy)}


# ---- properties -----------------------------------------------------------------------------


def examples(database_url: str, most: int) -> int:
    """How many a property plays here. What it is about is decided before any database is asked, and
    PostgreSQL, which takes twice as long for each, has to agree on a third of them."""
    return most if database_url.startswith("sqlite") else most // 3
