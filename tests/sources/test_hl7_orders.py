"""Which number names an order's report."""

import pytest

from bot.domain.report import KeyKind, OrderNumber, ReportKey
from tests.sources.oru import report, sample

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
