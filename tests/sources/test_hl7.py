from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.message import Reports, SetAside
from bot.domain.report import Identifier, KeyKind, Provider, ReportKey, Status
from bot.sources.hl7 import read
from tests.sources.oru import (
    CHICAGO,
    MSH,
    NOW,
    OBX,
    ORC,
    PID,
    PV1,
    message,
    obr,
    raw,
    report,
    reports,
    sample,
    unusable,
)


def test_a_final_report_is_read_with_everything_that_the_message_has() -> None:
    found = report(sample())
    assert found.key == ReportKey("RIS", KeyKind.ACCESSION, "A2000")
    assert found.status is Status.FINAL
    assert found.finalized_at == found.status_at == datetime(2026, 1, 15, 18, tzinfo=UTC)
    assert (found.exam, found.modality) == ("XR CHEST 1 VIEW", "DX")
    assert found.text == found.impression == "Tension pneumothorax."
    assert [(f.value, f.where) for f in found.flags] == [("HH", "OBX[1]-8")]
    assert found.patient.identifiers == (Identifier("DEMO1", "MAIN", "MR"),)
    assert (found.patient.name, found.patient.birth_date) == ("EXAMPLE, ANN Q", "1950-02-03")
    assert found.ordering == (Provider((Identifier("1003", "MAIN"),), "PARK, SAM"),)
    assert found.attending == (Provider((Identifier("2001", "MAIN"),), "ROE, JAN"),)
    assert found.radiologist == Provider((Identifier("3001", "MAIN"),), "LIND, ROSA")
    assert (found.accession, found.filler, found.placer) == ("A2000", "A2000", "P100")
    assert (found.patient_class, found.location) == ("I", "ICU 12 B")
    assert (found.sender, found.control_id, found.processing_id) == ("RIS/MAIN", "MSG1", "P")
    assert found.time_notes == ()


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\r\n\r\n", " \r"])
def test_any_segment_end_and_blank_segments_read_the_same(end: str) -> None:
    found = report(message(ORC, obr(), OBX, end=end))
    assert (found.impression, found.accession) == ("Tension pneumothorax.", "A2000")


def test_a_line_end_inside_a_field_belongs_to_the_text() -> None:
    broken = OBX.replace("Tension ", "Tension\n")
    assert report(sample(broken)).impression == "Tension\npneumothorax."


@pytest.mark.parametrize("marks", [r"^~\&#", r"^~\&", "^~", "^"])
def test_encoding_characters_may_be_five_or_fewer_than_four(marks: str) -> None:
    found = report(sample().replace(rb"^~\&", marks.encode(), 1))
    assert found.impression == "Tension pneumothorax."


def test_any_delimiters_will_do() -> None:
    other = sample().decode().translate(str.maketrans("|^~&", "#@*%"))
    found = report(other.encode())
    assert (found.ordering[0].name, found.radiologist and found.radiologist.name) == (
        "PARK, SAM",
        "LIND, ROSA",
    )


def test_bytes_before_the_header_are_no_obstacle() -> None:
    assert report(b"\xef\xbb\xbf\r\n" + sample()).accession == "A2000"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("ADT^A01^ADT_A01", "adt-a01"),
        ("ORM^O01", "orm-o01"),
        ("ACK^R01^ACK", "ack-r01"),
        ("ACK", "ack"),
        ("MDM^T02", "mdm-t02"),
        ("ADT^Jane Doe", "adt"),
    ],
)
def test_other_messages_are_set_aside_by_their_type(kind: str, reason: str) -> None:
    data = sample().replace(b"ORU^R01^ORU_R01", kind.encode())
    assert raw(data).reading == SetAside(reason)


FLAGGED = "OBX|1|TX|X||IMPRESSION: CRITICAL RESULT: subdural hematoma||||||F"


