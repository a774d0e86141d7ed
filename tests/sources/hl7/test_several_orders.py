"""One message with several orders: one that cannot be used does not spoil the others."""

import time

from bot.domain.message import Reports
from bot.domain.report import KeyKind, OrderNumber, Status
from bot.sources.hl7.places import read_from
from tests.sources.oru import MSH, OBX, PID, message, obr, raw, report, unusable

GOOD = obr()
BAD = obr({2: "", 3: "B9000^RIS", 18: "", 25: "?"})
NAMELESS = obr({2: "", 3: "", 18: ""})
OTHER = PID.replace("DEMO1", "DEMO2")
AA = OBX.replace("HH", "AA")
LONGEST = 2.0
"""Seconds of the thread's own; to compare each with each takes several times as long."""


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


# ---- one report for several orders ------------------------------------------------------------

SECOND = obr({2: "P2", 3: "B9002^RIS", 18: "", 4: "CTC^CT CHEST", 16: "2^B^BO^^^^^^MAIN"})
CODE = "OBX|2|CWE|C^Category^L||RID49480^ACR category 1^RADLEX||||||F"


def test_the_same_words_under_two_orders_are_one_report_with_all_its_numbers() -> None:
    (found,) = reading(GOOD, OBX, SECOND, AA).reports
    assert {"A2000", "B9002"} <= {number.value for number in found.numbers}
    assert found.order.split()[1:] == ["B9002"]
    assert [flag.value for flag in found.flags] == ["HH", "AA"]
    assert [provider.identifiers[0].value for provider in found.ordering][-1] == "2"
    assert found.exam.endswith(" + CT CHEST")


def test_the_words_of_one_order_and_the_code_of_another_are_one_report() -> None:
    for segments in ((GOOD, OBX.replace("HH", ""), SECOND, CODE), (GOOD, CODE, SECOND, OBX)):
        (found,) = reading(*segments).reports
        assert "RID49480" in [flag.value for flag in found.flags]
        assert (found.impression, found.accession) == (report_of(OBX), "A2000")


def test_of_one_that_is_corrected_and_one_that_is_final_the_correction_counts() -> None:
    (found,) = reading(GOOD, OBX, SECOND.replace("|F", "|C"), AA).reports
    assert found.status is Status.CORRECTED


def report_of(*segments: str) -> str:
    return reading(GOOD, *segments).reports[0].impression


def test_what_differs_in_words_status_or_patient_or_is_not_flagged_stays_apart() -> None:
    plain = OBX.replace("HH", "")
    other_words = AA.replace("|||AA", " Left.|||AA")
    third = obr({2: "P3", 3: "B9003^RIS", 18: ""})
    for segments, many in (
        ((GOOD, plain, SECOND, plain), 2),
        ((GOOD, OBX, SECOND, other_words), 2),
        ((GOOD, OBX, SECOND.replace("|F", "|P"), AA), 2),
        ((GOOD, OBX, OTHER, SECOND, AA), 2),
        ((GOOD, OBX, SECOND, other_words, third, CODE), 3),
        ((GOOD, OBX, SECOND), 2),
        ((GOOD, OBX, SECOND, "OBX|2|NM|S^Size^L||18|mm||H|||F"), 2),
    ):
        assert len(reading(*segments).reports) == many, segments


def test_the_places_of_a_joint_report_are_those_of_its_first_order() -> None:
    data = message(GOOD, OBX, SECOND, AA)
    (places,) = read_from(data, reading(GOOD, OBX, SECOND, AA).reports)
    assert places["key.value"] == "OBR[1]-18"


def test_orders_without_results_are_of_the_combined_report_that_follows_the_last() -> None:
    """CN in each ORC but the last (HL7 v2.5.1, table 0119); one sender: in each but the first."""
    third = obr({2: "P3", 3: "B9003^RIS", 18: "", 4: "CTP^CT PELVIS"})
    for orcs in (("CN", "CN", "RE"), ("RE", "CN", "CN"), ("CN", "CN", "CN")):
        one, two, last = (f"ORC|{each}" for each in orcs)
        (found,) = reading(one, GOOD, two, SECOND, last, third, OBX).reports
        assert {"A2000", "B9002", "B9003"} <= {number.value for number in found.numbers}
        assert (found.impression, found.accession) == (report_of(OBX), "A2000")
        assert found.exam.endswith(" + CT CHEST + CT PELVIS")
        assert [provider.identifiers[0].value for provider in found.ordering][-1] == "2"


