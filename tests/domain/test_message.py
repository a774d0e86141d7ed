from dataclasses import replace

from bot.domain.message import RawMessage, Receipt, SetAside, Unusable


def test_what_is_not_said_of_a_message_is_that_all_went_well() -> None:
    receipt = Receipt("m1")
    assert (receipt.duplicate, receipt.quarantined, receipt.set_aside) == (False, "", "")


def test_an_error_without_a_code_is_an_application_error_of_table_0357() -> None:
    assert Unusable("no-order", "OBR is missing").error_code == "207"


def test_a_location_is_told_as_people_write_it() -> None:
    places = {"": "", "OBR": "OBR", "OBR^1^25": "OBR-25", "meta.tag": "meta.tag"}
    for location, place in places.items():
        assert Unusable("reason", "detail", location=location).place == place


def test_what_stands_in_for_a_message_is_known_by_its_content_else_by_its_digest() -> None:
    raw = RawMessage(b"ab", 2, "digest", "fhir", "", "", "", SetAside("fhir-patient"))
    assert raw.content == "digest"
    assert replace(raw, content_of=bytes.hex).content == "6162"


def test_what_names_no_processing_id_may_page_and_only_a_known_one_is_a_test() -> None:
    raw = RawMessage(b"", 0, "", "hl7", "", "", "", SetAside("adt-a08"))
    told = {mode: replace(raw, processing_id=mode) for mode in ("", "P", "T", "D", "X")}
    assert [mode for mode, one in told.items() if one.is_live({"P", "T"})] == ["", "P", "T"]
    assert [mode for mode, one in told.items() if one.is_test({"P", "T"})] == ["D"]
