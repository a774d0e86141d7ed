"""Senders that differ: what a profile changes, and what the standard one reads by itself."""

from zoneinfo import ZoneInfo

import pytest

from bot.domain.message import Reports
from bot.domain.profile import Feeds, Layout, Place, Profile, Section
from bot.domain.report import Flag, Identifier, Preliminary, Status
from bot.sources.hl7.reader import read
from tests.sources.oru import (
    CHICAGO,
    MSH,
    NOW,
    OBX,
    as_read,
    message,
    obr,
    report,
    sample,
)

# ---- which one ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("application", "facility", "fits"),
    [("RIS", "MAIN", True), ("ris", "", True), ("", "main", True), ("RIS", "EAST", False)],
)
def test_a_profile_is_for_its_application_and_facility(
    application: str, facility: str, fits: bool
) -> None:
    west = Profile("west", application, facility, authority="WEST")
    found = as_read(sample(fields={16: "7^LEE"}), west)
    assert found.ordering[0].identifiers == (Identifier("7", "WEST" if fits else ""),)


def test_the_first_profile_that_fits_is_used() -> None:
    feeds = Feeds((Profile("one", "RIS"), Profile("two")))
    assert [feeds.of(name, "").name for name in ("RIS", "PACS")] == ["one", "two"]
    assert Feeds().of("RIS", "MAIN").name == "standard"


def test_what_a_preliminary_does_is_the_profile_s_else_everybody_s() -> None:
    east = Profile("east", "RIS", "EAST", preliminary=Preliminary.OPEN)
    feeds = Feeds((east,), standard=Profile(preliminary=Preliminary.NOTIFY))
    for facility, does in (("EAST", Preliminary.OPEN), ("MAIN", Preliminary.NOTIFY)):
        data = sample().replace(b"|RIS|MAIN|", f"|RIS|{facility}|".encode())
        reading = read(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=feeds).reading
        assert isinstance(reading, Reports)
        assert reading.reports[0].if_preliminary is does
    assert as_read(sample()).if_preliminary is Preliminary.IGNORE
    alone = Feeds(standard=Profile(preliminary=Preliminary.OPEN))
    reading = read(sample(), source="hl7", timezone=CHICAGO, now=NOW, feeds=alone).reading
    assert isinstance(reading, Reports)
    assert reading.reports[0].if_preliminary is Preliminary.OPEN


# ---- status ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "status"), [("F", Status.FINAL), ("Prelim", Status.PRELIMINARY)])
def test_a_status_in_obr_23_counts_where_obr_25_is_empty(word: str, status: Status) -> None:
    assert report(sample(fields={25: "", 23: word})).status is status


def test_charges_in_obr_23_are_no_status() -> None:
    assert report(sample(fields={25: "", 23: "$125.00^A"})).status is Status.FINAL
    assert report(sample(fields={25: "P", 23: "F"})).status is Status.PRELIMINARY


def test_the_code_in_obx_15_and_the_status_in_obr_23_need_no_profile() -> None:
    vendor = "OBX|1|TX|&IMP||Aortic dissection.||||||||||RID49480^ACR Category 1^RadLex"
    found = report(sample(vendor, fields={25: "", 23: "Final"}))
    assert found.status is Status.FINAL
    assert found.flags == (Flag("RID49480", "RadLex", "OBX[1]-15"),)


@pytest.mark.parametrize(
    ("places", "status"),
    [
        ((Place("ORC", 5), Place("OBR", 25)), Status.CORRECTED),
        ((Place("ZRS", 2), Place("OBR", 25)), Status.PRELIMINARY),
        ((Place("OBX", 11), Place("OBR", 25)), Status.ADDENDED),
        ((Place("OBR", 25),), Status.FINAL),
    ],
)
def test_the_profile_says_where_the_status_stands(
    places: tuple[Place, ...], status: Status
) -> None:
    orc = "ORC|RE|P100|A2000^RIS||C"
    appended = OBX.removesuffix("F") + "B"
    data = message(orc, obr(), appended, "ZRS|1|P")
    assert as_read(data, Profile(status=places)).status is status


WORDS = Profile(
    status_words=(
        ("BEFUNDET", Status.FINAL),
        ("UNGÜLTIG", Status.WITHDRAWN),
        ("W", Status.FINAL),
        ("SIGNED - TO BE READ", Status.PRELIMINARY),
    )
)


@pytest.mark.parametrize(
    ("order", "observation", "status"),
    [
        ("Befundet", "F", Status.FINAL),
        ("ungültig", "F", Status.WITHDRAWN),
        ("", "Befundet", Status.FINAL),
        ("", "Ungültig", Status.WITHDRAWN),
        ("W", "F", Status.FINAL),
        ("Signed-to be  read.", "F", Status.PRELIMINARY),
        ("", "SIGNED_TO_BE_READ", Status.PRELIMINARY),
        ("Corrected", "F", Status.CORRECTED),
    ],
)
def test_the_profile_knows_the_sender_s_own_words_for_a_status(
    order: str, observation: str, status: Status
) -> None:
    data = sample(OBX.removesuffix("F") + observation, fields={25: order})
    assert as_read(data, WORDS).status is status


