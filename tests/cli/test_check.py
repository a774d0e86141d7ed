"""`readback check`: each thing that can be wrong, with what to do about it."""

import json
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import DEFAULT_POLICY
from bot.cli.check import MOST_LOOKED_UP
from bot.clock import SystemClock
from bot.sandbox.world import World
from storage import people
from storage.database import Database
from tests.certificates import Authority
from tests.cli.conftest import ADA, BEN, CARLA, Place, answered, made


@pytest.fixture
def world() -> Iterator[World]:
    with World() as there:
        there.slack_user("U0CARLA", "Carla")
        there.slack_user("U0ADA", "Ada")
        yield there


@pytest.fixture
def healthy(place: Place, world: World) -> Place:
    """A site with nothing to find."""
    place.env = {
        "SLACK_BOT_TOKEN": world.slack_tokens.bot,
        "SLACK_APP_TOKEN": world.slack_tokens.app,
        "TWILIO_ACCOUNT_SID": world.twilio_sid,
        "TWILIO_AUTH_TOKEN": world.twilio_token,
        "READBACK_SLACK__API_URL": world.slack_api_url,
        "READBACK_TWILIO__API_URL": world.twilio_api_url,
        "READBACK_TWILIO__FROM": world.from_number,
        "READBACK_TWILIO__CALL_FROM": world.from_number,
        "READBACK_WEB__PUBLIC_URL": "https://readback.example.org",
    }
    place.imported(CARLA, ADA, BEN + "1234567893")
    answered(place, SystemClock().now())
    return place


def findings(place: Place, *words: str) -> dict[str, list[dict[str, str]]]:
    told: dict[str, list[dict[str, str]]] = {"ok": [], "advice": [], "failed": []}
    result = place.run("check", "--json", *words)
    assert result.stdout, repr(result.exc_info)
    for finding in json.loads(result.stdout)["findings"]:
        told[finding["result"]].append(finding)
    assert result.exit_code == (1 if told["failed"] else 0)
    return told


def test_a_healthy_site_has_every_part_tried_and_nothing_found(healthy: Place) -> None:
    told = findings(healthy)
    assert {finding["part"] for finding in told["ok"]} == {
        "settings",
        "policy",
        "database",
        "people",
        "calls",
        "tests",
        "hl7",
        "web",
        "slack",
        "twilio",
    }
    assert told["advice"] == told["failed"] == []
    assert "3 people, 1 coordinator who can be paged" in healthy.run("check").stdout


@pytest.mark.parametrize(
    ("days", "result", "said"),
    [
        (30, "advice", "nobody is paged"),
        (60, "failed", "days away"),
        (-2, "failed", "was to end on"),
    ],
)
def test_shadow_mode_is_told_and_one_that_has_ended_fails(
    healthy: Place, days: int, result: str, said: str
) -> None:
    until = SystemClock().now().date() + timedelta(days=days)
    shadow = {"READBACK_SITE__MODE": "shadow", "READBACK_SITE__SHADOW_UNTIL": str(until)}
    healthy.env |= shadow
    told = [found for found in findings(healthy)[result] if found["part"] == "mode"]
    assert said in told[0]["what"]
    assert told[0]["cure"]


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


def test_what_is_not_set_fails_unless_it_is_done_without(place: Place) -> None:
    place.imported(CARLA)
    told = findings(place)
    assert {finding["part"] for finding in told["failed"]} == {"slack", "twilio"}
    assert "--without slack" in told["failed"][0]["cure"]
    without = [findings(place, "--without", each)["failed"] for each in ("slack", "twilio")]
    assert [{finding["part"] for finding in failed} for failed in without] == [
        {"twilio"},
        {"slack"},
    ]


def test_a_coordinator_whose_only_channel_is_left_out_cannot_be_paged(place: Place) -> None:
    """As `serve` has it, which would refuse to start."""
    place.imported(CARLA)
    failed = findings(place, "--without", "slack", "--without", "twilio")["failed"]
    assert [finding["part"] for finding in failed] == ["people"]
    assert "none is left" in failed[0]["cure"]


def test_tokens_that_are_refused_are_named_and_not_repeated(healthy: Place) -> None:
    healthy.env |= {"SLACK_BOT_TOKEN": "xoxb-wrong", "TWILIO_AUTH_TOKEN": "wrong-token"}
    told = findings(healthy)
    assert {finding["part"] for finding in told["failed"]} == {"slack", "twilio"}
    assert "wrong" not in json.dumps(told)


