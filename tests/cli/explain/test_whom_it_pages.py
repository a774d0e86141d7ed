"""Whom `readback explain` says a message would page, and why nobody."""

import json

import pytest

from tests.cli.conftest import ADA, BEN, CARLA, Place
from tests.cli.explain.conftest import lines, written
from tests.sources.fhir_samples import bundle, others, resource
from tests.sources.oru import OBX, sample


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
