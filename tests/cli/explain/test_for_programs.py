"""`readback explain --json`: one object for each message, with all that was read."""

from tests.cli.conftest import Place
from tests.cli.explain.conftest import ADT, BAD, lines, written
from tests.sources.oru import OBX, message, obr, sample


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
        "sent_at": "MSH-7",
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
    (left,) = one["report"]["left"]
    assert (left["reason"], left["category"]) == ("unknown-status", "critical")
    assert [step["who"] for step in left["would_page"]] == ["coordinator"]
    assert one["would_page"][0]["who"] == "ordering_provider"
    assert one["report"]["more"] == []


def test_a_flag_in_what_is_left_decides_where_the_rest_pages_nobody(place: Place) -> None:
    routine = OBX.replace("HH", "N").replace("Tension pneumothorax.", "Normal.")
    data = message(obr(), routine, obr({2: "P2", 3: "B1^RIS", 18: "", 25: "?"}), OBX)
    file = str(written(place.folder, data))
    (one,) = lines(place.run("explain", file, "--json"))
    assert (one["outcome"], one["category"], one["rule"]) == (
        "report",
        "critical",
        "flagged-unusable",
    )
    assert [step["who"] for step in one["would_page"]] == ["coordinator"]
    assert "would page at once the coordinator" in place.run("explain", file).output


def test_what_is_said_to_be_a_test_pages_nobody_though_it_is_flagged(place: Place) -> None:
    for mode, category in (("T", None), ("D", None), ("X", "critical")):
        data = BAD.replace(b"|P|2.5.1", b"|%s|2.5.1" % mode.encode())
        result = place.run("explain", str(written(place.folder, data)), "--json")
        (one,) = lines(result)
        assert (one["reason"], one["category"]) == ("unknown-status", category)
        assert bool(one["would_page"]) == (category is not None)
        assert result.exit_code == 1


def test_nothing_waits_of_a_message_that_is_not_for_production(place: Place) -> None:
    data = message(obr(), OBX, obr({2: "P2", 3: "B1^RIS", 18: "", 25: "?"}), OBX)
    result = place.run(
        "explain", str(written(place.folder, data.replace(b"|P|2.5.1", b"|T|2.5.1"))), "--json"
    )
    (one,) = lines(result)
    assert (result.exit_code, one["report"]["left"], one["would_page"]) == (0, [], [])


def test_a_flagged_message_that_cannot_be_used_is_for_the_coordinator(place: Place) -> None:
    (one,) = lines(place.run("explain", str(written(place.folder, BAD)), "--json"))
    assert (one["report"], one["category"], one["rule"]) == (None, "critical", "flagged-unusable")
    assert [step["who"] for step in one["would_page"]] == ["coordinator"]