def test_what_is_not_combined_is_of_another_patient_or_not_flagged_stays_apart() -> None:
    combined, last, plain = "ORC|CN", "ORC|RE", OBX.replace("HH", "")
    for segments in (
        (last, GOOD, last, SECOND, OBX),
        (combined, GOOD, last, SECOND, plain),
        (combined, GOOD, OTHER, last, SECOND, OBX),
        (combined, GOOD, OBX, last, SECOND),
        (combined, GOOD, "OBX|2|NM|S^Size^L||18|mm|||||F", last, SECOND, OBX),
    ):
        assert len(reading(*segments).reports) == 2, segments


def test_a_flag_on_the_addendum_of_either_order_is_the_addendums() -> None:
    added = "OBX|2|TX|&ADT||Now a bleed.||||||F"
    (found,) = reading(GOOD, OBX, added, SECOND, OBX, added.replace("||||||F", "|||AA|||F")).reports
    assert [flag.value for flag in found.addenda[0].flags] == ["AA"]


def test_a_note_on_the_next_patient_is_no_part_of_the_report_above() -> None:
    found = reading(GOOD, OBX, OTHER, "NTE|1||Deaf in one ear.", SECOND, AA).reports
    assert [one.text for one in found] == [report_of(OBX), report_of(AA)]


# ---- segments out of their order ----------------------------------------------------------------


def in_this_order(*segments: str) -> bytes:
    return "\r".join([MSH, *segments, ""]).encode()


def test_the_only_patient_of_a_message_may_stand_behind_the_order() -> None:
    for segments in ((GOOD, PID, OBX), (GOOD, OBX, PID)):
        found = report(in_this_order(*segments))
        assert (found.patient.name, found.text) == ("EXAMPLE, ANN Q", report_of(OBX))
        assert [flag.value for flag in found.flags] == ["HH"]


def test_an_order_without_a_patient_is_not_the_next_ones() -> None:
    found = raw(in_this_order(GOOD, OBX, OTHER, SECOND, AA)).reading
    assert isinstance(found, Reports)
    first, second = found.reports
    assert (first.patient.identifiers, second.patient.identifiers[0].value) == ((), "DEMO2")


def test_results_between_the_next_patient_and_its_order_are_that_orders() -> None:
    found = reading(GOOD, OBX.replace("HH", ""), OTHER, "NTE|1||Deaf.", AA, SECOND).reports
    assert [[flag.value for flag in one.flags] for one in found] == [[], ["AA"]]
    assert [one.text for one in found] == [report_of(OBX), report_of(AA)]


def test_results_of_the_next_patient_who_has_no_order_wait_for_a_person() -> None:
    found = reading(GOOD, OBX.replace("HH", ""), OTHER, AA)
    assert [one.flags for one in found.reports] == [()]
    [left] = found.left
    assert (left.reason, [flag.value for flag in left.flags]) == ("no-order-identifier", ["AA"])


def test_results_behind_a_patient_who_is_told_twice_are_their_orders() -> None:
    [found] = reading(GOOD, OBX.replace("HH", ""), PID, AA).reports
    assert [flag.value for flag in found.flags] == ["AA"]


def test_a_night_of_orders_in_one_message_holds_up_no_page() -> None:
    night = [
        segment
        for number in range(2000)
        for segment in (
            obr({2: "", 3: f"N{number}^RIS", 18: ""}),
            f"OBX|1|TX|1^B||Exam {number} is normal.||||||F",
        )
    ]
    data = message(*night, GOOD, OBX)
    began = time.thread_time()
    found = raw(data).reading
    assert time.thread_time() - began < LONGEST
    assert isinstance(found, Reports)
    assert [one.accession for one in found.reports if one.flags] == ["A2000"]
