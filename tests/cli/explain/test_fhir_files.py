"""`readback explain` of files with FHIR resources."""

import json
from typing import Any

from tests.cli.conftest import ADA, BEN, CARLA, Place
from tests.cli.explain.conftest import lines, written
from tests.sources.fhir_samples import bundle, identifier, others, resource


def fhir(*resources: Any) -> bytes:
    return "\n".join(map(json.dumps, resources)).encode()


def test_fhir_files_give_the_same_object_a_line(place: Place) -> None:
    whole = written(place.folder, fhir(bundle(resource("report"), *others())), name="b.json")
    wrong = written(place.folder, fhir(resource("report", status="unknown")), name="w.json")
    lined = written(place.folder, fhir(resource("patient"), resource("report")), name="l.ndjson")
    result = place.run("explain", str(whole), str(wrong), str(lined), "--json")
    found = lines(result)
    keys = {"file", "index", "outcome", "reason", "report", "category", "rule", "would_page"}
    assert [set(one) for one in found] == [keys] * 4
    told = [(one["index"], one["outcome"], one["reason"], one["category"]) for one in found]
    assert told == [
        (1, "report", None, "critical"),
        (1, "refused", "unknown-status", "critical"),
        (1, "refused", "fhir-patient", None),
        (2, "report", None, "critical"),
    ]
    assert [one["would_page"][0]["named"] for one in found if one["report"]] == [
        "Okafor, Ada N",
        None,
    ]
    assert found[0]["rule"] == "conclusionCode=RID49480"


def test_a_fhir_report_says_where_its_parts_stood(place: Place) -> None:
    file = written(place.folder, fhir(bundle(resource("report"), *others())), name="b.json")
    (one,) = lines(place.run("explain", str(file), "--json"))
    assert one["report"]["read_from"] == {
        "key.value": "identifier",
        "key.authority": "identifier.system",
        "accession": "identifier",
        "status": "status",
        "status_at": "issued",
        "finalized_at": "issued",
        "sent_at": "meta.lastUpdated",
        "exam": "code",
        "modality": "category, code",
        "patient.identifiers": "Patient.identifier",
        "patient.name": "Patient.name",
        "patient.birth_date": "Patient.birthDate",
        "patient.sex": "Patient.gender",
        "ordering": "ServiceRequest.requester",
        "radiologist": "resultsInterpreter",
        "text": "presentedForm",
        "impression": "conclusion",
    }
    shown = place.run("explain", str(file)).output
    for part in ("Bundle", "identifier.system", "critical by conclusionCode=RID49480"):
        assert part in shown


def test_a_fhir_report_known_by_its_place_says_so(place: Place) -> None:
    study = {"resourceType": "ImagingStudy", "id": "s1", "identifier": [identifier("A9", "ACSN")]}
    bare = resource("report", identifier=None, basedOn=None, presentedForm=None)
    behind = bare | {"imagingStudy": [{"reference": "ImagingStudy/s1"}]}
    changed = bare | {"meta": {"lastUpdated": "2026-03-02T15:00:00Z"}, "status": "corrected"}
    files = [
        written(place.folder, fhir(bundle(one, study)), name=f"{number}.json")
        for number, one in enumerate((bare, behind, changed))
    ]
    result = place.run("explain", *map(str, files), "--json")
    found = [one["report"]["read_from"] for one in lines(result)]
    assert [one["key.value"] for one in found] == ["id", "ImagingStudy.identifier", "id"]
    assert [one["modality"] for one in found][1] == "ImagingStudy.modality"
    assert found[0]["key.authority"] == "the server's name"
    assert found[0]["text"] == "conclusion"
    assert [one["status_at"] for one in found] == ["issued", "issued", "meta.lastUpdated"]


def test_issuers_of_fhir_files_go_by_the_names_that_the_settings_give_them(place: Place) -> None:
    system = "urn:oid:1.2.840.1.2"
    (place.folder / "in").mkdir()
    with place.config.open("a") as config:
        config.write(f'[[folder]]\npath = "in"\nauthorities = {{ "{system}" = "RIS" }}\n')
    file = written(place.folder, fhir(resource("report")), name="r.json")
    (one,) = lines(place.run("explain", str(file), "--json"))
    assert one["report"]["key"]["authority"] == "RIS"


def test_whom_only_the_server_numbers_is_found_as_the_bot_finds_them(place: Place) -> None:
    """The directory has the server's name as the issuer; of several servers none is guessed."""
    place.imported(ADA.replace(",,Ada", ",epic:Practitioner/d1,Ada"), BEN, CARLA)
    nameless = {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "Okafor"}]}
    along = [one for one in others() if one["id"] != "d1"]
    file = written(place.folder, fhir(bundle(resource("report"), *along, nameless)), name="b.json")

    def first() -> str:
        (one,) = lines(place.run("explain", str(file), "--json"))
        return str(one["would_page"][0]["person"])

    server = '[[fhir]]\nname = "{}"\nbase_url = "https://fhir.example.org/{}"\n'
    with place.config.open("a") as config:
        config.write(server.format("epic", "r4"))
    assert first() == "Ada"
    with place.config.open("a") as config:
        config.write(server.format("other", "r5"))
    assert first() == "Carla"
