"""Macros in the segments of a site's own: the standard profile reads them, as it does codes."""

import pytest

from bot.domain.profile import MOST_SEVERE
from bot.domain.report import Flag
from tests.sources.oru import OBX, message, obr, report, reports, sample, unusable

PLAIN = OBX.replace("HH", "")


@pytest.mark.parametrize(
    ("segment", "where"),
    [
        ("ZCR|1|CRITICAL RESULT|Y", "ZCR-2"),
        ("ZCR|1|CRITICAL RESULT", "ZCR-2"),
        ("ZCR|1|CRITICAL RESULT||20260115120000", "ZCR-2"),
        ("ZRX|Critical finding^Yes", "ZRX-1"),
        ("ZRX|note~CRITICAL FINDING: air", "ZRX-1"),
    ],
)
def test_a_macro_in_a_z_segment_counts(segment: str, where: str) -> None:
    found = report(sample(PLAIN, segment)).flags
    assert found == (Flag("CRITICAL RESULT", "dictated", where, MOST_SEVERE),)


@pytest.mark.parametrize(
    "segment",
    [
        "ZCR|1|CRITICAL RESULT|N",
        "ZCR|1|CRITICAL RESULT|No",
        "ZCR|1|CRITICAL RESULT|0",
        "ZCR|1|CRITICAL RESULT|false",
        "ZCR|1|Critical result^None",
        "ZCR|1|No critical result",
        "ZCR|1|Critical result policy|9",
        "ZPV|1|CRITICAL|Y",
        "ZPV|CRITICAL CARE",
    ],
)
def test_one_that_is_denied_or_says_how_the_patient_is_does_not(segment: str) -> None:
    assert report(sample(PLAIN, segment)).flags == ()


def test_the_category_of_the_acr_counts_there_and_not_in_a_breast_exam() -> None:
    said = "ZRF|1|ACR Category 1"
    assert [flag.value for flag in report(sample(PLAIN, said)).flags] == ["RID49480"]
    assert report(sample(PLAIN, said, fields={24: "MG"})).flags == ()


def test_it_belongs_to_its_own_order() -> None:
    second = obr({2: "P2", 3: "B1^RIS", 18: ""})
    other = OBX.replace("HH", "").replace("Tension", "Small")
    data = message(obr(), PLAIN, second, other, "ZCR|1|CRITICAL RESULT|Y")
    reading = {one.filler: one.flags for one in reports(data)}
    assert reading["A2000"] == ()
    assert [flag.where for flag in reading["B1"]] == ["ZCR-2"]


def test_one_in_a_message_that_cannot_be_used_wakes_a_coordinator() -> None:
    data = sample(PLAIN, "ZCR|1|CRITICAL RESULT|Y", fields={25: "?"})
    assert [flag.value for flag in unusable(data).flags] == ["CRITICAL RESULT"]
