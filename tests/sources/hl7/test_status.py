import pytest

from bot.domain.profile import Place, Profile
from bot.domain.report import Status
from bot.sources.hl7.places import read_from
from bot.sources.hl7.status import status
from bot.sources.refused import BadReport
from tests.sources.oru import as_read, message, obr, report, sample, unusable


@pytest.mark.parametrize(
    ("order", "observations", "expected"),
    [
        ("F", [], Status.FINAL),
        ("Final", [], Status.FINAL),
        ("C", ["F"], Status.CORRECTED),
        ("X", ["F"], Status.WITHDRAWN),
        ("P", ["F"], Status.PRELIMINARY),
        ("Prelim", [], Status.PRELIMINARY),
        ("FINAL RESULT", [], Status.FINAL),
        ("Final-Result.", [], Status.FINAL),
        ("Corrected", [], Status.CORRECTED),
        ("CORRECTED REPORT", [], Status.CORRECTED),
        ("Final with Addendum", [], Status.ADDENDED),
        ("entered_in_error", [], Status.WITHDRAWN),
        ("Unverified", [], Status.PRELIMINARY),
        ("", ["Final Result"], Status.FINAL),
        ("Wet Read", [], Status.PRELIMINARY),
        ("CM", ["F"], Status.FINAL),
        ("Authorised", ["F"], Status.FINAL),
        ("Validated", ["F"], Status.FINAL),
        ("Interim", ["F"], Status.PRELIMINARY),
        ("Revised Final", ["F"], Status.CORRECTED),
        ("Signed Addendum", ["F"], Status.ADDENDED),
        ("Complete", ["F"], Status.FINAL),
        ("Auth (Verified)", ["F"], Status.FINAL),
        ("Authorized", ["F"], Status.FINAL),
        ("Complete/Verified", [], Status.FINAL),
        ("Amendment", ["F"], Status.CORRECTED),
        ("Addended Final", [], Status.ADDENDED),
        ("Corr", ["C"], Status.CORRECTED),
        ("Modified/Amended/Cor", ["C"], Status.CORRECTED),
        ("Altered", ["F"], Status.CORRECTED),
        ("In Error", ["F"], Status.WITHDRAWN),
        ("Unauth", ["F"], Status.PRELIMINARY),
        ("Modified", ["F"], Status.CORRECTED),
        ("A", [], Status.PRELIMINARY),
        ("AU", ["AU"], Status.FINAL),
        ("LA", [], Status.FINAL),
        ("DI", ["DI"], Status.PRELIMINARY),
        ("F", ["D", "D"], Status.WITHDRAWN),
        ("F", ["W", "D"], Status.WITHDRAWN),
        ("F", ["D", "F"], Status.FINAL),
        ("", ["F", "F"], Status.FINAL),
        ("", ["A"], Status.CORRECTED),
        ("", ["B", "F"], Status.ADDENDED),
        ("", ["P"], Status.PRELIMINARY),
        ("", ["P", "F"], Status.FINAL),
        ("", ["D", "F"], Status.FINAL),
        ("", ["Wet Read"], Status.PRELIMINARY),
    ],
)
def test_the_status_of_a_report(order: str, observations: list[str], expected: Status) -> None:
    assert status([order], set(observations)) is expected


@pytest.mark.parametrize(
    ("order", "observations"), [("?", ["F"]), ("", []), ("", ["?"]), ("W", ["F"])]
)
def test_a_status_that_is_not_known_is_not_guessed(order: str, observations: list[str]) -> None:
    with pytest.raises(BadReport, match="unknown-status"):
        status([order], set(observations))


def test_of_several_parts_the_most_finished_counts() -> None:
    assert status(["P", "F"], set()) is Status.FINAL
    assert status(["F", "X"], set()) is Status.FINAL
    assert status(["X", "X"], set()) is Status.WITHDRAWN


DONE = "ORC|RE|P100|A2000^RIS||CM"


def test_an_order_that_is_completed_says_nothing_of_its_result() -> None:
    """Table 0038's CM may as well mean that the pictures were taken: a person looks at it."""
    silent = "OBX|1|TX|R||Clots.|||AA"
    assert unusable(message(DONE, obr({25: ""}), silent)).reason == "unknown-status"
    assert report(message(DONE, obr({25: "P"}), silent)).status is Status.PRELIMINARY


@pytest.mark.parametrize(
    "priority", ["A^ASAP^HL70078", "R^Routine^HL70485", "S^STAT", "{Priority, ex: A^ASAP^HL70078}"]
)
def test_how_urgent_the_order_was_is_no_status(priority: str) -> None:
    """Rayvolve (AZmed) sends the status in OBR-23 and the priority in OBR-25: "A" is preliminary
    in table 0123, and its critical finding would have been ignored."""
    assert report(sample(fields={23: "F", 25: priority})).status is Status.FINAL
    assert report(sample(fields={23: "P", 25: priority})).status is Status.PRELIMINARY
    assert report(sample(fields={25: priority})).status is Status.FINAL  # by OBX-11
    assert report(sample(fields={25: "P^Preliminary^HL70123"})).status is Status.PRELIMINARY


@pytest.mark.parametrize("code", ["Z", "Y"])
def test_a_status_of_queries_alone_is_that_of_the_observations(code: str) -> None:
    """A British laboratory has them in its reports, and U in each OBX-11: none of them paged."""
    obx = "OBX|1|ST|K^Potassium||7.6|mmol/L|3.5-5.3|HH|||"
    data = sample(f"{obx}U", fields={25: code})
    found = report(data)
    assert found.status is Status.FINAL
    assert read_from(data, [found])[0]["status"] == "OBX-11"
    assert report(sample(f"{obx}P", fields={25: code})).status is Status.PRELIMINARY
    assert report(sample(obx, fields={25: code})).status is Status.PRELIMINARY


