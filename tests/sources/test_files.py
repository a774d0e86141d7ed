"""What is in a file: HL7 v2 or FHIR JSON by its content, one message or many."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import RawMessage, Reports, SetAside, Unusable
from bot.sources.fhir.numbers import Origin
from bot.sources.files import Known, ends_well, pieces, read_all, refused, too_large
from bot.sources.mllp.frames import frame
from bot.sources.refused import BadReport
from tests.sources.fhir_samples import bundle, others, resource
from tests.sources.oru import CHICAGO, NOW, sample

KNOWN = Known("folder:ris", CHICAGO, Origin("ris", {}, CHICAGO), 5_000_000)


def read(data: bytes, known: Known = KNOWN) -> list[RawMessage]:
    return list(read_all(data, known, NOW))


def told(data: bytes) -> list[str]:
    """What each message is, in order."""
    return [_kind(raw) for raw in read(data)]


def _kind(raw: RawMessage) -> str:
    match raw.reading:
        case Reports(reports=reports):
            names = (person.name for report in reports for person in report.ordering)
            return f"report of {', '.join(names) or 'nobody'}"
        case SetAside(reason=reason) | Unusable(reason=reason):
            return reason


def lines(*resources: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in resources)


# ---- HL7 v2 ---------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_message_is_itself_whatever_ends_its_lines(end: bytes) -> None:
    data = sample().replace(b"\r", end)
    (one,) = read(data)
    assert (one.data, one.source) == (data, "folder:ris")
    assert isinstance(one.reading, Reports)


def test_a_batch_and_concatenated_messages_are_read_in_order() -> None:
    both = [sample(), sample(fields={16: "9^LEE^BEN"})]
    batch = b"FHS|^~\\&\rBHS|^~\\&\r" + b"".join(both) + b"BTS|2\rFTS|1\r"
    people = ["report of PARK, SAM", "report of LEE, BEN"]
    assert told(b"".join(both)) == told(batch) == told(b"\r\n\r\n".join(both)) == people


def test_frames_of_mllp_in_a_file_are_taken_off() -> None:
    assert [one.data for one in read(frame(sample()) + frame(sample()))] == [sample()] * 2


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be"])
def test_half_a_letter_of_utf_16_is_no_frame(codec: str) -> None:
    data = sample().replace(b"Tension", "下东".encode()).decode().encode(codec)
    assert [one.data for one in read(data)] == [data]


def test_a_batch_without_messages_holds_none() -> None:
    assert read(b"FHS|^~\\&|A\r\nBHS|^~\\&\r\nBTS|0\r\nFTS|1\r\n") == []


def test_a_message_over_the_limit_is_kept_in_part_and_its_neighbours_are_read() -> None:
    known = Known("folder:ris", CHICAGO, Origin("ris", {}, CHICAGO), 100_000)
    large = sample("OBX|1|ED|P||" + "A" * 200_000 + "|||HH")
    first, second, third = read(sample() + large + sample(), known)
    assert isinstance(first.reading, Reports)
    assert isinstance(third.reading, Reports)
    assert isinstance(second.reading, Unusable)
    assert (second.reading.reason, len(second.data), second.size) == (
        "too-large",
        65_536,
        len(large),
    )
    assert [flag.value for flag in second.reading.flags] == ["HH"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no-segments"),
        (b"\x00\xff" * 20, "undecodable"),
        (b"<DiagnosticReport/>", "no-msh"),
        (gzip.compress(sample()), "compressed"),
        (b"BZh91AY&SY", "compressed"),
        (b'{"resourceType": "Diagn', "not-json"),
        (b"{}", "no-resource-type"),
        (b'[{"resourceType": "Patient"}]', "fhir-bundle"),
        (b'["resourceType", "Patient"]', "no-resource-type"),
    ],
)
def test_what_is_neither_gets_its_reason(data: bytes, reason: str) -> None:
    assert told(data) == [reason]


# ---- FHIR -----------------------------------------------------------------------------------


def test_references_in_a_bundle_lead_to_its_people() -> None:
    data = json.dumps(bundle(resource("report"), *others()), indent=2).encode()
    assert told(b"\xef\xbb\xbf\n" + data) == ["report of Okafor, Ada N"]


def test_a_report_alone_has_an_orderer_that_nobody_can_look_up() -> None:
    assert told(json.dumps(resource("report")).encode()) == ["report of nobody"]


def test_a_bundle_of_several_reports_is_a_message_for_each() -> None:
    two = bundle(resource("report"), resource("report", id="r2"), *others())
    assert told(json.dumps(two).encode()) == ["report of Okafor, Ada N"] * 2


def test_of_a_line_each_a_report_takes_along_what_other_lines_hold() -> None:
    data = lines(resource("report"), *others(), bundle(resource("report", id="r2"), *others()))
    assert told(data) == [
        "report of Okafor, Ada N",
        "fhir-service-request",
        "fhir-practitioner-role",
        "fhir-practitioner",
        "fhir-practitioner",
        "fhir-patient",
        "report of Okafor, Ada N",
    ]


def test_a_line_that_breaks_off_keeps_no_other_from_being_read() -> None:
    whole = lines(resource("report"), resource("report", id="r2"))
    assert told(whole[:-30]) == ["report of nobody", "not-json"]
    assert told(b'{"a\n' + whole) == ["not-json", "report of nobody", "report of nobody"]
    assert pieces(whole)[0] + b"\n" + pieces(whole)[1] + b"\n" == whole


def test_a_bundle_that_breaks_off_behind_its_report_is_used_and_waits_besides() -> None:
    data = json.dumps(bundle(resource("report")), indent=2).encode()[:-5]
    (one,) = read(data)
    assert isinstance(one.reading, Reports)
    assert [left.reason for left in one.reading.left] == ["not-json"]
    assert one.data == data


def test_a_bundle_that_breaks_off_in_its_report_is_one_message_with_its_flags() -> None:
    data = json.dumps(bundle(resource("report")), indent=2).encode()[:-20]
    (one,) = read(data)
    assert isinstance(one.reading, Unusable)
    assert (one.reading.reason, one.data) == ("not-json", data)
    assert "RID49480" in {flag.value for flag in one.reading.flags}


BROKEN = {
    "a number that no JSON has": b'{"resource": {"resourceType": "DiagnosticReport", "x": 1.}}',
    "an entry that ends too early": b'{"resource": {"resourceType": "DiagnosticReport", "x": [',
    "one without an end": b'{"resource": {"resourceType": "DiagnosticReport", "x": "',
    "one nested too deep": b'{"resource": {"resourceType": "DiagnosticReport", "x": '
    + b"[" * 5_000
    + b"]" * 5_000
    + b"}}",
    "a number of ten thousand digits": b'{"resource": {"resourceType": "DiagnosticReport", "x": '
    + b"9" * 10_000
    + b"}}",
    "a type that is none": b'{"resource": {"resourceType": "diagnostic report"}}',
    "a mere text": b'{"resource": "a report"}',
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_entry_of_a_bundle_keeps_its_neighbours_from_nothing(broken: bytes) -> None:
    entries = [{"fullUrl": f"urn:{n}", "resource": resource("report", id=n)} for n in "ab"]
    first, last = (json.dumps(entry).encode() for entry in entries)
    data = b'{"resourceType": "Bundle", "entry": [' + b",\n".join((first, broken, last)) + b"]}"
    found = told(data)
    assert found[:2] == ["report of nobody"] * 2
    assert len(found) == 3
    assert found[2] in {"not-json", "no-resource-type"}


def test_a_report_in_another_character_set_or_with_line_ends_in_its_text_is_read() -> None:
    body = json.dumps(resource("report", conclusion="H\u00e4matom@@Verlauf"), ensure_ascii=False)
    for charset in ("utf-8", "cp1252", "utf-16", "utf-16-le"):
        (one,) = read(body.replace("@@", "\n").encode(charset))
        assert isinstance(one.reading, Reports), charset
        assert "H\u00e4matom\nVerlauf" in one.reading.reports[0].text


def test_reports_in_a_list_and_in_a_bundle_of_bundles_are_read() -> None:
    listed = json.dumps([resource("report"), *others()]).encode()
    assert told(listed) == ["report of Okafor, Ada N"]
    nested = [bundle(resource("report", id=n), *others()) for n in ("r1", "r2")]
    assert told(json.dumps(bundle(*nested)).encode()) == ["report of Okafor, Ada N"] * 2


def test_reports_that_stand_in_the_place_of_an_entry_or_in_parameters_are_read() -> None:
    every = [resource("report"), *others()]
    bare = {"resourceType": "Bundle", "entry": every}
    named = [{"name": "return", "resource": one} for one in every]
    part = {"name": "result", "part": [*named[:3], {"part": named[3:]}]}
    answers = [{"resourceType": "Parameters", "parameter": stated} for stated in (named, [part])]
    for body in (bare, *answers, bundle(answers[0])):
        assert told(json.dumps(body).encode()) == ["report of Okafor, Ada N"]


def test_what_no_report_of_a_bundle_refers_to_is_kept_beside_them() -> None:
    lonely = {"resourceType": "Observation", "id": "o9", "valueString": "alone"}
    two = bundle(resource("report"), resource("report", id="r2"), *others(), lonely)
    assert told(json.dumps(two).encode())[2:] == ["fhir-bundle"]
    assert b"alone" in pieces(json.dumps(two).encode())[2]


def test_each_report_of_a_message_that_is_a_test_is_one() -> None:
    header = {
        "resourceType": "MessageHeader",
        "meta": {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0103", "code": "T"}]},
    }
    both = json.dumps(bundle(header, resource("report"), resource("report", id="r2"))).encode()
    assert [one.processing_id for one in read(both)] == ["T", "T"]


def test_what_is_too_large_or_too_slow_is_refused_as_what_it_is() -> None:
    bad = BadReport("too-slow-to-read", "It took too long: send plain text", "207")
    for data in (b'{"resourceType": "Patient"}', sample()):
        for raw in (refused(data, bad, KNOWN), too_large(data, KNOWN, 10)):
            assert isinstance(raw.reading, Unusable)
            assert (raw.data, raw.size, raw.source) == (data, len(data), "folder:ris")


# ---- its end --------------------------------------------------------------------------------


def test_a_file_ends_well_where_its_last_line_or_object_does() -> None:
    batch = b"FHS|^~\\&\r" + sample()
    for whole in (
        sample(),
        sample().replace(b"\r", b"\n"),
        sample().decode().encode("utf-16"),
        frame(sample()),
        frame(sample())[:-1],
        batch + b"FTS|1",
        batch + b"BTS|1\r\n",
        json.dumps(resource("report")).encode() + b"\n",
        b"",
    ):
        assert ends_well(whole) == bool(whole)
    for broken in (sample()[:-1], batch, b'{"resourceType": "Diag', b"[{", b"nonsense"):
        assert not ends_well(broken)


# ---- anything -------------------------------------------------------------------------------

PIECES = [
    b"MSH|^~\\&|A|B|||2026||ORU^R01|1|P|2.5\r",
    b"OBR|1||X^Y|\r",
    b"\x0b",
    b"\x1c\r",
    b"FHS|^~\\&\r",
    b"BTS|1\r",
    b'{"resourceType":"DiagnosticReport","status":"final"}',
    b"{",
    b"}",
    b"[",
    b"\n",
    b"\xef\xbb\xbf",
    b'"entry":[',
    b"\xff\xfe",
    b"nonsense",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_whatever_the_bytes_it_never_raises_and_every_byte_of_text_is_in_a_message(
    data: bytes,
) -> None:
    read(data)
    kept = b"".join(pieces(data))
    framing = b"\x0b\x1c\r\n"
    if kept or not data.strip(framing):
        assert kept.translate(None, framing) == data.translate(None, framing)
    else:
        assert not data.translate(None, framing).replace(b"FHS|^~\\&", b"").replace(b"BTS|1", b"")


def test_every_hl7_file_of_the_corpus_is_read(shared: Path) -> None:
    files = [path for path in (shared / "corpus" / "hl7").rglob("*") if path.is_file()]
    assert files
    for path in files:
        for raw in read(path.read_bytes()):
            assert isinstance(raw.reading, Reports | SetAside | Unusable)
