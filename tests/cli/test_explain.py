"""`readback explain`: what an interface analyst sees of a message, and what a program gets."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.domain.legible import STEERING
from tests.cli.conftest import ADA, BEN, CARLA, CLEAN, Place
from tests.sources.fhir_samples import bundle, identifier, others, resource
from tests.sources.oru import MSH, OBX, message, obr, sample

ADT = sample().replace(b"ORU^R01^ORU_R01", b"ADT^A08")
BAD = sample(fields={25: "?"})


def written(folder: Path, *messages: bytes, name: str = "feed.hl7") -> Path:
    file = folder / name
    file.write_bytes(b"".join(messages))
    return file


KEYS = {"file", "index", "outcome", "reason", "report", "category", "rule", "would_page"}


def lines(result: Result) -> list[dict[str, Any]]:
    """One object for each message, all with the same keys."""
    assert result.exit_code in {0, 1}, result.output
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(set(one) == KEYS for one in found)
    return found


@pytest.fixture
def place(new_place: Place) -> Place:
    """Without a database where nobody is imported: nothing is looked up there."""
    return new_place


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without any settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def explain(*words: str) -> Result:
    return CliRunner().invoke(app, ["explain", *words], env={**CLEAN, "COLUMNS": "120"})


# ---- for programs ---------------------------------------------------------------------------


def test_each_message_is_one_object_a_line(place: Place) -> None:
    first = written(place.folder, sample(), ADT, name="a.hl7")
    second = written(place.folder, BAD, name="b.hl7")
    result = place.run("explain", str(first), str(second), "--json")
    assert result.exit_code == 1
    found = lines(result)
    assert [set(one) for one in found] == [
        {"file", "index", "outcome", "reason", "report", "category", "rule", "would_page"}
    ] * 3
    assert [(one["file"], one["index"], one["outcome"], one["reason"]) for one in found] == [
        (str(first), 1, "report", None),
        (str(first), 2, "refused", "adt-a08"),
        (str(second), 1, "refused", "unknown-status"),
    ]


def test_a_report_comes_with_all_its_parts_and_where_they_stood(place: Place) -> None:
    (one,) = lines(place.run("explain", str(written(place.folder, sample())), "--json"))
    assert (one["category"], one["rule"]) == ("critical", "OBX[1]-8=HH")
    report = one["report"]
    assert (report["status"], report["finalized_at"]) == ("final", "2026-01-15T18:00:00Z")
    assert report["ordering"][0]["identifiers"] == [
        {"value": "1003", "authority": "MAIN", "kind": ""}
    ]
    assert report["read_from"] == {
        "key.value": "OBR-18",
        "key.authority": "OBR-3.2",
        "accession": "OBR-18",
        "filler": "OBR-3",
        "placer": "OBR-2",
        "status": "OBR-25",
        "finalized_at": "OBR-22",
        "status_at": "OBR-22",
        "patient.identifiers": "PID-3",
        "ordering": "OBR-16",
        "attending": "PV1-7",
        "radiologist": "OBR-32",
        "text": "OBX[1]-5",
        "impression": "OBX[1]-5",
        "exam": "OBR-4",
        "modality": "OBR-24",
        "patient.name": "PID-5",
        "patient.birth_date": "PID-7",
        "patient.sex": "PID-8",
        "patient_class": "PV1-2",
        "location": "PV1-3",
        "sender": "MSH-3, MSH-4",
        "control_id": "MSH-10",
        "processing_id": "MSH-11",
    }


def test_a_message_of_several_orders_shows_the_worst_and_then_the_others(place: Place) -> None:
    routine = OBX.replace("HH", "N").replace("Tension pneumothorax.", "Normal.")
    second = obr({2: "P2", 3: "B1^RIS", 18: ""})
    data = message(obr(), routine, second, OBX)
    (one,) = lines(place.run("explain", str(written(place.folder, data)), "--json"))
    assert (one["report"]["key"]["value"], one["category"]) == ("B1", "critical")
    assert one["report"]["read_from"]["status"] == "OBR[2]-25"
    assert [other["report"]["key"]["value"] for other in one["report"]["more"]] == ["A2000"]


def test_what_of_a_message_cannot_be_used_stands_with_the_report_that_can(place: Place) -> None:
    data = message(obr(), OBX, obr({2: "P2", 3: "B1^RIS", 18: "", 25: "?"}), OBX)
    (one,) = lines(place.run("explain", str(written(place.folder, data)), "--json"))
    assert [left["reason"] for left in one["report"]["left"]] == ["unknown-status"]
    assert one["report"]["more"] == []


def test_a_flagged_message_that_cannot_be_used_is_for_the_coordinator(place: Place) -> None:
    (one,) = lines(place.run("explain", str(written(place.folder, BAD)), "--json"))
    assert (one["report"], one["category"], one["rule"]) == (None, "critical", "flagged-unusable")
    assert [step["who"] for step in one["would_page"]] == ["coordinator"]


# ---- whom it would page ---------------------------------------------------------------------


def asked(place: Place, data: bytes) -> list[tuple[str, int, str | None, list[str]]]:
    (one,) = lines(place.run("explain", str(written(place.folder, data)), "--json"))
    return [(s["who"], s["after_minutes"], s["person"], s["channels"]) for s in one["would_page"]]


def test_without_a_database_the_identifiers_are_told(place: Place) -> None:
    (one,) = lines(place.run("explain", str(written(place.folder, sample())), "--json"))
    first = one["would_page"][0]
    assert (first["named"], first["identifiers"], first["person"]) == (
        "PARK, SAM",
        ["MAIN:1003"],
        None,
    )


def test_with_a_directory_the_people_of_the_ladder_are_named(place: Place) -> None:
    place.imported(CARLA, ADA, BEN)
    data = sample(fields={16: "1234567893^OSEI^ADA^^^^^^NPI"})
    assert asked(place, data) == [
        ("ordering_provider", 0, "Ada", ["slack", "sms"]),
        ("designee", 30, "Ben", ["sms"]),
        ("coordinator", 45, "Carla", ["slack", "sms"]),
    ]


def test_a_provider_whom_nobody_knows_means_the_coordinator_at_once(place: Place) -> None:
    place.imported(CARLA, ADA, BEN)
    assert asked(place, sample()) == [("coordinator", 0, "Carla", ["slack", "sms"])]


def test_a_code_that_nobody_knows_means_the_coordinator_at_once(place: Place) -> None:
    data = sample(OBX.replace("HH", "RID49483^^RADLEX"))
    assert [who for who, *_ in asked(place, data)] == ["coordinator"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (sample(fields={25: "P"}), "preliminary"),
        (sample(fields={25: "X"}), "withdrawn"),
        (sample(OBX.replace("HH", "A")), "no flag"),
        (sample(OBX.replace("HH", "RID50261")), "routine"),
        (sample().replace(b"|P|2.5.1", b"|T|2.5.1"), "processing id is T"),
    ],
)
def test_why_nobody_would_be_paged_is_told(place: Place, data: bytes, why: str) -> None:
    result = place.run("explain", str(written(place.folder, data)))
    assert "would page" not in result.output
    assert why in result.output
    assert asked(place, data) == []


@pytest.mark.parametrize(
    ("mode", "said", "pages"),
    [
        ("ignore", "preliminary: recorded, nobody is paged", False),
        ("notify", "preliminary: the reading radiologist is asked", False),
        ("open", "would page at once the ordering provider", True),
    ],
)
def test_what_a_preliminary_would_do_is_what_its_sender_s_setting_says(
    place: Place, mode: str, said: str, pages: bool
) -> None:
    with place.config.open("a", encoding="utf-8") as file:
        file.write(f'[[hl7.profile]]\napplication = "RIS"\npreliminary = "{mode}"\n')
    file_ = str(written(place.folder, sample(fields={25: "P"})))
    result = place.run("explain", file_)
    assert said in " ".join(result.output.split())
    assert f"{mode}: " in result.output
    (one,) = lines(place.run("explain", file_, "--json"))
    assert (one["report"]["status"], one["report"]["if_preliminary"]) == ("preliminary", mode)
    assert bool(one["would_page"]) == pages


def test_where_fhir_servers_differ_it_is_explained_as_the_one_that_does_most(
    place: Place,
) -> None:
    server = '[[fhir]]\nname = "{0}"\nbase_url = "https://{0}"\npreliminary = "{1}"\n'
    with place.config.open("a", encoding="utf-8") as file:
        file.write(server.format("old", "ignore") + server.format("epic", "open"))
        file.write('[[folder]]\npath = "in"\n')
    body = resource("report", status="preliminary")
    data = json.dumps(bundle(body, *others())).encode()
    result = place.run("explain", str(written(place.folder, data, name="r.json")), "--json")
    assert "Sources of FHIR differ in preliminary: explained as from epic" in result.stderr
    assert lines(result)[0]["report"]["if_preliminary"] == "open"


# ---- for people -----------------------------------------------------------------------------


def test_a_person_sees_values_and_fields_and_what_comes_of_it(nowhere: Path) -> None:
    result = explain(str(written(nowhere, sample(), ADT, BAD)))
    assert result.exit_code == 1
    for part in (
        "message 1 · RIS/MAIN · ORU^R01^ORU_R01 · utf-8",
        "report A2000",
        "PARK, SAM (MAIN:1003)",
        "OBR-16",
        "critical by OBX[1]-8=HH",
        "would page at once the ordering provider PARK, SAM (MAIN:1003) by slack and sms",
        "set aside: adt-a08 carries no report",
        "quarantine: unknown-status at OBR-25",
        "send a code of table 0123 in OBR-25",
        "flagged HH OBX[1]-8",
        "3 messages, 1 of them would wait in quarantine.",
    ):
        assert part in result.output


def test_long_texts_are_shortened_unless_asked_for(nowhere: Path) -> None:
    text = "~".join(f"Line {number}" for number in range(9))
    file = str(written(nowhere, sample(f"OBX|1|TX|X||{text}||||||F")))
    assert "… 5 more lines (--text)" in explain(file).output
    assert "Line 8" in explain(file, "--text").output


def test_nothing_of_a_message_is_taken_for_markup(nowhere: Path) -> None:
    result = explain(str(written(nowhere, sample(OBX.replace("Tension", "[red]Tension[/]")))))
    assert "[red]Tension[/]" in result.output


def test_without_settings_it_says_what_it_assumes(nowhere: Path) -> None:
    result = explain(str(written(nowhere, ADT)))
    assert result.exit_code == 0
    assert "No settings here" in result.stderr


def test_a_file_that_is_no_hl7_is_refused_and_no_crash(nowhere: Path) -> None:
    for data in (b"", b"{}", b"\x00\xff" * 50):
        (one,) = lines(explain(str(written(nowhere, data)), "--json"))
        assert one["outcome"] == "refused"


def test_the_profile_of_the_sender_is_named_and_used(place: Place) -> None:
    profile = (
        '[[hl7.profile]]\nname = "vendor"\napplication = "RIS"\n'
        'rules = [{ code = "ALERT", category = "significant" }]\n'
    )
    with place.config.open("a") as config:
        config.write(profile)
    data = message(obr(), OBX.replace("HH", ""), "ZCF|1|ALERT", msh=MSH)
    result = place.run("explain", str(written(place.folder, data)))
    assert "profile vendor" in result.output
    assert "significant by ZCF-2=ALERT" in result.output


def test_a_rule_for_an_unknown_category_stops_it(place: Place) -> None:
    with place.config.open("a") as config:
        config.write('[[hl7.profile]]\nrules = [{ code = "A", category = "criticl" }]\n')
    result = place.run("explain", str(written(place.folder, sample())))
    assert result.exit_code == 2
    assert 'Did you mean "critical"?' in result.output


def test_a_database_that_cannot_be_used_is_told_and_nobody_looked_up(place: Place) -> None:
    (place.folder / "readback.db").write_bytes(b"")
    result = place.run("explain", str(written(place.folder, sample())))
    assert "nobody is looked up" in result.stderr
    assert "would page at once the ordering provider PARK, SAM (MAIN:1003)" in result.output


def test_addenda_a_machine_and_who_cannot_be_reached_are_shown(place: Place) -> None:
    place.imported(CARLA, "1245319599,,Ben,,,,,,")
    with place.config.open("a") as config:
        config.write('[[hl7.profile]]\napplication = "OTHER"\n')
    addendum = "OBX|2|TX|&ADT||Now seen: air.|||AA|||F"
    data = sample(OBX.replace("HH", ""), addendum, fields={16: "1245319599^LEE^BEN^^^^^^NPI"})
    result = place.run("explain", str(written(place.folder, data)))
    for part in ("addendum", "Now seen: air.", "flag AA OBX[2]-8", "Ben, who cannot be reached"):
        assert part in result.output
    machine = place.config.read_text().replace("port = 0\n", 'port = 0\nmachines = ["RIS"]\n', 1)
    place.config.write_text(machine)
    again = place.run("explain", str(written(place.folder, data)))
    assert "(a machine)" in again.output
    assert "for review: interpreted by a machine" in again.output
    assert "would page at once the coordinator → Carla" in again.output


def test_whose_phone_would_ring_is_told_where_the_site_can_call(place: Place) -> None:
    place.imported(CARLA, BEN)
    data = sample(fields={16: "1245319599^LEE^BEN^^^^^^NPI"})
    file = str(written(place.folder, data))
    assert "call" not in place.run("explain", file).output
    place.env["READBACK_TWILIO__CALL_FROM"] = "+13125550198"
    told = " ".join(place.run("explain", file).output.split())
    assert "→ Ben by sms, and by a call after 5 min" in told
    assert "the coordinator → Carla by slack and sms and a call" in told
    steps = lines(place.run("explain", file, "--json"))[0]["would_page"]
    assert [step["call_after_minutes"] for step in steps] == [5.0, 5.0, None]


# ---- FHIR -----------------------------------------------------------------------------------


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


def test_what_a_message_holds_does_not_steer_the_terminal(place: Place) -> None:
    file = written(place.folder, sample(fields={4: "CT\x1b[2J\u202eHEAD"}), name="a.hl7")
    for words in ((), ("--json",)):
        text = place.run("explain", str(file), *words).stdout
        assert not STEERING.search(text)
        assert "HEAD" in text