def test_an_order_with_such_a_status_counts_beside_a_final_one_of_the_same_number() -> None:
    """Of four orders only the corrected one was read, without the potassium of the last."""
    calcium = "OBX|1|ST|CA^Calcium||1.85|mmol/L|2.2-2.6|L|||U"
    potassium = "OBX|1|ST|K^Potassium||7.6|mmol/L|3.5-5.3|HH|||U"
    data = message(obr({25: "C"}), calcium, obr({1: "2", 4: "RE", 25: "Z"}), potassium)
    found = report(data)
    assert found.text == "Calcium: 1.85 mmol/L\nPotassium: 7.6 mmol/L"
    assert [flag.value for flag in found.flags] == ["L", "HH"]


@pytest.mark.parametrize("department", ["RAD", "CT", "MR"])
def test_what_made_the_report_is_no_status(department: str) -> None:
    """Senders with one field too many put OBR-24 there: their reports waited in quarantine."""
    obx = "OBX|1|TX|&IMP||Bleed.||||||"
    assert report(sample(f"{obx}F", fields={25: department})).status is Status.FINAL
    assert report(sample(f"{obx}P", fields={25: department})).status is Status.PRELIMINARY
    assert unusable(sample(obx, fields={25: department})).reason == "unknown-status"


@pytest.mark.parametrize("field", [24, 26])
@pytest.mark.parametrize(
    ("said", "observations", "expected"),
    [
        ("P", "PF", Status.PRELIMINARY),  # an OBX of a preliminary may be marked final
        ("P", "FF", Status.FINAL),  # PET
        ("F", "PP", Status.PRELIMINARY),  # fluoroscopy
        ("F", "  ", Status.FINAL),
        ("Preliminary", "FF", Status.PRELIMINARY),
        ("Final", "  ", Status.FINAL),
        ("CT", "FF", Status.FINAL),
        ("Emergency", "FF", Status.FINAL),
    ],
)
def test_a_status_one_field_off_counts_where_no_other_field_has_one(
    field: int, said: str, observations: str, expected: Status
) -> None:
    results = [f"OBX|{n}|TX|A{n}||Text.||||||{code.strip()}" for n, code in enumerate(observations)]
    found = report(sample(*results, fields={25: "", field: said}))
    assert found.status is expected


@pytest.mark.parametrize(
    ("lines", "expected", "place"),
    [
        (["|||||F", "|||||F"], Status.FINAL, "OBX-10"),
        (["|||||P", "|||||"], Status.PRELIMINARY, "OBX-10"),
        (["|||||||C", "|||||||F"], Status.CORRECTED, "OBX-12"),
    ],
)
def test_the_status_of_an_observation_one_field_off_counts_where_there_is_no_other(
    lines: list[str], expected: Status, place: str
) -> None:
    """Two public senders' reports waited in quarantine."""
    results = [f"OBX|{n}|TX|A{n}||Text.{line}" for n, line in enumerate(lines)]
    data = sample(*results, fields={25: ""})
    found = report(data)
    assert found.status is expected
    assert read_from(data, [found])[0]["status"] == place


@pytest.mark.parametrize("line", ["|||||N", "|||||F||20260101", "|||||X", "||||F", "|||||S"])
def test_no_status_is_guessed_from_what_is_no_status_there(line: str) -> None:
    results = [f"OBX|1|TX|A||Text.{line}", "OBX|2|TX|B||Text.|||||N"]
    assert unusable(sample(*results, fields={25: ""})).reason == "unknown-status"


def test_a_profile_that_names_other_places_reads_no_status_beside_them() -> None:
    profile = Profile(status=(Place("OBX", 11),))
    with pytest.raises(AssertionError, match="unknown-status"):
        as_read(sample("OBX|1|TX|A||Text.|||||F", fields={25: ""}), profile)


def test_no_status_is_guessed_from_what_may_be_a_department() -> None:
    for department in ("P", "X", "C"):
        bad = unusable(sample("OBX|1|TX|A||Text.", fields={24: department, 25: ""}))
        assert bad.reason == "unknown-status"


def test_a_profile_that_says_where_the_status_stands_has_it_nowhere_else() -> None:
    profile = Profile(status=(Place("OBX", 11),))
    results = ["OBX|1|TX|A||Text.||||||P", "OBX|2|TX|B||Text.||||||F"]
    data = sample(*results, fields={24: "P", 25: ""})
    assert as_read(data, profile).status is Status.FINAL


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2^Final", Status.FINAL),
        ("30^Preliminary^99RIS", Status.PRELIMINARY),
        ("A^Addendum", Status.ADDENDED),
        ("S^Signed", Status.FINAL),
        ("A^Some results available^HL70123", Status.PRELIMINARY),
        ("P^Final", Status.PRELIMINARY),  # a code of the table says more than a word
    ],
)
def test_a_code_of_the_senders_own_means_what_it_is_called(said: str, expected: Status) -> None:
    assert report(sample(fields={25: said})).status is expected


def test_a_code_that_is_called_by_no_word_for_a_status_is_not_guessed() -> None:
    assert unusable(sample(fields={25: "7^Ready"})).reason == "unknown-status"
