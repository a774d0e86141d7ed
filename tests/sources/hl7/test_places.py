"""The fields that `readback explain` names are those that hold what it says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.message import Reports
from bot.domain.profile import Feeds, Place, Profile
from bot.domain.report import Report
from bot.sources.hl7.places import heading, ranges, read_from
from bot.sources.hl7.reader import read, read_all
from bot.sources.hl7.wire import cut, decode
from bot.sources.positions import Places
from tests.sources.oru import CHICAGO, NOW, OBX, ORC, message, obr, sample

LATER = datetime(2027, 1, 1, tzinfo=UTC)


def places(data: bytes, *profiles: Profile) -> Places:
    feeds = Feeds(profiles)
    reading = read(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=feeds).reading
    assert isinstance(reading, Reports)
    return read_from(data, reading.reports, feeds)[0]


def test_what_stands_in_for_an_empty_field_is_named() -> None:
    orc = f"{ORC}|||||||||1009^LEE^KIM"
    fields = {2: "", 3: "", 16: "", 18: "", 22: "", 24: "", 25: "", 32: ""}
    found = places(message(orc, obr(fields) + "|3002^MOE", OBX, "ZDS|1.2.840.1.2.3"))
    assert {name: found[name] for name in ("key.value", "accession", "filler", "placer")} == {
        "key.value": "ORC-3",
        "accession": "ORC-3",
        "filler": "ORC-3",
        "placer": "ORC-2",
    }
    assert (found["ordering"], found["radiologist"]) == ("ORC-12", "OBR-33")
    assert (found["status"], found["status_at"]) == ("OBX-11", "MSH-7")
    assert (found["modality"], found["study_uid"]) == ("OBR-4", "ZDS-1")
    assert "finalized_at" not in found


def test_an_orderer_who_stands_in_both_segments_is_read_from_obr_16() -> None:
    orc = f"{ORC}|||||||||1003^PARK^SAM^^^DR^^^MAIN"
    assert places(message(orc, obr(), OBX))["ordering"] == "OBR-16"


def test_a_call_that_the_text_documents_names_its_observations() -> None:
    def called(*told: str) -> str:
        lines = enumerate((OBX.split("|")[5], *told), 1)
        return places(sample(*(f"OBX|{n}|TX|X||{text}||||||F" for n, text in lines)))["called"]

    call = "Findings were discussed with Dr. Sam Park by telephone at 14:02."
    assert called("Dr. Park", f"No rib fracture. {call}") == "OBX[3]-5"
    assert (
        called("Findings were discussed with Dr. Sam", "Park by telephone at 14:02.")
        == "OBX[2-3]-5"
    )
    assert called("ADDENDUM: Seen again.", call) == "OBX[3]-5"


def test_the_status_names_the_place_of_the_profile() -> None:
    assert places(sample(fields={25: "", 23: "F"}))["status"] == "OBR-23"
    data = message(ORC, obr(), OBX, "ZRS|F")
    assert places(data, Profile(status=(Place("ZRS", 1),)))["status"] == "ZRS-1"


def test_a_withdrawal_names_what_withdrew() -> None:
    deleted = OBX.removesuffix("F") + "D"
    assert places(message(ORC, obr(), deleted))["status"] == "OBX-11"
    assert places(message(ORC, obr({25: "X"}), OBX))["status"] == "OBR-25"


def test_observations_that_are_deleted_withdraw_beside_a_status_that_no_table_has() -> None:
    deleted = OBX.removesuffix("F") + "W"
    assert places(message(ORC, obr({25: "W"}), deleted))["status"] == "OBX-11"


def test_sections_name_their_segments() -> None:
    texts = ("FINDINGS:", "Clot.", "IMPRESSION: Embolus.", "Large.", "ADDENDUM: Called.")
    lines = [f"OBX|{n}|TX|X||{text}||||||F" for n, text in enumerate(texts, 1)]
    found = places(sample(*lines))
    assert (found["text"], found["impression"], found["addenda"]) == (
        "OBX[1-4]-5",
        "OBX[3-4]-5",
        "OBX[5]-5",
    )


def test_runs_of_numbers_are_told_shortly() -> None:
    assert ranges([3, 1, 2, 7, 9, 10]) == "1-3,7,9-10"
    assert ranges([4]) == "4"
    assert ranges([]) == ""


def test_any_message_has_a_heading() -> None:
    assert heading(sample()).kind == "ORU^R01^ORU_R01"
    assert heading(sample() + b"\0").kind == "ORU^R01^ORU_R01"
    assert heading(b"nonsense").kind == ""


# ---- the corpus -----------------------------------------------------------------------------

VALUES: dict[str, Callable[[Report], str]] = {
    "accession": lambda one: one.accession,
    "filler": lambda one: one.filler,
    "placer": lambda one: one.placer,
    "exam": lambda one: one.exam,
    "patient.name": lambda one: one.patient.name.partition(",")[0],
    "patient.identifiers": lambda one: one.patient.identifiers[0].value,
    "ordering": lambda one: one.ordering[0].name.partition(",")[0],
    "attending": lambda one: one.attending[0].name.partition(",")[0],
    "copies_to": lambda one: one.copies_to[0].name.partition(",")[0],
    "radiologist": lambda one: one.radiologist.name.partition(",")[0] if one.radiologist else "",
    "patient_class": lambda one: one.patient_class,
    "location": lambda one: one.location.split()[0],
    "control_id": lambda one: one.control_id,
    "study_uid": lambda one: one.study_uid,
}


def test_the_named_field_holds_the_value_in_every_report_of_the_corpus(shared: Path) -> None:
    checked = 0
    for file in sorted((shared / "corpus" / "hl7").glob("*.*")):
        for raw in read_all(file.read_bytes(), source="x", timezone=CHICAGO, now=LATER):
            if isinstance(raw.reading, Reports):
                found = read_from(raw.data, raw.reading.reports)
                for one, where in zip(raw.reading.reports, found, strict=True):
                    checked += _checked(raw.data, one, where, file.name)
    assert checked > 1000


def _checked(data: bytes, report: Report, where: Places, name: str) -> int:
    wire = cut(*decode(data))
    told = 0
    for part, value in VALUES.items():
        if part in where and not where[part].startswith("OBX"):
            held = _field(wire.lines, wire.marks.field, where[part])
            assert value(report) in wire.marks.clean(held), f"{name}: {part} in {where[part]}"
            told += 1
    return told


def _field(lines: list[str], separator: str, place: str) -> str:
    parts = re.fullmatch(r"([A-Z0-9]{3})(?:\[(\d+)\])?-(\d+)", place)
    if parts is None:
        pytest.fail(f"{place} is no field")
    segment, row, number = parts[1], int(parts[2] or 1), int(parts[3])
    having = [line.split(separator) for line in lines if line[:3] == segment]
    if segment in {"PID", "PV1", "ORC"}:  # the one that governs is not always the first
        return " ".join(fields[number] for fields in having if len(fields) > number)
    fields = having[row - 1]
    return fields[number - (segment == "MSH")]
