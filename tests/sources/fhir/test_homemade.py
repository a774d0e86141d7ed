"""Reports as programs write them whose authors have not read much of FHIR."""

import pytest

from tests.sources.fhir_polls import rounds
from tests.sources.fhir_samples import ISSUED, Json, report
from tests.sources.fhir_server import Fault, Reading, stocked

SPOKEN = {"conclusionCode": None, "presentedForm": None, "conclusion": None}


def test_an_exam_in_mere_words_is_known() -> None:
    found = report(code="CT head")
    assert (found.exam, found.modality) == ("CT head", "CT")


def test_a_list_of_conclusions_is_read_line_by_line() -> None:
    found = report(**{**SPOKEN, "conclusion": ["CRITICAL RESULT: Bleed.", "Edema."]})
    assert found.impression == "CRITICAL RESULT: Bleed.\nEdema."
    assert [flag.where for flag in found.flags] == ["conclusion"]


@pytest.mark.parametrize(
    "result",
    [
        {"valueString": "CRITICAL RESULT: Bleed."},
        {"display": "Finding", "valueString": "CRITICAL RESULT: Bleed."},
    ],
)
def test_a_result_in_the_place_of_its_reference_is_read(result: Json) -> None:
    found = report(**{**SPOKEN, "result": [result]})
    assert found.text == "CRITICAL RESULT: Bleed."
    assert [flag.where for flag in found.flags] == ["Observation[1]"]


@pytest.mark.parametrize(
    "issued",
    [
        "2026-03-02T14:30:00z",
        "2026-03-02T14:30:00.123456789z",
        "2026-03-02T08:30:00-06:00[America/Chicago]",
        "2026-03-02T14:30Z[UTC]",
        "2026-03-02T14:30:00-00:00",
    ],
)
def test_a_time_with_a_small_z_or_the_name_of_its_zone_is_one(issued: str) -> None:
    assert report(issued=issued).finalized_at == ISSUED


def test_an_answer_without_content_to_a_search_is_one_without_reports(reading: Reading) -> None:
    """It was a server that cannot be read, of which people were told."""
    server = stocked(faults=[("DiagnosticReport?", Fault(204))])
    assert rounds(reading, server, 2) == ["ok", "ok"]
    assert len(reading.alerts()) == 1


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"valueBoolean": True}, "Yes"),
        ({"valueInteger": 3}, "3"),
        ({"valueQuantity": {"comparator": "<", "value": 5, "unit": "10*9/L"}}, "<5 10*9/L"),
        ({"valueRange": {"low": {"value": 3}, "high": {"value": 5, "unit": "mm"}}}, "3 - 5 mm"),
        ({"valueRange": {"low": {"value": 3, "unit": "mm"}}}, "3 mm"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1:128"),
        ({"valueDateTime": "2026-01-15"}, "2026-01-15"),
    ],
)
def test_a_result_that_is_a_yes_or_a_count_is_shown_with_its_question(
    value: Json, said: str
) -> None:
    found = report(**{**SPOKEN, "result": [{"code": {"text": "Bleeding"}, **value}]})
    assert found.text == f"Bleeding: {said}"