# ---- people and times -----------------------------------------------------------------------


def test_another_component_may_name_who_issued_an_identifier() -> None:
    field = "1003^PARK^SAM^^^^^EAST^IGNORED"
    found = as_read(sample(fields={16: field}), Profile(authority_component=8))
    assert found.ordering[0].identifiers == (Identifier("1003", "EAST"),)


def test_the_authority_of_the_profile_stands_in_where_none_is_given() -> None:
    west = Profile(authority="WEST")
    data = sample(fields={16: "7^LEE~8^MOE^^^^^^^MAIN", 32: "9&LIND"})
    found = as_read(data, west)
    assert [p.identifiers[0].authority for p in found.ordering] == ["WEST", "MAIN"]
    assert found.radiologist is not None
    assert found.radiologist.identifiers == (Identifier("9", "WEST"),)


def test_times_without_a_zone_have_the_profiles_unless_msh_7_has_one() -> None:
    denver = Profile(timezone=ZoneInfo("America/Denver"))
    plain = MSH.replace("-0600", "")
    local = message(obr({22: "20260115100000"}), OBX, msh=plain)
    at = as_read(local, denver).finalized_at
    assert at is not None
    assert at.hour == 17
    zoned = message(obr({22: "20260115100000"}), OBX, msh=MSH)
    assert as_read(zoned, denver).finalized_at != at


# ---- layout ---------------------------------------------------------------------------------


def test_a_profile_may_trust_headings_alone() -> None:
    data = sample("OBX|1|TX|&IMP||HISTORY: cough.~IMPRESSION: Normal.||||||F")
    assert as_read(data).impression == "HISTORY: cough.\nIMPRESSION: Normal."
    assert as_read(data, Profile(layout=Layout.HEADINGS)).impression == "Normal."


def test_headings_alone_make_neither_the_study_nor_a_call_a_line_of_the_impression() -> None:
    data = sample(
        "OBX|1|TX|R||IMPRESSION: Bleed.||||||F",
        "OBX|2|ST|113014^DICOM Study^DCM||1.2.840.113619.2.55||||||O",
        "OBX|3|TX|73568-8^Communication of critical results^LN||Dr. Osei, 14:02||||||F",
    )
    found = as_read(data, Profile(layout=Layout.HEADINGS))
    assert (found.impression, found.study_uid) == ("Bleed.", "1.2.840.113619.2.55")
    assert found.called == "Dr. Osei, 14:02"


def test_a_profile_may_trust_segments_alone() -> None:
    data = sample("OBX|1|TX|R^Report||ADDENDUM: see prior.~IMPRESSION: x||||||F")
    found = as_read(data, Profile(layout=Layout.SEGMENTS))
    assert (found.impression, found.addenda) == ("", ())
    assert found.text == "ADDENDUM: see prior.\nIMPRESSION: x"


def test_a_profile_names_the_sections_of_its_sender() -> None:
    zus = Profile(sections=(("ZUS", Section.IMPRESSION), ("NTR", Section.ADDENDUM)))
    data = sample("OBX|1|TX|ZUS^Zusammenfassung||Frei.||||||F", "OBX|2|TX|NTR||Doch.||||||F")
    found = as_read(data, zus)
    assert (found.impression, found.addenda[0].text) == ("Frei.", "Doch.")


# ---- machines -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["RIS", "3001", "MAIN:3001", "LIND, ROSA", "ROSA LIND", "LIND ROSA"]
)
def test_an_interpretation_of_a_machine_is_known_as_one(name: str) -> None:
    assert as_read(sample(), machines=(name,)).machine
    assert not as_read(sample()).machine
    assert not as_read(sample(), machines=("EAST:3001", "PACS")).machine


def test_a_machine_that_sends_a_universal_id_alone_goes_by_that() -> None:
    """As explain shows the sender, and as a profile is found for it."""
    data = sample().replace(b"|RIS|MAIN|", b"|^1.2.840.7^ISO|MAIN|", 1)
    assert as_read(data, machines=("1.2.840.7",)).machine


@pytest.mark.parametrize("field", ["AI7^TRIAGE~3001^LIND", "~3001^LIND", "3001^LIND~AI7^TRIAGE"])
def test_a_report_that_a_person_has_read_beside_a_machine_is_the_person_s(field: str) -> None:
    found = as_read(sample(fields={32: field}), machines=("AI7",))
    assert (found.machine, found.radiologist and found.radiologist.name) == (False, "LIND")
    assert as_read(sample(fields={32: "AI7^TRIAGE~AI7^OTHER"}), machines=("AI7",)).machine