@pytest.mark.parametrize("kind", ["MDM^T02", "ORM^O01", "OUL^R22"])
@pytest.mark.parametrize("said", [FLAGGED, "OBX|1|CE|X||RID49480^^RADLEX||||||F"])
def test_a_flagged_report_of_another_type_is_not_set_aside(kind: str, said: str) -> None:
    found = unusable(sample(said).replace(b"ORU^R01^ORU_R01", kind.encode()))
    assert found.reason == f"flagged-{kind.replace('^', '-').lower()}"
    assert found.flags


def test_a_note_on_the_ward_is_set_aside_whatever_it_tells_of() -> None:
    note = message("TXA|1|PN|TX", FLAGGED).replace(b"ORU^R01^ORU_R01", b"MDM^T02")
    assert raw(note).reading == SetAside("mdm-t02")


def test_a_laboratory_value_in_another_type_is_set_aside() -> None:
    data = sample("OBX|1|NM|K||7.1|||HH|||F").replace(b"ORU^R01^ORU_R01", b"OUL^R22")
    assert raw(data).reading == SetAside("oul-r22")


_TRIGGERS = ("R01", "R03", "R30", "R32", "R40", "R02", "Z01", "RO1", "r1")
KINDS = ["ORU", "ORU_R01", "^^ORU_R01", *(f"ORU^{trigger}" for trigger in _TRIGGERS)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_result_message_is_read(kind: str) -> None:
    assert report(sample().replace(b"ORU^R01^ORU_R01", kind.encode())).accession == "A2000"


def test_a_batch_of_one_is_read() -> None:
    assert report(b"FHS|^~\\&\rBHS|^~\\&\r" + sample() + b"BTS|1\rFTS|1\r").accession == "A2000"


# ---- the number of the order ----------------------------------------------------------------


@pytest.mark.parametrize("elsewhere", ["CHEST", "GEXR5", "70260", "CHEST 12 34", ""])
def test_a_room_or_a_body_part_in_obr_18_is_no_accession_number(elsewhere: str) -> None:
    assert report(sample(fields={18: elsewhere})).key.value == "A2000"


def test_an_accession_number_in_obr_18_goes_before_the_filler_number() -> None:
    found = report(sample(fields={18: "2026-00417"}))
    assert found.key == ReportKey("RIS", KeyKind.ACCESSION, "2026-00417")
    assert (found.accession, found.filler) == ("2026-00417", "A2000")


def test_a_later_version_without_obr_18_has_the_same_key() -> None:
    assert report(sample(fields={18: ""})).key == report(sample()).key


def test_orc_stands_in_for_numbers_missing_from_obr() -> None:
    found = report(sample(fields={2: "", 3: "", 18: ""}))
    assert (found.key.value, found.placer) == ("A2000", "P100")


def test_the_placer_number_is_the_last_resort() -> None:
    found = report(message(obr({3: "", 18: "", 2: "P100^CPOE"}), OBX))
    assert found.key == ReportKey("CPOE", KeyKind.PLACER, "P100")


def test_a_number_without_an_authority_is_the_sending_facilitys() -> None:
    found = report(message(obr({3: "A2000", 18: ""}), OBX))
    assert found.key.authority == "MAIN"


def test_the_same_number_from_two_facilities_is_two_orders() -> None:
    other = MSH.replace("|RIS|MAIN|", "|RIS|EAST|")
    plain = obr({3: "A2000", 18: ""})
    assert report(message(plain, OBX)).key != report(message(plain, OBX, msh=other)).key


# ---- several orders -------------------------------------------------------------------------


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


# ---- the same content -----------------------------------------------------------------------


def test_the_envelope_does_not_change_the_content_hash() -> None:
    again = sample().replace(b"MSG1", b"MSG2").replace(b"20260115120100", b"20260116070000")
    assert report(again).content_hash == report(sample()).content_hash


@pytest.mark.parametrize(
    "change",
    [(b"Tension", b"No"), (b"|HH|", b"||"), (b"DEMO1", b"DEMO2"), (b"1003^PARK", b"1004^PARK")],
)
def test_anything_clinical_changes_the_content_hash(change: tuple[bytes, bytes]) -> None:
    assert report(sample().replace(*change)).content_hash != report(sample()).content_hash


def test_the_orderer_counts_also_where_only_orc_names_one() -> None:
    def ordered_by(name: str) -> str:
        orc = f"{ORC}|||||||||{name}"
        return report(message(orc, obr({16: ""}), OBX)).content_hash

    assert ordered_by("1003^PARK^SAM") != ordered_by("1004^LEE^KIM")


# ---- times ----------------------------------------------------------------------------------


def test_a_time_without_a_zone_has_the_headers() -> None:
    local = message(obr({22: "20260115120000"}), OBX, msh=MSH.replace("-0600", "-0500"))
    assert report(local).finalized_at == datetime(2026, 1, 15, 17, tzinfo=UTC)


def test_without_any_zone_the_sites_holds() -> None:
    local = message(obr({22: "20260115120000"}), OBX, msh=MSH.replace("-0600", ""))
    assert report(local).finalized_at == datetime(2026, 1, 15, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "note"),
    [
        ("", "OBR-22 is empty"),
        ("20260115", "OBR-22 has no minutes"),
        ("20261345120000", "OBR-22 is not a date and time"),
        ("soon", "OBR-22 is not a date and time"),
        ("00010101000000", "OBR-22 is a placeholder"),
    ],
)
def test_an_unusable_finalization_is_noted_and_the_headers_time_orders_the_versions(
    value: str, note: str
) -> None:
    found = report(sample(fields={22: value}))
    assert (found.finalized_at, found.time_notes) == (None, (note,))
    assert found.status_at == datetime(2026, 1, 15, 18, 1, tzinfo=UTC)


