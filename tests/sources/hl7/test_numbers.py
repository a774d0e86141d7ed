"""Which number of a message is that of its order, and who has given it."""

import pytest

from bot.domain.report import KeyKind, ReportKey
from tests.sources.oru import MSH, OBX, message, obr, report, sample


@pytest.mark.parametrize("elsewhere", ["CHEST", "GEXR5", "70260", "CHEST 12 34", ""])
def test_a_room_or_a_body_part_in_obr_18_is_no_accession_number(elsewhere: str) -> None:
    assert report(sample(fields={18: elsewhere})).key.value == "A2000"


@pytest.mark.parametrize(
    "elsewhere", ["DR=0191324T", "(410)955-3000", "410-955-3000", "+4579596798"]
)
def test_what_names_a_person_in_obr_18_is_no_accession_number(elsewhere: str) -> None:
    """All that one doctor has asked for would be one alert."""
    assert report(sample(fields={18: elsewhere})).key.value == "A2000"


def test_an_accession_number_in_obr_18_goes_before_the_filler_number() -> None:
    found = report(sample(fields={18: "2026-00417"}))
    assert found.key == ReportKey("RIS", KeyKind.ACCESSION, "2026-00417")
    assert (found.accession, found.filler) == ("2026-00417", "A2000")


def test_a_later_version_without_obr_18_has_the_same_key() -> None:
    assert report(sample(fields={18: ""})).key == report(sample()).key


def test_orc_stands_in_for_numbers_missing_from_obr() -> None:
    found = report(sample(fields={2: "", 3: "", 18: ""}))
    assert (found.key.value, found.placer) == ("A2000", "P100")


def test_the_placer_number_is_the_last_resort() -> None:
    found = report(message(obr({3: "", 18: "", 2: "P100^CPOE"}), OBX))
    assert found.key == ReportKey("CPOE", KeyKind.PLACER, "P100")


def test_a_number_without_an_authority_is_the_sending_facilitys() -> None:
    found = report(message(obr({3: "A2000", 18: ""}), OBX))
    assert found.key.authority == "MAIN"


def test_the_same_number_from_two_facilities_is_two_orders() -> None:
    other = MSH.replace("|RIS|MAIN|", "|RIS|EAST|")
    plain = obr({3: "A2000", 18: ""})
    assert report(message(plain, OBX)).key != report(message(plain, OBX, msh=other)).key
