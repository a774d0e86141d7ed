"""What is read from a DiagnosticReport and the messages it comes in."""

import json
import time
from dataclasses import replace

import pytest

from bot.domain.message import Reports, SetAside, Unusable
from bot.domain.report import Identifier, KeyKind, Patient, Preliminary, Report, ReportKey, Status
from bot.sources.fhir import reader as fhir
from tests.sources.fhir_samples import ISSUED, NOW, ORIGIN, bundle, others, read, report, resource


def test_the_report_is_read_with_all_it_refers_to() -> None:
    found = report()
    assert found.key == ReportKey("RIS", KeyKind.ACCESSION, "A1000001")
    assert found.status is Status.FINAL
    assert found.status_at == found.finalized_at == ISSUED
    assert found.exam == "CT angiogram chest"
    assert found.modality == "CT"
    assert found.impression == "Acute pulmonary embolism."
    assert found.sender == "ehr"
    assert found.control_id == "r1/1"
    assert found.patient == Patient(
        (Identifier("MRN-1", "5.5", "MR"),), "Doe, Jane", "1970-01-02", "F"
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("registered", Status.PRELIMINARY),
        ("partial", Status.PRELIMINARY),
        ("preliminary", Status.PRELIMINARY),
        ("final", Status.FINAL),
        ("appended", Status.ADDENDED),
        ("amended", Status.CORRECTED),
        ("corrected", Status.CORRECTED),
        ("cancelled", Status.WITHDRAWN),
        ("entered-in-error", Status.WITHDRAWN),
        ("ENTERED_IN_ERROR", Status.WITHDRAWN),
        ("Entered in error", Status.WITHDRAWN),
        ("canceled", Status.WITHDRAWN),
    ],
)
def test_each_status_of_the_value_set_has_its_rank(code: str, status: Status) -> None:
    assert report(status=code).status is status


@pytest.mark.parametrize("code", ["unknown", "done", "", None, 7, ["final"]])
def test_an_unknown_status_is_refused_and_its_flags_are_kept(code: object) -> None:
    reading = read(resource("report", status=code)).reading
    assert isinstance(reading, Unusable)
    assert reading.reason == "unknown-status"
    assert [flag.value for flag in reading.flags] == ["RID49480"]


# ---- the content hash -----------------------------------------------------------------------


def test_the_same_report_saved_again_has_the_same_content() -> None:
    again = {"versionId": "2", "lastUpdated": "2026-03-02T14:59:00Z"}
    assert report(meta=again).content_hash == report().content_hash


def test_what_the_site_has_set_for_its_server_is_no_content() -> None:
    body = json.dumps(bundle(resource("report", status="preliminary"), *others())).encode()
    found: list[Report] = []
    for does in Preliminary:
        raw = fhir.read(body, origin=replace(ORIGIN, preliminary=does), now=NOW)
        assert isinstance(raw.reading, Reports)
        found += raw.reading.reports
    assert [one.if_preliminary for one in found] == list(Preliminary)
    assert len({one.content_hash for one in found}) == 1


@pytest.mark.parametrize(
    "change",
    [{"status": "corrected"}, {"conclusion": "No embolism."}, {"conclusionCode": None}],
)
def test_what_a_report_says_is_its_content(change: dict[str, object]) -> None:
    assert report(**change).content_hash != report().content_hash


# ---- messages -------------------------------------------------------------------------------


def test_a_byte_order_mark_is_tolerated() -> None:
    data = b"\xef\xbb\xbf" + json.dumps(resource("report")).encode()
    assert isinstance(read(data).reading, Reports)


@pytest.mark.parametrize("label", ["security", "tag"])
def test_test_data_are_not_for_production(label: str) -> None:
    raw = read(resource("report", meta={label: [{"code": "HTEST"}]}))
    assert raw.processing_id == "T"


def test_a_message_header_says_what_msh_11_says() -> None:
    header = {
        "resourceType": "MessageHeader",
        "meta": {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0103", "code": "T"}]},
    }
    assert read(bundle(header, resource("report"))).processing_id == "T"


def test_thousands_of_results_inside_a_report_are_read_in_seconds() -> None:
    """Each was looked for among all: 5,000 took a quarter of a minute, twice as many a minute."""
    inside = [
        {"resourceType": "Observation", "id": f"o{n}", "valueString": str(n)} for n in range(5000)
    ]
    named = [{"reference": f"#o{n}"} for n in range(5000)]
    began = time.process_time()
    found = report(contained=inside, result=named, presentedForm=None)
    assert found.text.endswith("4998\n4999\nAcute pulmonary embolism.")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (resource("doctor"), "fhir-practitioner"),
        (resource("order"), "fhir-service-request"),
        (bundle(resource("patient")), "fhir-bundle"),
    ],
)
def test_what_carries_no_report_is_set_aside(body: dict[str, object], reason: str) -> None:
    assert read(body).reading == SetAside(reason)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not-json"),
        (b"MSH|^~\\&|", "not-json"),
        (b'{"resourceType": "DiagnosticReport"', "not-json"),
        (b"[" * 100_000, "not-json"),
        (b"[]", "no-resource-type"),
        (b'"text"', "no-resource-type"),
        (b"{}", "no-resource-type"),
        (b'{"resourceType": 7}', "no-resource-type"),
    ],
)
def test_what_is_no_resource_is_refused(data: bytes, reason: str) -> None:
    reading = read(data).reading
    assert isinstance(reading, Unusable)
    assert reading.reason == reason


def test_broken_json_with_a_critical_code_keeps_its_flag() -> None:
    reading = read(json.dumps(resource("report")).encode()[:-20]).reading
    assert isinstance(reading, Unusable)
    assert [flag.value for flag in reading.flags] == ["RID49480"]
