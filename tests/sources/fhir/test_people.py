"""Who ordered, read, and has the patient of a DiagnosticReport."""

import json
import time

import pytest

from bot.domain.message import Reports
from bot.domain.report import Identifier
from bot.sources.fhir import reader as fhir
from tests.sources.fhir_samples import bundle, concept, others, read, report, resource


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


@pytest.mark.parametrize(
    "reference", ["/Practitioner/d1", "/r4/Practitioner/d1", "urn:uuid:d1", "d1"]
)
def test_somebody_who_came_along_is_found_by_the_id_in_the_reference(reference: str) -> None:
    order = resource("order", id="o3", requester={"reference": reference})
    [orderer] = report(order, basedOn=[{"reference": "ServiceRequest/o3"}]).ordering
    assert orderer.name == "Okafor, Ada N"


_SEARCH = "{}?identifier=http://hl7.org/fhir/sid/us-npi|1245319599"


@pytest.mark.parametrize("number", [1, 2])
def test_a_reference_by_a_search_leads_to_the_only_one_with_that_identifier(number: int) -> None:
    order = resource("order", requester={"reference": _SEARCH.format("Practitioner")})
    doctors = [resource("doctor", id=f"d{place}") for place in range(number)]
    reading = read(bundle(resource("report"), order, *doctors)).reading
    assert isinstance(reading, Reports)
    [orderer] = reading.reports[0].ordering
    assert orderer.name == ("Okafor, Ada N" if number == 1 else "")
    assert orderer.identifiers == (Identifier("1245319599", "http://hl7.org/fhir/sid/us-npi"),)


@pytest.mark.parametrize("bar", ["%7C", "%7c"])
@pytest.mark.parametrize("colon", [":", "%3A"])
def test_a_reference_by_a_search_is_read_escaped_as_well(bar: str, colon: str) -> None:
    """As Synthea's exports of R5 have it: the coordinator was paged in place of the orderer."""
    asked = _SEARCH.format("Practitioner").replace("|", bar).replace("http:", f"http{colon}")
    order = resource("order", requester={"reference": asked})
    npi = Identifier("1245319599", "http://hl7.org/fhir/sid/us-npi")
    for along, name in (([resource("doctor")], "Okafor, Ada N"), ([], "")):
        reading = read(bundle(resource("report"), order, *along)).reading
        assert isinstance(reading, Reports)
        [orderer] = reading.reports[0].ordering
        assert (orderer.name, orderer.identifiers) == (name, (npi,))


def test_a_reference_by_an_identifier_alone_leads_to_who_came_along_with_it() -> None:
    by = {"type": "Patient", "identifier": {"system": "urn:oid:5.5", "value": "MRN-1"}}
    several = bundle(*(resource("report", id=n, subject=by) for n in ("r1", "r2")), *others())
    for piece in fhir.split(json.dumps(several).encode())[:2]:
        reading = read(piece).reading
        assert isinstance(reading, Reports)
        assert reading.reports[0].patient.name == "Doe, Jane"


def test_an_id_that_several_have_leads_to_none_of_them() -> None:
    """A server that refers by the mere id may number each type from 1."""
    doctor, patient = resource("doctor", id="1"), resource("patient", id="1")
    found = read(bundle(doctor, patient, resource("report", subject={"reference": "1"}))).reading
    assert isinstance(found, Reports)
    assert found.reports[0].patient.name == ""


def test_each_document_of_a_batch_has_a_patient_of_its_own() -> None:
    """All have the same id, and the one who is in both of them is one."""
    by, asked = {"reference": "Patient/1"}, {"reference": _SEARCH.format("Practitioner")}
    documents = [
        bundle(
            resource("patient", id="1") | {"name": [{"family": name}]},
            resource("doctor"),
            resource("order", requester=asked),
            resource("report", id=name, subject=by),
        )
        for name in ("Doe", "Roe")
    ]
    reading = read(bundle(*documents)).reading
    assert isinstance(reading, Reports)
    assert [found.patient.name for found in reading.reports] == ["Doe", "Roe"]
    assert {found.ordering[0].name for found in reading.reports} == {"Okafor, Ada N"}


def test_many_reports_with_such_references_are_cut_apart_in_no_time() -> None:
    """Each of these was looked for among all that came along: Synthea writes thousands."""
    by = [{"reference": _SEARCH.format(kind)} for kind in ("Practitioner", "Organization")]
    reports = [
        resource("report", id=f"r{number}", performer=by, identifier=None) for number in range(900)
    ]
    body = json.dumps(bundle(*reports)).encode()
    began = time.process_time()
    assert len(fhir.split(body)) == 900
    assert time.process_time() - began < 3


def test_a_search_for_an_organization_is_nobody_who_ordered_or_read() -> None:
    by = {"reference": _SEARCH.format("Organization"), "display": "General Hospital"}
    order = resource("order", id="o3", requester=by)
    based = [{"reference": "ServiceRequest/o3"}]
    found = report(order, basedOn=based, resultsInterpreter=None, performer=[by])
    assert (found.ordering, found.radiologist) == ((), None)


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