def test_a_time_of_days_ahead_does_not_order_versions_one_of_a_fast_clock_does() -> None:
    found = report(sample(fields={22: "20620115120000-0600"}))
    assert found.time_notes == ("OBR-22 lies in the future",)
    assert found.status_at == datetime(2026, 1, 15, 18, 1, tzinfo=UTC)
    ahead = NOW + timedelta(hours=5)
    fast = report(sample(fields={22: ahead.strftime("%Y%m%d%H%M%S+0000")}))
    assert fast.time_notes == ("OBR-22 lies in the future",)
    assert fast.status_at == ahead.replace(microsecond=0)


def test_no_usable_time_at_all_is_none() -> None:
    data = message(obr({22: ""}), OBX, msh=MSH.replace("20260115120100-0600", "209901010000"))
    found = report(data)
    assert (found.status_at, found.sent_at) == (None, None)


def test_a_flagged_observation_with_a_time_of_its_own_is_the_discovery() -> None:
    timed = OBX + "|" * 8 + "20260115114500-0600"
    assert report(sample(timed)).discovered_at == datetime(2026, 1, 15, 17, 45, tzinfo=UTC)


@pytest.mark.parametrize("time", ["20260115105900-0600", "20260115120100-0600", "yesterday"])
def test_a_discovery_before_the_exam_or_after_the_report_does_not_count(time: str) -> None:
    assert report(sample(OBX + "|" * 8 + time)).discovered_at is None


def test_a_preliminary_report_has_a_status_time_but_no_finalization() -> None:
    found = report(sample(fields={25: "P"}))
    assert (found.finalized_at, found.status_at) == (None, datetime(2026, 1, 15, 18, tzinfo=UTC))


def test_the_discovery_of_a_preliminary_report_lies_before_its_status() -> None:
    timed = OBX + "|" * 8 + "20260115114500-0600"
    found = report(sample(timed, fields={25: "P"}))
    assert found.discovered_at == datetime(2026, 1, 15, 17, 45, tzinfo=UTC)
    late = OBX + "|" * 8 + "20260115120100-0600"
    assert report(sample(late, fields={25: "P"})).discovered_at is None


