"""Which number names an order's report."""

import pytest

from bot.domain.report import KeyKind, OrderNumber, ReportKey
from tests.sources.oru import FINAL, report, sample

EVENT, LATER = "5317^HNAM_EVENTID", "5399^HNAM_EVENTID"


@pytest.mark.parametrize(
    "filler",
    [
        EVENT,
        f"{EVENT}~A78E5C00^HNAM_CEREF",
        f"{EVENT}~{LATER}~A78E5C00ABG^HNAM_CEREF",
        f"~{EVENT}",
        f"^HNAM_CEREF~{EVENT}",
    ],
)
def test_of_a_number_that_is_repeated_the_first_counts(filler: str) -> None:
    """Cerner adds one for each version: with the whole field as authority each version would be
    another report, with an alert of its own."""
    found = report(sample(fields={2: "", 3: filler, 18: ""}))
    assert found.key == ReportKey("HNAM_EVENTID", KeyKind.ACCESSION, "5317")
    number = OrderNumber(KeyKind.FILLER, "5317", "HNAM_EVENTID", stated=True)
    assert [one for one in found.numbers if one.kind is KeyKind.FILLER] == [number]


@pytest.mark.parametrize("reader", ["440012^Iversen^Erik^^^Dr.", "440012^O'Brien^Mary Ann^K"])
def test_a_person_in_obr_18_is_no_accession(reader: str) -> None:
    """Two exams of one patient by the same reader would be one report."""
    found = report(sample(fields={3: "", 18: reader}))
    assert (found.accession, found.filler, found.placer) == ("A2000", "A2000", "P100")


@pytest.mark.parametrize("field", [7, 22])
def test_a_time_of_the_order_in_obr_18_is_no_accession(field: int) -> None:
    found = report(sample(fields={field: FINAL, 18: FINAL}))
    assert found.accession == "A2000"
    assert not [one for one in found.numbers if one.value == FINAL]


@pytest.mark.parametrize("number", ["440012^RIS", "440012^RIS^1.2.3^ISO", "440012^RIS^RIS^L"])
def test_a_number_with_its_authority_in_obr_18_is_one(number: str) -> None:
    assert report(sample(fields={18: number})).accession == "440012"
