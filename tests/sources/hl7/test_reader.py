"""What is read of a message: its envelope, its kinds, and what it has in it."""

from datetime import UTC, datetime

import pytest

from bot.domain.message import Reports, SetAside
from bot.domain.report import Identifier, KeyKind, Provider, ReportKey, Status
from bot.sources.hl7.reader import read
from tests.sources.oru import CHICAGO, NOW, OBX, ORC, message, obr, raw, report, sample, unusable


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


@pytest.mark.parametrize(
    "line", ["NTE|and more", "OBX|shows it", "LAD|70% stenosis", "RCA| open", "NTE|1 cm cyst"]
)
def test_a_line_of_the_text_that_looks_like_a_segment_swallows_nothing(line: str) -> None:
    for words in (f"Open.\n{line}\nCRITICAL RESULT: clot", f"Open.\nCRITICAL RESULT: clot\n{line}"):
        found = report(sample(OBX.replace("Tension pneumothorax.", words)))
        assert found.text == words
        assert [flag.value for flag in found.flags] == ["HH", "CRITICAL RESULT"]


@pytest.mark.parametrize(
    "table",
    [
        "LAD|120\nRCA|45",
        "LAD|120|3\nRCA|0|1",
        "LAD||120\nRCA||0",
        "\n".join(["LAD|120|3"] * 9),
        "CT",
    ],
)
def test_a_table_of_numbers_in_the_text_swallows_nothing(table: str) -> None:
    words = f"Calcium:\n{table}\nTension pneumothorax."
    found = report(sample(OBX.replace("Tension pneumothorax.", words)))
    assert found.text == words
    assert [flag.value for flag in found.flags] == ["HH"]


@pytest.mark.parametrize("padding", ["", " "])
def test_a_separator_in_the_text_swallows_nothing(padding: str) -> None:
    data = sample(rf"OBX|1|TX|&IMP||Mass \| lesion. CRITICAL RESULT: clot||||||F{padding}")
    assert report(data).impression.endswith("| lesion. CRITICAL RESULT: clot")
    assert [flag.value for flag in report(data).flags] == ["CRITICAL RESULT"]


@pytest.mark.parametrize(
    "line", ["NTE|1||", "NTE|||", "OBX|1.2|TX|R^X||", "XYZ|1|", "ZAB|x|", "PRT|x|"]
)
def test_a_result_without_a_status_ends_where_a_segment_begins(line: str) -> None:
    found = report(sample("OBX|1|TX|R^Report||Open.", f"{line}Clot.", "", OBX))
    assert line not in found.text
    assert "Tension pneumothorax." in found.text


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


def test_a_radlex_code_in_obx_8_of_another_type_is_a_report_s() -> None:
    data = sample("OBX|1|TX|X||7.1|||RID49480^^RADLEX|||F")
    found = unusable(data.replace(b"ORU^R01^ORU_R01", b"MDM^T02"))
    assert (found.reason, found.flags[0].where) == ("flagged-mdm-t02", "OBX[1]-8")


_TRIGGERS = ("R01", "R03", "R30", "R32", "R40", "R02", "Z01", "RO1", "r1")
KINDS = ["ORU", "ORU_R01", "^^ORU_R01", *(f"ORU^{trigger}" for trigger in _TRIGGERS)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_result_message_is_read(kind: str) -> None:
    assert report(sample().replace(b"ORU^R01^ORU_R01", kind.encode())).accession == "A2000"


def test_a_batch_of_one_is_read() -> None:
    assert report(b"FHS|^~\\&\rBHS|^~\\&\r" + sample() + b"BTS|1\rFTS|1\r").accession == "A2000"


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


def test_of_what_cannot_be_used_the_times_make_no_other_finding() -> None:
    def finding(obr_: dict[int, str], obx: str = OBX) -> str:
        return unusable(message(ORC, obr({25: "?", **obr_}), obx)).finding

    known = finding({})
    assert known == finding({7: "20260101", 22: "20260102"}) == finding({}, f"{OBX}|||20260103")
    assert known not in {finding({4: "OTHER"}), finding({}, OBX.replace("Tension", "Small"))}


def test_the_orderer_counts_also_where_only_orc_names_one() -> None:
    def ordered_by(name: str) -> str:
        orc = f"{ORC}|||||||||{name}"
        return report(message(orc, obr({16: ""}), OBX)).content_hash

    assert ordered_by("1003^PARK^SAM") != ordered_by("1004^LEE^KIM")


# ---- what is not readable -------------------------------------------------------------------


def test_an_empty_message_gets_an_answer() -> None:
    assert unusable(b"").reason == "no-segments"
    assert unusable(b"\r\n \r").reason == "no-segments"


def test_a_flagged_message_that_cannot_be_used_keeps_its_flags() -> None:
    no_number = message(obr({2: "", 3: "", 18: ""}), OBX)
    assert [flag.value for flag in unusable(no_number).flags] == ["HH"]
    assert [flag.value for flag in unusable(sample()[4:]).flags] == ["HH"]
    no_text = sample().replace(b"Tension", b"Ten\0sion")
    assert [flag.value for flag in unusable(no_text).flags] == ["HH"]
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