@pytest.mark.parametrize(
    ("discovered", "reached", "received", "window"),
    [
        ("0155", "0110", (7, 11), ((6, 55), (7, 10))),
        ("0105", "0150", (7, 30), ((6, 5), (6, 50))),
        ("0105", "0110", (7, 11), ((7, 5), (7, 10))),
        ("0105", "0110", (6, 11), ((6, 5), (6, 10))),
    ],
)
def test_in_the_hour_that_comes_twice_the_discovery_is_the_last_before_the_report(
    discovered: str,
    reached: str,
    received: tuple[int, int],
    window: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    night = datetime(2026, 11, 1, tzinfo=UTC)
    timed = OBX + "|" * 8 + f"20261101{discovered}"
    fields = {7: "202611010030", 22: f"20261101{reached}"}
    data = message(obr(fields), timed, msh=MSH.replace("20260115120100-0600", ""))
    hour, minute = received
    reading = raw(data, night.replace(hour=hour, minute=minute)).reading
    assert isinstance(reading, Reports)
    (found,) = reading.reports
    expected = tuple(night.replace(hour=hour, minute=minute) for hour, minute in window)
    assert (found.discovered_at, found.finalized_at) == expected
    assert [note[:17] for note in found.time_notes] == ["OBR-22 came twice"]


# ---- what is not readable -------------------------------------------------------------------


def test_an_empty_message_gets_an_answer() -> None:
    assert unusable(b"").reason == "no-segments"
    assert unusable(b"\r\n \r").reason == "no-segments"


def test_a_flagged_message_that_cannot_be_used_keeps_its_flags() -> None:
    no_number = message(obr({2: "", 3: "", 18: ""}), OBX)
    assert [flag.value for flag in unusable(no_number).flags] == ["HH"]
    assert [flag.value for flag in unusable(sample()[4:]).flags] == ["HH"]
    assert [flag.value for flag in unusable(sample() + b"\0").flags] == ["HH"]
    assert [flag.value for flag in unusable(sample() + sample()).flags] == ["HH", "HH"]


def test_a_plain_abnormal_flag_wakes_nobody_for_an_unusable_message() -> None:
    flags = "A^Abnormal^HL70078~N~H~RID50261"
    data = message(obr({25: "?"}), OBX.replace("HH", flags))
    assert unusable(data).flags == ()


def test_an_unusable_message_still_says_who_sent_it() -> None:
    found = raw(sample(fields={25: "?"}) + b"\0")
    assert (found.sender, found.control_id, found.processing_id) == ("RIS/MAIN", "MSG1", "P")


def test_the_digest_and_size_are_those_of_the_bytes() -> None:
    found = read(b"MSH|x", source="folder", timezone=CHICAGO, now=NOW)
    assert (found.size, found.source, len(found.digest)) == (5, "folder", 64)


def test_an_escaped_nul_does_not_reach_a_database() -> None:
    assert "\0" not in report(sample(OBX.replace("Tension", r"Ten\X00\sion"))).text


def test_a_reading_is_one_of_reports_even_without_observations() -> None:
    withdrawn = raw(message(ORC, obr({25: "X"}))).reading
    assert isinstance(withdrawn, Reports)
    assert withdrawn.reports[0].status is Status.WITHDRAWN


@pytest.mark.parametrize("stated", ["p", "P^T", "P ", " p ", "p^T^x"])
def test_the_processing_id_is_its_first_component_in_any_letters(stated: str) -> None:
    data = sample().replace(b"|P|2.5.1", f"|{stated}|2.5.1".encode())
    assert raw(data).processing_id == "P"
    assert report(data).processing_id == "P"


def test_a_placeholder_for_the_status_time_counts_for_nothing() -> None:
    found = report(sample(fields={22: "19000101000000"}))
    assert (found.finalized_at, found.status_at) == (None, found.sent_at)
    assert found.time_notes == ("OBR-22 is a placeholder",)
