"""`readback check` of people: whom no phone wakes, nothing reaches, or nobody stands in for."""

import re

import pytest

from bot.app import DEFAULT_POLICY
from bot.cli.check import MOST_LOOKED_UP
from bot.clock import SystemClock
from bot.sandbox.world import World
from storage import people
from storage.database import Database
from tests.cli.conftest import ADA, BEN, CARLA, Place, findings


def test_whom_no_phone_can_wake_is_named(healthy: Place) -> None:
    healthy.imported(CARLA, ADA.replace("+13125550101", ""), BEN + "1234567893")
    said = [found["what"] for found in findings(healthy)["advice"] if found["part"] == "calls"]
    assert said == ["can get critical pages and have no phone that rings: Ada"]
    del healthy.env["READBACK_TWILIO__CALL_FROM"]
    said = [found["what"] for found in findings(healthy)["advice"] if found["part"] == "calls"]
    assert said == [
        "no twilio.call_from: no phone rings for critical results, which 3 people can get",
        "can get critical pages and would still have no phone that rings: Ada",
    ]


def test_whom_no_phone_wakes_is_named_each_by_name_however_many(healthy: Place) -> None:
    crowd = [f",RIS:{number},P{number},,,T01/U{number:03d},,," for number in range(30)]
    healthy.imported(CARLA, *crowd)
    said = [found["what"] for found in findings(healthy)["advice"] if found["part"] == "calls"]
    assert len(said) == 1
    assert all(f"P{number}" in said[0] for number in range(30))


def test_whose_number_is_somebody_elses_has_no_phone_that_rings(healthy: Place) -> None:
    opened = Database(healthy.url)
    opened.run(lambda c: people.wrong_number(c, "+13125550101", SystemClock().now()))
    opened.close()
    said = [found["what"] for found in findings(healthy)["advice"] if found["part"] == "calls"]
    assert said == ["can get critical pages and have no phone that rings: Ada"]


def test_a_policy_that_calls_nobody_is_said(healthy: Place) -> None:
    rings = DEFAULT_POLICY.read_text(encoding="utf-8")
    quiet = re.sub(r', call_after = "[^"]+"', "", rings).replace(', "voice"', "")
    (healthy.folder / "policy.toml").write_text(quiet, encoding="utf-8")
    healthy.env["READBACK_SITE__POLICY"] = "policy.toml"
    (said,) = [found["what"] for found in findings(healthy)["ok"] if found["part"] == "calls"]
    assert said == "the policy calls nobody: no phone rings for critical"


@pytest.mark.parametrize(
    ("public", "cure"),
    [("https://readback.example.org", "Give them a PIN"), ("", "a PIN, with web.public_url")],
)
def test_whoever_could_hear_a_call_and_not_answer_it_is_named(
    healthy: Place, public: str, cure: str
) -> None:
    healthy.env["READBACK_WEB__PUBLIC_URL"] = public
    opened = Database(healthy.url)
    opened.run(lambda c: people.landline(c, "+13125550102", SystemClock().now()))
    opened.close()
    told = {f["what"].split(":")[0]: f for f in findings(healthy)["advice"]}
    (heard,) = [f for f in told.values() if "can hear a call and not answer it" in f["what"]]
    assert heard["what"].endswith(": Ben")
    assert cure in heard["cure"]
    assert "have a number that takes no SMS, a landline as Twilio says" in told
    assert "have a designee who cannot be paged" in told
    assert not {"cannot be paged at all", "answered STOP, so no SMS reaches them"} & set(told)


def test_a_number_that_was_said_to_be_wrong_is_named_as_that(healthy: Place) -> None:
    opened = Database(healthy.url)
    opened.run(lambda c: people.wrong_number(c, "+13125550101", SystemClock().now()))
    opened.close()
    told = [f["what"] for f in findings(healthy)["advice"]]
    assert any("somebody else's" in what and what.endswith(": Ada") for what in told)
    assert not [what for what in told if "STOP" in what]


def test_a_coordinator_whose_only_channel_is_left_out_cannot_be_paged(place: Place) -> None:
    """As `serve` has it, which would refuse to start."""
    place.imported(CARLA)
    failed = findings(place, "--without", "slack", "--without", "twilio")["failed"]
    assert [finding["part"] for finding in failed] == ["people"]
    assert failed[0]["cure"].startswith("Leave out --without slack or --without twilio")


def test_the_cure_names_the_coordinator_who_is_there_already(place: Place) -> None:
    """To import one would change nothing: it is the channel that was left out."""
    place.imported(CARLA.replace("T01/U0CARLA", ""))
    cure = findings(place, "--without", "twilio")["failed"][0]["cure"]
    assert cure.startswith("Carla can be paged by what --without leaves out")
    assert "a Slack ID" in cure


def test_a_member_who_left_slack_is_named(healthy: Place, world: World) -> None:
    world.slack_user("U0ADA").deactivate()
    (advice,) = findings(healthy)["advice"]
    assert advice["what"].startswith("Ada has a Slack account that is deactivated")


def test_of_a_large_directory_the_coordinators_are_looked_up_first(healthy: Place) -> None:
    crowd = [f",RIS:{number},P{number},,,T01/U{number:03d},,," for number in range(110)]
    healthy.imported(*crowd, CARLA.replace("U0CARLA", "U0GONE"))
    told = findings(healthy)
    unknown = [f["what"] for f in told["advice"] if "does not know" in f["what"]]
    assert len(unknown) == MOST_LOOKED_UP
    assert unknown[0].startswith("Carla ")
    assert "100 of 111 members were looked up" in told["ok"][-2]["what"]


def test_people_who_are_hard_to_reach_are_named_by_what_is_missing(
    healthy: Place, world: World
) -> None:
    orphan = ",RIS:9,Nobody,,,,,,"
    desk = ",RIS:7,Desk,,,T01/U0CARLA,,coordinator,"
    healthy.imported(CARLA.replace("T01/U0CARLA", ""), desk, ADA, BEN, orphan)
    opened = Database(healthy.url)
    opened.run(lambda c: people.opt_out(c, "+13125550101", SystemClock().now()))
    opened.close()
    told = {f["what"].split(":")[0]: f["what"] for f in findings(healthy)["advice"]}
    assert told["cannot be paged at all"].endswith(": Nobody")
    assert told["have no mobile, so only Slack reaches them"].endswith(": Desk")
    assert told["answered STOP, so no SMS reaches them"].endswith(": Ada")
    assert told["have no designee"].endswith(": Ben, Nobody")
    assert "have a designee who cannot be paged" not in told


def test_a_designee_whom_nothing_reaches_is_named_with_whom_they_stand_in_for(
    healthy: Place,
) -> None:
    healthy.imported(CARLA, ADA, BEN.replace("+13125550102", ""))
    told = findings(healthy)["advice"]
    (found,) = [f for f in told if f["what"].startswith("have a designee who cannot")]
    assert found["what"].endswith(": Ada (designee Ben)")


def test_many_names_are_cut_to_a_readable_number(healthy: Place) -> None:
    crowd = [f",RIS:{number},P{number},,,,,," for number in range(12)]
    healthy.imported(CARLA, *crowd)
    told = [f["what"] for f in findings(healthy)["advice"]]
    assert any(what.endswith("P7 and 4 more") for what in told), told


def test_an_empty_directory_fails(place: Place, database: Database) -> None:
    told = findings(place, "--without", "slack", "--without", "twilio")
    assert [f["what"] for f in told["failed"]] == ["no coordinator can be paged"]
