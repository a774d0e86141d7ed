from bot.domain.message import Receipt, Unusable


def test_what_is_not_said_of_a_message_is_that_all_went_well() -> None:
    receipt = Receipt("m1")
    assert (receipt.duplicate, receipt.quarantined, receipt.set_aside) == (False, "", "")


def test_an_error_without_a_code_is_an_application_error_of_table_0357() -> None:
    assert Unusable("no-order", "OBR is missing").error_code == "207"


def test_a_location_is_told_as_people_write_it() -> None:
    places = {"": "", "OBR": "OBR", "OBR^1^25": "OBR-25", "meta.tag": "meta.tag"}
    for location, place in places.items():
        assert Unusable("reason", "detail", location=location).place == place
