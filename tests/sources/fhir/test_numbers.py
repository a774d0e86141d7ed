"""Which number of a DiagnosticReport is that of its order, and who has given it."""

import json

import pytest

from bot.domain.message import Reports
from bot.domain.report import KeyKind, ReportKey
from bot.sources.fhir.places import read_from
from tests.sources.fhir_samples import Json, identifier, read, report, resource

TYPES = ("ACSN", "FILL", "PLAC")


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


def test_a_report_for_several_orders_has_the_numbers_of_each() -> None:
    """As one read from HL7 under several OBRs: the second order's own report opened an alert."""
    orders = [
        resource("order", id=f"o{n}", identifier=[identifier(f"{t[0]}{n}", t) for t in TYPES])
        for n in (7, 8)
    ]
    based = [{"reference": f"ServiceRequest/o{n}"} for n in (7, 8)]
    plan = {"resourceType": "CarePlan", "id": "c1", "identifier": [identifier("F9", "FILL")]}
    found = report(*orders, plan, identifier=None, basedOn=[*based, {"reference": "CarePlan/c1"}])
    assert (found.accession, found.filler, found.order) == ("A7", "F7", "F7 F8")
    told = {(n.kind, n.value) for n in found.numbers if n.kind is not KeyKind.PLACE}
    assert told == {
        (kind, f"{kind.value[0].upper()}{n}")
        for kind in (KeyKind.ACCESSION, KeyKind.FILLER, KeyKind.PLACER)
        for n in (7, 8)
    }


@pytest.mark.parametrize("uid", ["urn:oid:1.2.840.99", "1.2.840.99"])
def test_a_study_of_stu3_has_its_numbers_in_fields_of_their_own(uid: str) -> None:
    study = {"resourceType": "ImagingStudy", "id": "s1", "uid": uid,
             "accession": identifier("A7"), "modalityList": [{"code": "MR"}]}  # fmt: skip
    found = report(study, identifier=None, imagingStudy=[{"reference": "ImagingStudy/s1"}])
    assert (found.accession, found.study_uid, found.modality) == ("A7", "1.2.840.99", "MR")


def test_a_reference_by_identifier_names_the_accession() -> None:
    found = report(identifier=None, imagingStudy=[{"identifier": identifier("A8", "ACSN")}])
    assert found.accession == "A8"


@pytest.mark.parametrize(
    "document",
    [
        {"system": "urn:dicom:uid", "value": "1.2.276.0.7230010.3.1.4.8323329"},
        {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:ce19d2be-3d3b-44ea-95f1-5a0a04586377"},
    ],
)
def test_a_number_goes_before_what_names_a_document(document: Json) -> None:
    """By HL7 the same report was another alert."""
    assert report(identifier=[document, identifier("4001")]).filler == "4001"
    assert report(identifier=[document]).filler == document["value"]


def test_without_an_accession_the_fillers_number_is_one_as_in_hl7() -> None:
    found = report(identifier=[identifier("P1", "PLAC"), identifier("F1", "FILL")])
    assert found.key == ReportKey("RIS", KeyKind.ACCESSION, "F1")
    assert (found.filler, found.placer) == ("F1", "P1")


def test_an_untyped_identifier_of_the_report_is_the_fillers() -> None:
    assert report(identifier=[identifier("F2")]).key.value == "F2"


@pytest.mark.parametrize(
    ("placer", "filler"),
    [("PLAC", "FILL"), ("Placer order number", "Filler Order Number"), ("Placer", "Accession ID")],
)
def test_a_type_in_words_alone_says_which_number_it_is(placer: str, filler: str) -> None:
    """Epic has the placer's first: untyped it would be taken for the filler's."""
    told = [
        {**identifier(value), "type": {"text": kind}}
        for value, kind in (("P1", placer), ("F1", filler))
    ]
    found = report(identifier=told, basedOn=None)
    assert (found.key.value, found.placer) == ("F1", "P1")


@pytest.mark.parametrize(
    "system",
    ["http://sys-ids.example.org/acsn/100", "urn:ris:accession", "https://h.org/Accession-No"],
)
def test_an_identifier_without_a_type_is_the_accession_where_its_system_says_so(
    system: str,
) -> None:
    """As Indonesia's platform has it on the order, beside the order's own number."""
    numbers = [identifier("O1", system="https://h.org/orders"), identifier("A9", system=system)]
    found = report(resource("order", id="o3", identifier=numbers), identifier=[identifier("F1")],
                   basedOn=[{"reference": "ServiceRequest/o3"}])  # fmt: skip
    assert (found.accession, found.filler, found.placer) == ("A9", "F1", "O1")


@pytest.mark.parametrize(
    ("links", "place"),
    [
        ({"basedOn": [{"reference": "ServiceRequest?identifier=urn:o|O7"}]}, "ServiceRequest"),
        ({"imagingStudy": [{"reference": "#s"}]}, "ImagingStudy"),
        ({"imagingStudy": [{"reference": "#t"}]}, "ServiceRequest"),
    ],
)
def test_explain_tells_where_such_numbers_stand(links: Json, place: str) -> None:
    study = {"resourceType": "ImagingStudy", "id": "s", "accession": identifier("A7")}
    other = {"resourceType": "ImagingStudy", "id": "t", "basedOn": [{"reference": "#o"}]}
    inside = [study, other, resource("order", id="o", identifier=[identifier("A7", "ACSN")])]
    body = resource("report", **{"identifier": None, "basedOn": None, "contained": inside, **links})
    reading = read(body).reading
    assert isinstance(reading, Reports)
    (places,) = read_from(json.dumps(body).encode(), reading.reports)
    assert places["key.value"] == f"{place}.identifier"


def test_what_no_database_takes_of_a_number_is_replaced_so_that_its_versions_find_one_another() -> (
    None
):
    for odd in ("\0", "\ud800"):
        assert report(identifier=[identifier(f"A1{odd}", "ACSN")]).accession == "A1\ufffd"


def test_a_report_that_names_no_order_has_the_numbers_of_its_studys_order() -> None:
    order = resource("order", id="o9", identifier=[identifier("A7", "ACSN"), identifier("P9")])
    study = {"resourceType": "ImagingStudy", "id": "s9"}
    based = {"basedOn": [{"reference": "ServiceRequest/o9"}]}
    told = {"identifier": None, "imagingStudy": [{"reference": "ImagingStudy/s9"}]}
    found = report(order, {**study, **based}, basedOn=None, **told)
    assert (found.accession, found.placer) == ("A7", "P9")
    assert report(order, {**study, **based}, **told).accession != "A7"


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
