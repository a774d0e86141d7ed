"""One message with several orders: one that cannot be used does not spoil the others."""

from bot.domain.message import Reports
from bot.domain.report import KeyKind, OrderNumber
from bot.sources.hl7_places import read_from
from tests.sources.oru import OBX, PID, message, obr, raw, unusable

GOOD = obr()
BAD = obr({2: "", 3: "B9000^RIS", 18: "", 25: "?"})
NAMELESS = obr({2: "", 3: "", 18: ""})
OTHER = PID.replace("DEMO1", "DEMO2")
AA = OBX.replace("HH", "AA")


def reading(*segments: str) -> Reports:
    found = raw(message(*segments)).reading
    assert isinstance(found, Reports), found
    return found


def test_of_two_orders_the_one_that_can_be_used_is_a_report() -> None:
    found = reading(BAD, AA, GOOD, OBX)
    assert [(one.accession, one.flags[0].value) for one in found.reports] == [("A2000", "HH")]
    (left,) = found.left
    assert (left.reason, left.numbers) == (
        "unknown-status",
        (OrderNumber(KeyKind.FILLER, "B9000", "RIS"),),
    )
    assert [flag.value for flag in left.flags] == ["AA"]
    assert left.patient == found.reports[0].patient


def test_an_order_without_a_number_of_another_patient_waits_alone() -> None:
    found = reading(GOOD, OBX, OTHER, NAMELESS, AA)
    assert [one.reason for one in found.left] == ["no-order-identifier"]
    assert found.left[0].patient.identifiers[0].value == "DEMO2"


def test_each_of_several_has_a_digest_of_its_own() -> None:
    other = obr({2: "", 3: "B9001^RIS", 18: "", 25: "?"})
    left = reading(BAD, OBX, GOOD, OBX, other, OBX).left
    assert len({one.content for one in left}) == 2


def test_where_none_can_be_used_the_message_waits_as_a_whole() -> None:
    assert unusable(message(BAD, OBX, BAD.replace("B9000", "B9001"), OBX)).reason == (
        "unknown-status"
    )


def test_the_places_are_those_of_the_orders_that_are_reports() -> None:
    data = message(BAD, AA, GOOD, OBX)
    (places,) = read_from(data, reading(BAD, AA, GOOD, OBX).reports)
    assert (places["key.value"], places["impression"]) == ("OBR[2]-18", "OBX[2]-5")