def study(**about: object) -> dict[str, object]:
    return {"resourceType": "ImagingStudy", "id": "s1", **about}


@pytest.mark.parametrize(
    "about",
    [
        {"basedOn": [{"reference": "ServiceRequest/o1"}]},
        {"referrer": {"reference": "Practitioner/d1"}},
    ],
)
def test_a_report_that_names_no_order_is_of_whoever_asked_for_its_study(
    about: dict[str, object],
) -> None:
    found = report(study(**about), basedOn=None, imagingStudy=[{"reference": "ImagingStudy/s1"}])
    assert [one.name for one in found.ordering] == ["Okafor, Ada N"]


def test_where_the_order_names_somebody_the_referrer_of_the_study_orders_nothing() -> None:
    other = study(referrer={"reference": "Practitioner/x9", "display": "Dr. Nine"})
    found = report(other, imagingStudy=[{"reference": "ImagingStudy/s1"}])
    assert [one.name for one in found.ordering] == ["Okafor, Ada N"]


def test_people_are_found_where_stu3_has_them() -> None:
    order = {"resourceType": "ProcedureRequest", "id": "o9"}
    found = report(
        {**order, "requester": {"agent": {"reference": "Practitioner/d1"}}},
        basedOn=[{"reference": "ProcedureRequest/o9"}],
        resultsInterpreter=None,
        performer=[{"role": concept("1"), "actor": {"reference": "Practitioner/d2"}}],
    )
    assert [someone.name for someone in found.ordering] == ["Okafor, Ada N"]
    assert found.radiologist is not None
    assert found.radiologist.name == "Reader"


def test_the_visit_is_found_where_stu3_has_it() -> None:
    attends = {"type": [concept("ATND")], "individual": {"reference": "Practitioner/d1"}}
    visit = {"resourceType": "Encounter", "id": "e1", "class": {"code": "EMER"}}
    found = report({**visit, "participant": [attends]}, context={"reference": "Encounter/e1"})
    assert [someone.name for someone in found.attending] == ["Okafor, Ada N"]
    assert found.patient_class == "E"


def test_an_order_that_names_nobody_is_of_whoever_asked_for_the_order_that_it_is_based_on() -> None:
    own = {"resourceType": "ServiceRequest", "id": "o3"}
    based = [{"reference": "ServiceRequest/o3"}]
    [orderer] = report(
        {**own, "basedOn": [{"reference": "ServiceRequest/o1"}]}, basedOn=based
    ).ordering
    assert orderer.name == "Okafor, Ada N"
    assert report({**own, "basedOn": based}, basedOn=based).ordering == ()


def test_orders_that_are_all_based_on_one_another_are_gone_through_once() -> None:
    every = [{"reference": f"ServiceRequest/b{number}"} for number in range(60)]
    based = {"resourceType": "ServiceRequest", "basedOn": every}
    orders: list[dict[str, object]] = [{**based, "id": f"b{number}"} for number in range(60)]
    orders[59]["requester"] = {"reference": "Practitioner/d1"}
    began = time.perf_counter()
    [orderer] = report(*orders, basedOn=every).ordering
    assert orderer.name == "Okafor, Ada N"
    assert time.perf_counter() - began < 10, "it took minutes"


def test_the_ward_may_be_named_by_its_own_resource() -> None:
    ward = {"resourceType": "Location", "id": "l1", "name": "ED Bay 3"}
    stays = [{"location": {"reference": "Location/l1"}}]
    visit = {"resourceType": "Encounter", "id": "v1", "location": stays}
    assert report(ward, visit, encounter={"reference": "Encounter/v1"}).location == "ED Bay 3"


def test_dstu2_has_several_family_names() -> None:
    patient = resource("patient")
    patient["name"] = [{"family": ["Doe", "Roe"], "given": ["Jane"]}]
    reading = read(bundle(resource("report"), patient)).reading
    assert isinstance(reading, Reports)
    assert reading.reports[0].patient.name == "Doe Roe, Jane"


def test_the_orderer_is_found_where_dstu2_has_it() -> None:
    order = {"resourceType": "DiagnosticOrder", "id": "o9"}
    found = report(
        {**order, "orderer": {"reference": "Practitioner/d1"}},
        basedOn=None,
        request=[{"reference": "DiagnosticOrder/o9"}],
    )
    assert [someone.name for someone in found.ordering] == ["Okafor, Ada N"]


def test_study_and_attending_are_found_where_r5_has_them() -> None:
    uid = {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3.4.5"}
    based = [{"reference": "ServiceRequest/o1"}]
    attends = {"type": [concept("ATND")], "actor": {"reference": "Practitioner/d1"}}
    found = report(
        {"resourceType": "ImagingStudy", "id": "s1", "identifier": [uid], "basedOn": based},
        {"resourceType": "Encounter", "id": "e1", "participant": [attends]},
        basedOn=None,
        study=[{"reference": "ImagingStudy/s1"}],
        encounter={"reference": "Encounter/e1"},
    )
    assert [someone.name for someone in found.ordering] == ["Okafor, Ada N"]
    assert [someone.name for someone in found.attending] == ["Okafor, Ada N"]
    assert found.study_uid == "1.2.3.4.5"
