"""Whom `readback explain` says a message would page, and why nobody."""

import json
from contextlib import closing
from datetime import timedelta

import pytest

from bot.clock import SystemClock
from storage import people
from storage.database import Database
from tests.cli.conftest import ADA, BEN, CARLA, Place
from tests.cli.explain.conftest import lines, written
from tests.sources.fhir_samples import bundle, others, resource
from tests.sources.oru import NOW, OBX, sample


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


NPI = {16: "1234567893^OSEI^ADA^^^^^^NPI"}
MUTE_ADA = "1234567893,,Ada,,,,,,1245319599"
ALONE = ADA.removesuffix("1245319599")
MUTE_BEN = "1245319599,,Ben,,,,,,"
MUTE_CARL = "1500000017,,Carl,,,,,coordinator,"


@pytest.mark.parametrize(
    ("directory", "turns"),
    [
        ([CARLA, MUTE_ADA, BEN], [("designee", 0, "Ben"), ("coordinator", 45, "Carla")]),
        ([CARLA, ALONE], [("ordering_provider", 0, "Ada"), ("coordinator", 30, "Carla")]),
        ([CARLA, ADA, MUTE_BEN], [("ordering_provider", 0, "Ada"), ("coordinator", 30, "Carla")]),
        ([MUTE_CARL, CARLA, MUTE_ADA, MUTE_BEN], [("coordinator", 0, "Carla")]),
        ([MUTE_CARL, CARLA], [("coordinator", 0, "Carla")]),
    ],
)
def test_who_is_not_there_or_out_of_reach_is_passed_by_as_the_bot_does(
    place: Place, directory: list[str], turns: list[tuple[str, int, str]]
) -> None:
    place.imported(*directory)
    assert [one[:3] for one in asked(place, sample(fields=NPI))] == turns


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (sample(), "nobody in the directory is MAIN:1003"),
        (sample(fields={16: ""}), "the report names no ordering provider by an identifier"),
        (sample(fields={16: "^OSEI^ADA"}), "the report names no ordering provider by"),
        (
            sample(fields={16: "77^OSEI^ADA"}),
            "nobody is named as the issuer of the ordering provider's 77",
        ),
        (sample(fields=NPI), "Ada has neither a number nor a Slack account; Ada has no designee"),
        (sample(OBX.replace("HH", "RID49483")), "category code not known to the policy"),
        (sample(fields={25: "?"}), "it is flagged and cannot be used"),
    ],
)
def test_why_the_coordinator_is_asked_in_place_of_the_provider_is_told(
    place: Place, data: bytes, why: str
) -> None:
    place.imported(CARLA, MUTE_ADA.removesuffix("1245319599"))
    file = str(written(place.folder, data))
    (one,) = lines(place.run("explain", file, "--json"))
    first = one["would_page"][0]
    assert (first["who"], first["person"]) == ("coordinator", "Carla")
    assert first["because"].startswith(why)
    assert f"because {why}" in place.run("explain", file).output


def test_whom_the_ladder_names_is_asked_for_no_other_reason(place: Place) -> None:
    place.imported(CARLA, ADA, BEN)
    file = str(written(place.folder, sample(fields=NPI)))
    assert "because" not in place.run("explain", file).output
    (one,) = lines(place.run("explain", file, "--json"))
    assert [step["because"] for step in one["would_page"]] == [None, None, None]


@pytest.mark.parametrize(
    ("age", "late"),
    [
        (timedelta(0), ""),
        (timedelta(minutes=20), "20 min late, the steps would come closer together"),
        (timedelta(hours=2), "2 h late, everybody would be asked at once"),
        (timedelta(days=2), "2 days late, a coordinator alone would review it"),
    ],
)
def test_an_older_sample_says_what_were_else_if_it_came_now(
    place: Place, age: timedelta, late: str
) -> None:
    place.imported(CARLA, ADA, BEN)
    when = f"{SystemClock().now() - age:%Y%m%d%H%M%S}+0000"
    data = sample(fields={**NPI, 22: when})
    assert asked(place, data)[0][0] == "ordering_provider"
    shown = place.run("explain", str(written(place.folder, data))).output
    assert (f"as if it came in time: received now, {late}" in shown) == bool(late)
    assert ("as if it came in time" in shown) == bool(late)


def test_where_nobody_is_in_the_directory_yet_identifiers_stand_for_people(place: Place) -> None:
    place.run("migrate")
    result = place.run("explain", str(written(place.folder, sample())))
    assert "would page at once the ordering provider PARK, SAM (MAIN:1003)" in result.output
    assert "Nobody is in the directory yet" in result.stderr


def test_where_nobody_at_all_can_be_reached_it_says_so(place: Place) -> None:
    place.imported("1000000004,,Carla,,+13125550103,,,coordinator,")
    with closing(Database(place.url)) as database:
        database.run(lambda c: people.opt_out(c, "+13125550103", NOW))
    for data in (sample(), sample(fields={25: "?"})):
        file = str(written(place.folder, data))
        assert "pages nobody: none of those whom" in place.run("explain", file).output
        assert asked(place, data) == []


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


ROSA = "1679576722,MAIN:3001,Rosa,,+13125550105,,,radiologist,"


@pytest.mark.parametrize(
    ("radiologist", "machines", "who"),
    [
        (ROSA, "", "the reading radiologist → Rosa is asked"),
        (ROSA, "MAIN:3001", "the coordinator → Carla, as no person read it, is asked"),
        (ROSA.replace("3001", "9"), "", "Carla, as nobody in the directory is MAIN:3001, is asked"),
        (ROSA.replace("+13125550105", ""), "", "Carla, as Rosa has neither a number nor a Slack"),
    ],
)
def test_who_is_asked_before_it_is_final_is_told_by_name(
    place: Place, radiologist: str, machines: str, who: str
) -> None:
    """An identifier that is not in the directory shows here, and not first in the night."""
    place.imported(CARLA, radiologist)
    place.env = {"READBACK_HL7__PRELIMINARY": "notify", "READBACK_HL7__MACHINES": machines}
    file = written(place.folder, sample(fields={25: "P"}))
    said = " ".join(place.run("explain", str(file)).stdout.split())
    assert who in said
    assert "nobody is paged until it is final" in said


def test_a_report_that_names_no_radiologist_is_said_to_name_none(place: Place) -> None:
    """It was "no person read it", which is so of a machine's alone."""
    place.imported(CARLA)
    place.env = {"READBACK_HL7__PRELIMINARY": "notify"}
    file = written(place.folder, sample(fields={25: "P", 32: ""}))
    said = " ".join(place.run("explain", str(file)).stdout.split())
    assert "Carla, as the report names no reading radiologist by an identifier, is asked" in said


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
