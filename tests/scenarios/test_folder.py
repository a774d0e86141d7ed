"""Files of each kind are received as if they had come over a wire, on both databases; a file is
moved only after the commit, and Readback may die between the two."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from bot.app import rehearsal
from bot.app.rehearsal import Place
from bot.sandbox.hospital import Hospital, RunningBot
from bot.sources.folder import BATCH
from storage import audit, quarantine
from tests.scenarios.conftest import end_well
from tests.scenarios.looking import (
    entries,
    expect_everything,
    nothing_waits_for_nothing,
    paged_until_acknowledged,
)
from tests.scenarios.mortal import Mortal, nursery
from tests.scenarios.receiving import kept, logged
from tests.sources.fhir_samples import RADLEX, bundle, concept, identifier, others, resource
from tests.waiting import until
from tests.written import writing

SETTINGS = '\n[[folder]]\npath = "in"\nname = "ris"\npoll_seconds = 1\n'
PATIENCE = 60.0
MANY = 2 * BATCH  # the wire is answered between the batches and within one
Start = Callable[[Place], RunningBot]


def watching(start: Start) -> Start:
    """Started so, with a folder in its settings."""

    def started(place: Place) -> RunningBot:
        inbox = place.config.parent / "in"
        if not inbox.exists():
            inbox.mkdir()
            with place.config.open("a", encoding="utf-8") as config:
                config.write(SETTINGS)
        return start(place)

    return started


@contextmanager
def hospital_with_folder(url: str, start: Start) -> Iterator[tuple[Hospital, Path]]:
    places: list[Path] = []

    def noted(place: Place) -> RunningBot:
        places.append(place.config.parent / "in")
        return start(place)

    with writing(), rehearsal.hospital(url, start=watching(noted)) as there:
        yield there, places[0]


def put(inbox: Path, name: str, data: bytes) -> None:
    """As careful senders do: under another name first."""
    beside = inbox / f".{name}.tmp"
    beside.write_bytes(data)
    beside.rename(inbox / name)


def taken(
    hospital: Hospital, inbox: Path, files: int = 1, where: str = "done", within: float = PATIENCE
) -> None:
    """Wait until so many files lie there and what follows from them has been done."""
    there = lambda: ", ".join(sorted(map(str, inbox.rglob("*"))))  # noqa: E731
    until(lambda: visible(inbox / where) >= files, there, within)
    hospital.settle()


def progress(hospital: Hospital, files: int) -> list[dict[str, object]]:
    """The lines that tell of so many files; the last is written when its batch has been moved."""
    deadline = time.monotonic() + PATIENCE
    while True:
        told = logged(hospital, "files_taken")
        counted = sum(int(str(line["count"])) for line in told)
        assert counted <= files
        if counted == files:
            return told
        assert time.monotonic() < deadline, told
        time.sleep(0.02)


def visible(folder: Path) -> int:
    """How many files are there; with thousands of them to look takes its time from the bot."""
    if not folder.is_dir():
        return 0
    with os.scandir(folder) as found:
        return sum(not one.name.startswith(".") for one in found)


def fhir_report(hospital: Hospital, accession: str) -> list[dict[str, object]]:
    """A critical report that Dr. Osei has ordered, and what it refers to."""
    now = hospital.now.isoformat()
    report = resource(
        "report",
        issued=now,
        meta={"versionId": "1", "lastUpdated": now},
        identifier=[identifier(accession, "ACSN")],
        conclusionCode=[concept("RID49480", RADLEX)],
    )
    ada = [{"system": "MAIN", "value": "1001"}]
    found = [one for one in others() if one["id"] != "d1"]
    return [report, *found, {"resourceType": "Practitioner", "id": "d1", "identifier": ada}]


def test_a_file_of_each_kind_is_paged(database_url: str) -> None:
    with hospital_with_folder(database_url, Place.start_thread) as (hospital, inbox):
        one, two = (hospital.report("ct-head-hemorrhage") for _ in range(2))
        put(inbox, "single.txt", one)
        taken(hospital, inbox)
        paged_until_acknowledged(hospital, hospital.ada)
        put(inbox, "batch.hl7", b"FHS|^~\\&\rBHS|^~\\&\r" + one + two + b"BTS|2\rFTS|1\r")
        taken(hospital, inbox, 2)
        paged_until_acknowledged(hospital, hospital.ada)
        put(inbox, "bundle.json", json.dumps(bundle(*fhir_report(hospital, "F1"))).encode())
        taken(hospital, inbox, 3)
        paged_until_acknowledged(hospital, hospital.ada)
        lines = "\n".join(map(json.dumps, fhir_report(hospital, "F2")))
        put(inbox, "bulk.ndjson", lines.encode())
        taken(hospital, inbox, 4)
        paged_until_acknowledged(hospital, hospital.ada)
        alone = fhir_report(hospital, "F3")[0]
        put(inbox, "alone.json", json.dumps(alone).encode())
        taken(hospital, inbox, 5)
        paged_until_acknowledged(hospital, hospital.carla)
        assert hospital.alerts() == 5
        assert {message.source for message in kept(hospital)} == {"folder:ris"}
        end_well(hospital, set())


def test_one_order_by_wire_and_by_file_is_one_alert(database_url: str) -> None:
    with hospital_with_folder(database_url, Place.start_thread) as (hospital, inbox):
        report = hospital.report("ct-head-hemorrhage")
        hospital.send(report)
        paged_until_acknowledged(hospital, hospital.ada)
        put(inbox, "again.hl7", report)
        taken(hospital, inbox)
        assert hospital.alerts() == 1
        end_well(hospital, set())


def test_one_unusable_message_between_two_criticals_lets_both_be_paged(database_url: str) -> None:
    with hospital_with_folder(database_url, Place.start_thread) as (hospital, inbox):
        first, last = (hospital.report("ct-head-hemorrhage") for _ in range(2))
        bad = hospital.report("ct-abdomen-routine").replace(b"|CT|F|", b"|CT|?|")
        put(inbox, "three.hl7", first + bad + last)
        taken(hospital, inbox, 2, "rejected")
        paged_until_acknowledged(hospital, hospital.ada)
        paged_until_acknowledged(hospital, hospital.ada)
        hospital.carla.slack.expect_new("could not be used")
        [entry] = hospital.database.look(quarantine.listing)
        reason = (inbox / "rejected" / "three.hl7.reason").read_text()
        assert reason.startswith("message 2 of 3: unknown-status at OBR-25: ")
        assert entry.id in reason
        assert "DEMO" not in reason
        end_well(hospital, set())


def test_killed_between_commit_and_move_it_reads_the_file_again_and_pages_nobody_twice(
    database_url: str,
) -> None:
    start: Start = lambda place: Mortal(nursery(), place)  # noqa: E731 - a factory
    with hospital_with_folder(database_url, start) as (hospital, inbox):
        bot = cast(Mortal, hospital.bot)
        data = hospital.report("ct-head-hemorrhage", accession="K1")
        (inbox / "done").write_bytes(b"in the way: nothing can be moved there")
        put(inbox, "killed.hl7", data)
        hospital.world.wait_until(lambda: kept(hospital), PATIENCE)
        hospital.world.wait_until(lambda: logged(hospital, "source_failed"), PATIENCE)
        assert (inbox / "killed.hl7").exists()
        (inbox / "done").unlink()
        bot.kill()
        hospital.world.wait_until(lambda: bot.deaths, PATIENCE)
        taken(hospital, inbox)
        [message] = kept(hospital)
        assert (message.data, message.copies) == (data, 2)
        assert len(entries(hospital, "opened", "K1")) == 1
        paged_until_acknowledged(hospital, hospital.ada)
        expect_everything(hospital)
        nothing_waits_for_nothing(hospital)
        assert hospital.database.look(audit.verify).ok


@pytest.mark.long
@pytest.mark.timeout(300)
def test_hundreds_of_files_are_taken_with_progress_while_the_wire_is_answered(
    database_url: str,
) -> None:
    with hospital_with_folder(database_url, Place.start_thread) as (hospital, inbox):
        for number in range(MANY):
            put(inbox, f"{number:04}.hl7", hospital.report("ct-abdomen-routine"))
        until((inbox / "done").exists, seconds=PATIENCE)
        assert hospital.bot
        began = time.monotonic()
        assert "MSA|AA|" in hospital.bot.send(hospital.report("ct-head-hemorrhage"))
        answered = time.monotonic() - began
        left = len(list(inbox.glob("*.hl7")))
        taken(hospital, inbox, MANY, within=3 * PATIENCE)
        assert left > 0
        assert answered < 5.0
        told = progress(hospital, MANY)
        assert MANY // BATCH <= len(told) <= 2 * MANY // BATCH
        assert len(kept(hospital)) == MANY + 1
        paged_until_acknowledged(hospital, hospital.ada)
        end_well(hospital, set())


def test_a_presented_form_in_a_file_is_shown(database_url: str) -> None:
    with hospital_with_folder(database_url, Place.start_thread) as (hospital, inbox):
        report, *along = fhir_report(hospital, "F4")
        told = base64.b64encode(b"IMPRESSION: Aortic dissection.").decode()
        report["presentedForm"] = [{"contentType": "text/plain", "data": told}]
        put(inbox, "form.json", json.dumps(bundle(report, *along)).encode())
        taken(hospital, inbox)
        paged_until_acknowledged(hospital, hospital.ada)
        end_well(hospital, set())
