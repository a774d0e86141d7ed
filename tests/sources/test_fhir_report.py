"""What is read from a DiagnosticReport and the resources around it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.message import Reports, SetAside, Unusable
from bot.domain.report import Identifier, KeyKind, Patient, Preliminary, Report, ReportKey, Status
from bot.sources import fhir
from tests.sources.fhir_samples import (
    INTERPRETATION,
    NOW,
    ORIGIN,
    RADLEX,
    bundle,
    concept,
    identifier,
    others,
    read,
    report,
    resource,
)

ISSUED = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


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


# ---- the key --------------------------------------------------------------------------------


def test_the_accession_comes_from_the_imaging_study() -> None:
    study = {
        "resourceType": "ImagingStudy",
        "id": "s1",
        "identifier": [
            {"system": "urn:dicom:uid", "value": "urn:oid:2.25.1"},
            identifier("A7", "ACSN"),
        ],
        "modality": [{"code": "MR"}],
    }
    found = report(study, identifier=None, imagingStudy=[{"reference": "ImagingStudy/s1"}])
    assert found.key == ReportKey("RIS", KeyKind.ACCESSION, "A7")
    assert found.modality == "MR"


def test_a_reference_by_identifier_names_the_accession() -> None:
    found = report(identifier=None, imagingStudy=[{"identifier": identifier("A8", "ACSN")}])
    assert found.accession == "A8"


def test_without_an_accession_the_fillers_number_is_one_as_in_hl7() -> None:
    found = report(identifier=[identifier("P1", "PLAC"), identifier("F1", "FILL")])
    assert found.key == ReportKey("RIS", KeyKind.ACCESSION, "F1")
    assert (found.filler, found.placer) == ("F1", "P1")


def test_an_untyped_identifier_of_the_report_is_the_fillers() -> None:
    assert report(identifier=[identifier("F2")]).key.value == "F2"


def test_the_orders_identifier_is_the_placers() -> None:
    order = resource("order", id="o2", identifier=[identifier("P9")])
    found = report(order, identifier=None, basedOn=[{"reference": "ServiceRequest/o2"}])
    assert found.key == ReportKey("RIS", KeyKind.PLACER, "P9")


@pytest.mark.parametrize(
    ("given", "authority"),
    [
        ({"system": "urn:oid:1.3.6.1"}, "1.3.6.1"),
        ({"system": "https://ris.example.org/acc"}, "https://ris.example.org/acc"),
        ({"assigner": {"display": "NORTH"}}, "NORTH"),
        ({}, "ehr"),
    ],
)
def test_the_authority_is_the_system_else_the_assigner_else_the_server(
    given: dict[str, object], authority: str
) -> None:
    found = report(identifier=[{"value": "A1", **given}])
    assert found.key.authority == authority


def test_a_report_without_any_number_is_known_by_its_place_on_the_server() -> None:
    found = report(identifier=None)
    assert found.key == ReportKey("ehr", KeyKind.FILLER, "DiagnosticReport/r1")
    assert found.accession == ""


def test_reports_without_number_and_id_are_told_apart_by_all_that_they_say() -> None:
    def key(**changes: object) -> ReportKey:
        return report(identifier=None, id=None, **changes).key

    assert key().kind is KeyKind.MESSAGE
    assert key(subject={"reference": "Patient/elsewhere"}) != key() != key(conclusion="Other.")
    assert key(meta={"versionId": "2"}) == key()


# ---- people ---------------------------------------------------------------------------------


def test_the_orderer_is_found_through_order_and_role() -> None:
    [orderer] = report().ordering
    assert orderer.name == "Okafor, Ada N"
    npi = Identifier("1245319599", "http://hl7.org/fhir/sid/us-npi")
    assert orderer.identifiers[0] == npi
    assert Identifier("Practitioner/d1", "ehr") in orderer.identifiers


def test_an_orderer_who_may_not_be_read_is_still_known_by_the_reference() -> None:
    order = resource("order", requester={"reference": "Practitioner/x9", "display": "Dr. Nine"})
    reading = read(bundle(resource("report"), order)).reading
    assert isinstance(reading, Reports)
    [orderer] = reading.reports[0].ordering
    assert orderer.identifiers == (Identifier("Practitioner/x9", "ehr"),)
    assert orderer.name == "Dr. Nine"


@pytest.mark.parametrize("reference", ["Organization/1", "Patient/p1", "Device/3"])
def test_a_requester_who_is_no_clinician_orders_nothing(reference: str) -> None:
    order = resource("order", id="o3", requester={"reference": reference})
    assert report(order, basedOn=[{"reference": "ServiceRequest/o3"}]).ordering == ()


def test_a_practitioner_of_another_server_is_somebody_else() -> None:
    order = resource("order", id="o3", requester={"reference": "https://else.org/Practitioner/d1"})
    [orderer] = report(order, basedOn=[{"reference": "ServiceRequest/o3"}]).ordering
    assert orderer.name == ""


def test_contained_resources_are_found() -> None:
    order = resource("order", id="c1", requester={"reference": "#c2"})
    doctor = resource("doctor", id="c2")
    alone = resource("report", contained=[order, doctor], basedOn=[{"reference": "#c1"}])
    reading = read(alone).reading
    assert isinstance(reading, Reports)
    assert reading.reports[0].ordering[0].name == "Okafor, Ada N"


def test_full_urls_and_versions_do_not_hide_what_came_along() -> None:
    base = "https://ehr.example.org/r4/"
    body = resource("report", basedOn=[{"reference": f"{base}ServiceRequest/o1/_history/3"}])
    entries = [
        {"fullUrl": f"{base}{one['resourceType']}/{one['id']}", "resource": one}
        for one in (body, *others())
    ]
    reading = read({"resourceType": "Bundle", "type": "searchset", "entry": entries}).reading
    assert isinstance(reading, Reports)
    assert reading.reports[0].ordering[0].name == "Okafor, Ada N"


def test_the_radiologist_interprets_and_the_visit_tells_where_the_patient_is() -> None:
    visit = {
        "resourceType": "Encounter",
        "id": "e1",
        "class": {"code": "EMER"},
        "participant": [
            {"type": [concept("ATND")], "individual": {"reference": "Practitioner/d1"}}
        ],
        "location": [{"status": "active", "location": {"display": "ED 4"}}],
    }
    found = report(visit, encounter={"reference": "Encounter/e1"})
    assert found.radiologist is not None
    assert found.radiologist.identifiers[0] == Identifier("77", "9.9")
    assert (found.patient_class, found.location) == ("E", "ED 4")
    assert found.attending[0].name == "Okafor, Ada N"


# ---- flags ----------------------------------------------------------------------------------


def _observation(**fields: object) -> dict[str, object]:
    return {"resourceType": "Observation", "id": "b1", "status": "final", **fields}


def _flags(observation: dict[str, object]) -> list[tuple[str, str]]:
    found = report(observation, conclusionCode=None, result=[{"reference": "Observation/b1"}])
    return [(flag.value, flag.where) for flag in found.flags]


def test_the_conclusion_code_is_a_flag() -> None:
    [flag] = report().flags
    assert (flag.value, flag.system, flag.where) == ("RID49480", RADLEX, "conclusionCode")


def test_tags_are_flags() -> None:
    found = report(conclusionCode=None, meta={"tag": [{"code": "RID49481", "system": RADLEX}]})
    assert [(flag.value, flag.where) for flag in found.flags] == [("RID49481", "meta.tag")]


def test_a_radlex_code_counts_in_small_letters_too() -> None:
    (flag,) = report(conclusionCode=[concept("rid49480", RADLEX)]).flags
    assert flag.value == "RID49480"
    given = _observation(
        valueCodeableConcept=concept(" rid49482", RADLEX), category=[concept("Rid49481", RADLEX)]
    )
    assert [value for value, _ in _flags(given)] == ["RID49481", "RID49482"]


def test_a_placeholder_for_issued_is_no_time() -> None:
    found = report(issued="1970-01-01T00:00:00Z")
    assert (found.finalized_at, found.status_at) == (None, found.sent_at)
    assert found.time_notes == ("issued is a placeholder",)


SENT = datetime(2026, 3, 2, 14, 30, 5, tzinfo=UTC)


def test_what_the_server_shows_later_is_the_same_content_with_its_own_time() -> None:
    later = {"versionId": "3", "lastUpdated": "2026-03-02T14:50:00Z"}
    for status in ("final", "entered-in-error"):
        first, second = report(status=status), report(status=status, meta=later)
        assert first.content_hash == second.content_hash
        assert (first.sent_at, second.sent_at) == (SENT, datetime(2026, 3, 2, 14, 50, tzinfo=UTC))
        assert first.resource == second.resource == "ehr/r1"


def test_an_interpretation_stands_where_an_abnormal_flag_does() -> None:
    given = _observation(interpretation=[concept("AA", INTERPRETATION)])
    assert _flags(given) == [("AA", "Observation[1].interpretation")]


def test_a_radlex_code_counts_wherever_an_observation_has_it() -> None:
    given = _observation(
        code=concept("18782-3"),
        category=[concept("imaging")],
        valueCodeableConcept=concept("RID49482", RADLEX),
        component=[{"interpretation": [concept("HH")]}],
    )
    assert _flags(given) == [
        ("imaging", "Observation[1].category"),
        ("RID49482", "Observation[1].valueCodeableConcept"),
        ("HH", "Observation[1].component.interpretation"),
    ]


def test_an_observation_that_was_withdrawn_flags_nothing() -> None:
    assert _flags(_observation(status="entered-in-error", interpretation=[concept("AA")])) == []


def test_the_members_of_an_observation_count() -> None:
    member = {**_observation(interpretation=[concept("LL")]), "id": "b2"}
    panel = _observation(hasMember=[{"reference": "Observation/b2"}])
    found = report(member, panel, conclusionCode=None, result=[{"reference": "Observation/b1"}])
    assert [flag.where for flag in found.flags] == ["Observation[2].interpretation"]


# ---- times ----------------------------------------------------------------------------------


def test_the_exams_time_never_stands_in_for_the_time_of_issue() -> None:
    found = report(issued=None)
    assert found.finalized_at is None
    assert found.status_at == datetime(2026, 3, 2, 14, 30, 5, tzinfo=UTC)
    assert found.time_notes == ("issued is empty",)


@pytest.mark.parametrize("status", ["amended", "entered-in-error"])
def test_a_version_that_kept_the_time_of_issue_is_ordered_by_its_update(status: str) -> None:
    meta = {"lastUpdated": "2026-03-02T14:50:00Z"}
    assert report(status=status, meta=meta).status_at == datetime(2026, 3, 2, 14, 50, tzinfo=UTC)
    assert report(meta=meta).status_at == ISSUED


@pytest.mark.parametrize(
    ("received", "meaning", "which"), [((6, 31), (6, 30), "earlier"), ((7, 31), (7, 30), "later")]
)
def test_a_time_without_a_zone_that_came_twice_is_the_last_before_its_receipt(
    received: tuple[int, int], meaning: tuple[int, int], which: str
) -> None:
    """Against FHIR, whose instants have an offset; there are servers that leave it out."""
    (hour, minute), (meant, past) = received, meaning
    night = datetime(2026, 11, 1, tzinfo=UTC)
    data = json.dumps(resource("report", issued="2026-11-01T01:30:00")).encode()
    now = night.replace(hour=hour, minute=minute)
    reading = fhir.read(data, origin=ORIGIN, now=now).reading
    assert isinstance(reading, Reports)
    (found,) = reading.reports
    assert found.finalized_at == night.replace(hour=meant, minute=past)
    (note,) = found.time_notes
    assert note.startswith("issued came twice")
    assert note.endswith(f"the {which} meaning counts")


def test_a_time_ahead_of_our_clock_orders_nothing() -> None:
    found = report(issued="2031-01-01T00:00:00Z")
    assert found.status_at == datetime(2026, 3, 2, 14, 30, 5, tzinfo=UTC)
    assert found.time_notes == ("issued lies in the future",)


def test_a_server_whose_clock_is_ahead_orders_its_own_versions() -> None:
    found = report(
        issued="2026-03-02T18:00:00Z",
        meta={"versionId": "1", "lastUpdated": "2026-03-02T18:00:05Z"},
    )
    assert found.status_at == datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
    assert found.sent_at == datetime(2026, 3, 2, 18, 0, 5, tzinfo=UTC)
    assert found.time_notes == ("issued lies in the future",)


def test_a_time_without_a_zone_is_the_sites() -> None:
    assert report(issued="2026-03-02T08:30:00").finalized_at == ISSUED


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


def test_test_data_are_not_for_production() -> None:
    raw = read(resource("report", meta={"security": [{"code": "HTEST"}]}))
    assert raw.processing_id == "T"


def test_a_message_header_says_what_msh_11_says() -> None:
    header = {
        "resourceType": "MessageHeader",
        "meta": {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0103", "code": "T"}]},
    }
    assert read(bundle(header, resource("report"))).processing_id == "T"


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


@pytest.mark.parametrize(
    "stated",
    [
        "RID49480",
        ["rid49480"],
        [{"text": "ACR Category 1"}],
        ["ACR Category 1"],
        [{"coding": [{"code": "http://www.radlex.org/RID/RID49480"}]}],
        [{"coding": [{"system": "http://www.radlex.org/RID/RID49480"}]}],
        [{"concept": concept("RID49480", RADLEX)}],
        [None, 5, {"text": 7}, {"coding": "x"}, "RID49480"],
    ],
)
def test_the_conclusion_is_coded_in_many_ways(stated: object) -> None:
    found = report(conclusionCode=stated).flags
    assert [(flag.value, flag.where) for flag in found] == [("RID49480", "conclusionCode")]


@pytest.mark.parametrize(
    "extension",
    [
        {"valueCodeableConcept": concept("RID49480", RADLEX)},
        {"valueCoding": {"code": "RID49480"}},
        {"valueCode": "RID49480"},
    ],
)
def test_a_radlex_code_in_an_extension_counts(extension: dict[str, object]) -> None:
    found = report(conclusionCode=None, extension=[{"url": "x", **extension}])
    assert [flag.where for flag in found.flags] == ["extension"]


def test_an_interpretation_of_the_whole_report_counts_as_one_of_a_result() -> None:
    (flag,) = report(conclusionCode=None, interpretation=[concept("AA", INTERPRETATION)]).flags
    assert (flag.value, flag.where) == ("AA", "DiagnosticReport.interpretation")
