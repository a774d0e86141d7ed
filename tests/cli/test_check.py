"""`readback check`: each thing that can be wrong, with what to do about it."""

import json
import socket
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import DEFAULT_POLICY
from bot.clock import SystemClock
from bot.sandbox.world import World
from tests.cli.conftest import CARLA, Place, findings, made


def test_a_healthy_site_has_every_part_tried_and_nothing_found(healthy: Place) -> None:
    told = findings(healthy)
    assert {finding["part"] for finding in told["ok"]} == {
        "settings",
        "policy",
        "database",
        "retention",
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
    assert '"library"' not in healthy.run("check").stderr


def test_no_public_address_and_findings_in_slack_are_worth_knowing(healthy: Place) -> None:
    healthy.env |= {"READBACK_WEB__PUBLIC_URL": "", "READBACK_SLACK__PHI": "message"}
    told = [finding["what"] for finding in findings(healthy)["advice"]]
    assert any("calls announce only" in what for what in told)
    assert any("Slack Enterprise plan with a signed BAA" in what for what in told)


def test_a_way_to_the_images_that_nobody_is_shown_is_told(healthy: Place) -> None:
    healthy.env["READBACK_SLACK__VIEWER_URL_TEMPLATE"] = "https://pacs.example/{accession}"
    (advice,) = findings(healthy)["advice"]
    assert 'nobody has the button "Open images"' in advice["what"]
    healthy.env["READBACK_SLACK__PHI"] = "modal"
    assert not any("Open images" in finding["what"] for finding in findings(healthy)["advice"])


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
    assert "it has no tables yet" in findings(place, *without)["failed"][0]["what"]


@pytest.mark.parametrize(
    ("revision", "weight", "said"),
    [("0001", "advice", "an earlier release"), ("0999", "failed", "a later release")],
)
def test_tables_of_another_release_are_told_before_the_start_meets_them(
    place: Place, revision: str, weight: str, said: str
) -> None:
    place.imported(CARLA)
    with closing(sqlite3.connect(place.folder / "readback.db")) as file, file:
        file.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    told = [found for found in findings(place)[weight] if found["part"] == "database"]
    assert said in told[0]["what"]
    assert "backup" in told[0]["cure"]


def test_a_database_that_cannot_be_read_is_told_with_the_reason(tmp_path: Path) -> None:
    place = made(tmp_path, f"sqlite:///{tmp_path / 'readback.db'}")
    (tmp_path / "readback.db").write_bytes(b"something else" * 100)
    (told,) = [f for f in findings(place)["failed"] if f["part"] == "database"]
    assert told["what"] == ("it cannot be read: its file is no SQLite database, or a damaged one")


@pytest.mark.parametrize(
    ("days", "said"),
    [("0", "everything is kept"), ("400", "what belongs to no alert is removed after 400 days")],
)
def test_what_is_kept_how_long_is_told(healthy: Place, days: str, said: str) -> None:
    healthy.env |= {"READBACK_RETENTION__ROUTINE_DAYS": days}
    (told,) = (found for found in findings(healthy)["ok"] if found["part"] == "retention")
    assert told["what"].startswith(said)
