"""The orders and parts of one message: which of them are one report, and which are not."""

from bot.domain.report import Status
from tests.sources.oru import OBX, ORC, PID, PV1, message, obr, report, reports, unusable


def test_each_order_of_a_message_has_its_own_report() -> None:
    second = obr({2: "P101", 3: "A2001^RIS", 18: "", 16: "1001^OSEI^ADA^^^^^^MAIN"})
    first, other = reports(
        message(ORC, obr(), OBX, second, OBX.replace("HH", "").replace("T", "N"))
    )
    assert (first.accession, other.accession) == ("A2000", "A2001")
    assert (len(first.flags), len(other.flags)) == (1, 0)
    assert other.ordering[0].name == "OSEI, ADA"


def test_parts_with_the_same_number_are_one_report() -> None:
    again = OBX.replace("Tension", "Left tension").replace("HH", "")
    found = report(message(ORC, obr(), OBX, obr(), again))
    assert found.impression == "Tension pneumothorax.\nLeft tension pneumothorax."


def test_a_part_with_the_same_number_that_is_called_an_addendum_is_one() -> None:
    body, again = (obr(), OBX), OBX.replace("Tension", "Left tension").replace("HH", "")
    added = (obr({4: "XR1^XR CHEST ADDENDUM^MAIN"}), again)
    for parts in ((*body, *added), (*added, *body)):
        found = report(message(ORC, *parts))
        assert found.impression == "Tension pneumothorax."
        assert [one.text for one in found.addenda] == ["Left tension pneumothorax."]
        assert (found.exam, len(found.flags)) == ("XR CHEST 1 VIEW", 1)


def test_parts_that_are_all_called_an_addendum_are_a_report() -> None:
    named = obr({4: "XR1^XR CHEST ADDENDUM^MAIN"})
    assert report(message(ORC, named, OBX, named, OBX)).addenda == ()


PRELIMINARY = {25: "P"}


def test_what_is_not_final_says_nothing_in_a_final_report() -> None:
    calm = OBX.replace("HH", "")
    for other in (PRELIMINARY, {25: "X"}):
        for parts in ((obr(), calm, obr(other), OBX), (obr(other), OBX, obr(), calm)):
            found = report(message(ORC, *parts))
            assert (found.status, found.flags) == (Status.FINAL, ())
            assert found.impression == "Tension pneumothorax."


def test_orders_of_an_accession_that_are_not_finished_alike_have_their_own_reports() -> None:
    one = obr({18: "ACC20001"})
    second = {2: "P101", 3: "A2001^RIS", 18: "ACC20001"}
    first, other = reports(message(ORC, one, OBX, obr({**second, 25: "X"}), OBX))
    assert (first.status, other.status) == (Status.FINAL, Status.WITHDRAWN)
    assert (first.order, other.order) == ("A2000", "A2001")
    assert report(message(ORC, one, OBX, obr(second), OBX)).order == "A2000"


def test_a_part_of_unknown_status_is_refused_and_not_left_out() -> None:
    bad = unusable(message(ORC, obr(), OBX, obr({25: "?"}), OBX))
    assert bad.reason == "unknown-status"


def test_a_part_without_a_number_belongs_to_the_order_beside_it() -> None:
    nameless = obr({2: "", 3: "", 18: ""})
    found = report(message(nameless, OBX, ORC, obr(), OBX.replace("HH", "")))
    assert [flag.where for flag in found.flags] == ["OBX[1]-8"]


def test_observations_before_the_first_order_are_not_lost() -> None:
    assert [flag.value for flag in report(message(OBX, ORC, obr())).flags] == ["HH"]


def test_two_patients_in_a_message_keep_their_reports_apart() -> None:
    other = PID.replace("DEMO1", "DEMO2")
    second = obr({3: "A2001^RIS", 18: ""})
    first, last = reports(message(obr(), OBX, other, PV1, second, OBX))
    assert [r.patient.identifiers[0].value for r in (first, last)] == ["DEMO1", "DEMO2"]
