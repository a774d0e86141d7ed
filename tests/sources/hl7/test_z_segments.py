"""A message with several orders: which of them a Z segment is of."""

import pytest

from bot.domain.message import Reports
from bot.domain.profile import Feeds, Place, Profile, Rule
from bot.sources.hl7.reader import read
from tests.sources.oru import CHICAGO, MSH, NOW, ORC, PID, PV1, obr

PLAIN, OTHER = "OBX|1|TX|&IMP||Bleed.||||||F", "OBX|1|TX|&IMP||No fracture.||||||F"
FIRST, SECOND = obr(), obr({2: "P2", 3: "B9002^RIS", 18: ""})
ANN, BEN = PID, PID.replace("DEMO1", "DEMO2")
Z = "ZCF|1|ALERT"


def flagged(*segments: str, at: Place | None = None) -> dict[str, list[str]]:
    """The flags by accession number."""
    feeds = Feeds((Profile(rules=(Rule("critical", code="ALERT", at=at),)),))
    data = "\r".join([MSH, *segments, ""]).encode()
    reading = read(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=feeds).reading
    assert isinstance(reading, Reports)
    return {one.accession: [flag.where for flag in one.flags] for one in reading.reports}


@pytest.mark.parametrize("at", [None, Place("ZCF", 2)])
@pytest.mark.parametrize("before", [[Z, ANN, PV1], [ANN, Z, PV1], [ANN, PV1, Z]])
def test_one_before_any_order_is_of_every_order(before: list[str], at: Place | None) -> None:
    orders = [ORC, FIRST, PLAIN, ORC.replace("A2000", "B9002"), SECOND, OTHER]
    assert flagged(*before, *orders, at=at) == {"A2000": ["ZCF-2"], "B9002": ["ZCF-2"]}
    assert flagged(*before, ORC, FIRST, PLAIN, at=at) == {"A2000": ["ZCF-2"]}


def test_one_below_an_order_is_of_that_order_alone() -> None:
    assert flagged(ANN, FIRST, Z, PLAIN, SECOND, OTHER) == {"A2000": ["ZCF-2"], "B9002": []}
    assert flagged(ANN, FIRST, PLAIN, Z, SECOND, OTHER) == {"A2000": ["ZCF-2"], "B9002": []}
    assert flagged(ANN, FIRST, PLAIN, SECOND, OTHER, Z) == {"A2000": [], "B9002": ["ZCF-2"]}


def test_one_between_an_orc_and_its_obr_is_of_that_order() -> None:
    assert flagged(ANN, ORC, Z, FIRST, PLAIN, SECOND, OTHER) == {"A2000": ["ZCF-2"], "B9002": []}
    assert flagged(ANN, FIRST, PLAIN, ORC, Z, ORC, SECOND, OTHER)["B9002"] == ["ZCF-2"]


def test_behind_an_orc_that_stands_below_its_obr_it_is_of_that_order() -> None:
    assert flagged(ANN, FIRST, ORC, Z, PLAIN, SECOND, OTHER)["A2000"] == ["ZCF-2"]
    assert flagged(ANN, FIRST, PLAIN, SECOND, OTHER, ORC, Z)["B9002"] == ["ZCF-2"]


def test_one_of_a_patient_is_of_no_other_patient() -> None:
    """It stood behind the other's results, and paged for him."""
    first, second = [ANN, FIRST, PLAIN], [BEN, Z, SECOND, OTHER]
    assert flagged(*first, *second) == {"A2000": [], "B9002": ["ZCF-2"]}
    assert flagged(*second, *first) == {"A2000": [], "B9002": ["ZCF-2"]}
    assert flagged(Z, *first, BEN, SECOND, OTHER) == {"A2000": ["ZCF-2"], "B9002": ["ZCF-2"]}