def test_services_that_do_not_answer_are_said(healthy: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = f"http://127.0.0.1:{server.getsockname()[1]}/"
    healthy.env |= {"READBACK_SLACK__API_URL": closed, "READBACK_TWILIO__API_URL": closed}
    told = findings(healthy)["failed"]
    assert {finding["part"] for finding in told} == {"slack", "twilio"}
    assert any("twilio-unreachable" in finding["what"] for finding in told)


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


def test_no_public_address_and_findings_in_slack_are_worth_knowing(healthy: Place) -> None:
    healthy.env |= {"READBACK_WEB__PUBLIC_URL": "", "READBACK_SLACK__PHI": "message"}
    told = [finding["what"] for finding in findings(healthy)["advice"]]
    assert any("calls announce only" in what for what in told)
    assert any("Slack Enterprise plan with a signed BAA" in what for what in told)


def test_over_http_the_request_url_is_told_and_no_app_token_is_tried(
    healthy: Place, world: World
) -> None:
    secret = world.slack_tokens.signing_secret
    healthy.env |= {"READBACK_SLACK__MODE": "http", "SLACK_SIGNING_SECRET": secret}
    del healthy.env["SLACK_APP_TOKEN"]
    told = findings(healthy)
    assert any("readback.example.org/slack/events" in finding["what"] for finding in told["ok"])
    assert told["advice"] == told["failed"] == []
    healthy.env["READBACK_WEB__PUBLIC_URL"] = ""
    assert any("/slack/events" in finding["what"] for finding in findings(healthy)["advice"])


def test_a_policy_with_a_byte_order_mark_is_read(healthy: Place) -> None:
    policy = healthy.folder / "policy.toml"
    policy.write_bytes(b"\xef\xbb\xbf" + DEFAULT_POLICY.read_bytes())
    healthy.env["READBACK_SITE__POLICY"] = "policy.toml"
    assert "policy" in {f["part"] for f in findings(healthy)["ok"]}


def test_a_policy_that_cannot_be_used_is_named_with_its_line(healthy: Place) -> None:
    healthy.env["READBACK_SITE__POLICY"] = "policy.toml"
    (told,) = findings(healthy)["failed"]
    assert "policy.toml: No such file" in told["what"]
    (healthy.folder / "policy.toml").write_text("oops", encoding="utf-8")
    (told,) = findings(healthy)["failed"]
    assert "policy.toml: line 1: " in told["what"]


def test_a_database_that_is_not_there_or_has_no_tables_fails(tmp_path: Path) -> None:
    place = made(tmp_path, f"sqlite:///{tmp_path / 'readback.db'}")
    without = ("--without", "slack", "--without", "twilio")
    assert "there is no file" in findings(place, *without)["failed"][0]["what"]
    (tmp_path / "readback.db").touch()
    assert "it cannot be read" in findings(place, *without)["failed"][0]["what"]


def test_a_host_that_does_not_exist_here_cannot_be_listened_on(healthy: Place) -> None:
    healthy.env["READBACK_HL7__HOST"] = "192.0.2.1"
    port, plain = findings(healthy)["advice"]
    assert port["part"] == "hl7"
    assert "cannot be opened" in port["what"]
    assert plain["what"].startswith("reports cross the network unencrypted to 192.0.2.1:")


def test_each_fhir_server_is_asked_for_a_report(healthy: Place, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/r4"
    smart = '[fhir.smart]\nclient_id = "rb"\nkey_file = "missing.pem"\n'
    with healthy.config.open("a", encoding="utf-8") as config:
        config.write(f'[[fhir]]\nname = "ehr"\nbase_url = "{address}"\n')
        config.write(f'[[fhir]]\nname = "old"\nbase_url = "{address}"\n{smart}')
    away, keyless = findings(healthy)["failed"]
    assert away["what"] == "ehr lets us not search: unreachable"
    assert "base_url" in away["cure"]
    assert "key_file of old cannot be read" in keyless["what"]


def test_each_folder_is_looked_at(healthy: Place) -> None:
    (healthy.folder / "in").mkdir()
    with healthy.config.open("a", encoding="utf-8") as config:
        config.write('[[folder]]\npath = "in"\n[[folder]]\npath = "absent"\n')
    told = findings(healthy)
    (missing,) = told["failed"]
    assert missing["what"] == "folder[2].path (line 14) does not exist"
    assert "Make it" in missing["cure"]
    assert [f["what"] for f in told["ok"] if f["part"] == "folder"] == [
        f"in: {healthy.folder / 'in'}"
    ]


def test_a_certificate_is_tried_and_plain_reports_on_the_network_are_worth_knowing(
    healthy: Place,
) -> None:
    pair = Authority(healthy.folder).issue()
    healthy.env["READBACK_HL7__HOST"] = "0.0.0.0"  # noqa: S104 - nothing listens on it
    (plain,) = findings(healthy)["advice"]
    assert plain["what"].startswith("reports cross the network unencrypted to 0.0.0.0:")
    assert "tls_certificate" in plain["cure"]
    tls = {"CERTIFICATE": str(pair.certificate), "KEY": str(pair.key)}
    healthy.env |= {f"READBACK_HL7__TLS_{key}": path for key, path in tls.items()}
    told = findings(healthy)
    assert told["advice"] == told["failed"] == []
    assert "TLS, for any sender" in [f["what"] for f in told["ok"]]
    healthy.env["READBACK_HL7__TLS_CLIENT_CA"] = str(pair.certificate)
    assert "TLS, for senders with a certificate" in [f["what"] for f in findings(healthy)["ok"]]
    pair.key.write_text("none")
    (wrong,) = findings(healthy)["failed"]
    assert wrong["what"] == "hl7.tls_key holds no private key"


def test_a_name_that_is_this_machine_needs_no_encryption(healthy: Place) -> None:
    healthy.env["READBACK_HL7__HOST"] = "localhost"
    assert findings(healthy)["advice"] == []
    healthy.env["READBACK_HL7__HOST"] = "nowhere.invalid"
    assert len(findings(healthy)["advice"]) == 2
