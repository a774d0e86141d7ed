"""`readback serve` as a process, and what keeps it from starting; `send` and `alerts` beside it."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.clock import SystemClock
from bot.sandbox.demo.place import Ports, people_join, prepare, secrets_of
from bot.sandbox.samples import PEOPLE_CSV
from bot.sandbox.world import World
from bot.sources.folder_moved import NOTES
from tests.cli.conftest import CARLA, CLEAN, Place, report
from tests.warm import Started, warm


@dataclass
class Serving:
    """A running `readback serve` on stand-ins, and the place to run other commands at."""

    process: Started
    place: Place
    ports: Ports

    def stopped_by(self, number: signal.Signals) -> tuple[int, str]:
        """The exit code and all that it said."""
        return self.process.stopped_by(number), self.process.said


@pytest.fixture
def stand_ins(tmp_path: Path, sqlite_url: str) -> Iterator[tuple[Place, Ports]]:
    """A site whose Slack and Twilio are stand-ins, with people in it."""
    with World() as world:
        people_join(world)
        ports = Ports.free()
        prepare(tmp_path, world, ports)
        env = {k: v for k, v in secrets_of(world, tmp_path / "clock").items() if "CLOCK" not in k}
        place = Place(tmp_path, sqlite_url, env)
        (tmp_path / "people.csv").write_text(PEOPLE_CSV, encoding="utf-8")
        imported = place.run("people", "import", str(tmp_path / "people.csv"))
        assert imported.exit_code == 0, imported.output
        yield place, ports


@pytest.fixture
def serving(stand_ins: tuple[Place, Ports]) -> Iterator[Serving]:
    place, ports = stand_ins
    with started(place) as process:
        wait_until_ready(process, ports.web)
        yield Serving(process, place, ports)


def started(place: Place, said_to: Path | None = None) -> AbstractContextManager[Started]:
    inherited = {k: v for k, v in os.environ.items() if k not in CLEAN}
    environment = {**inherited, **place.env, "FORCE_COLOR": "1", "COLUMNS": "100"}
    return warm().start(["serve", "--config", str(place.config)], environment, said_to)


def wait_until_ready(process: Started | subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _runs(process):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    pytest.fail("readback serve did not become ready")


def _runs(process: Started | subprocess.Popen[bytes]) -> bool:
    return process.runs if isinstance(process, Started) else process.poll() is None


def test_a_report_played_to_it_gets_aa_and_opens_an_alert(serving: Serving) -> None:
    file = serving.place.folder / "report.hl7"
    file.write_bytes(report("A1") + report("A2"))
    to = f"127.0.0.1:{serving.ports.hl7}"
    sent = CliRunner().invoke(app, ["send", str(file), "--to", to, "--json"])
    assert sent.exit_code == 0, sent.output
    assert [(p["message"], p["ack"]) for p in json.loads(sent.stdout)] == [(1, "AA"), (2, "AA")]
    alerts = json.loads(serving.place.run("alerts", "--json").stdout)
    assert {alert["accession"] for alert in alerts} == {"A1", "A2"}


def test_ctrl_c_and_sigterm_end_it_cleanly_after_it_greeted_whoever_started_it(
    serving: Serving,
) -> None:
    code, said = serving.stopped_by(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in said
    assert "General Hospital (demo)" in said
    assert f"MLLP on 127.0.0.1:{serving.ports.hl7}" in said
    assert "approved by" in said
    assert 'phi = "modal" puts findings into Slack: that needs a Slack Enterprise plan' in said


def test_a_terminal_that_is_closed_ends_it_cleanly_too(serving: Serving) -> None:
    code, said = serving.stopped_by(signal.SIGHUP)
    assert code == 0
    assert "Traceback" not in said


def test_with_json_every_line_of_the_log_is_json_from_the_first_on(
    stand_ins: tuple[Place, Ports],
) -> None:
    place, ports = stand_ins
    place.env["READBACK_LOG__FORMAT"] = "json"
    with started(place) as process:
        wait_until_ready(process, ports.web)
        process.stopped_by(signal.SIGTERM)
        lines = [json.loads(line) for line in process.said.splitlines()]
    first = lines[0]
    assert (first["event"], first["notice"]) == (
        "started_with",
        "slack_needs_enterprise_plan_and_baa",
    )


def test_it_runs_though_nothing_can_be_written_to_standard_error(
    stand_ins: tuple[Place, Ports],
) -> None:
    place, ports = stand_ins
    with started(place, Path("/dev/full")) as process:
        wait_until_ready(process, ports.web)
        assert process.stopped_by(signal.SIGTERM) == 0, "it greets once it is ready"


IMPATIENT = """
from bot.app import ending
from bot.cli import app
ending.STOP_SECONDS = 0.5
app()
"""


def test_a_stop_that_a_hanging_share_holds_up_ends_all_the_same(
    stand_ins: tuple[Place, Ports], tmp_path: Path
) -> None:
    place, ports = stand_ins
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    os.mkfifo(inbox / NOTES)  # whoever reads it waits for somebody to write
    with place.config.open("a", encoding="utf-8") as config:
        config.write(f'\n[[folder]]\nname = "inbox"\npath = "{inbox}"\n')
    inherited = {k: v for k, v in os.environ.items() if k not in CLEAN}
    with subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, "serve", "--config", str(place.config)],
        env={**inherited, **place.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            wait_until_ready(process, ports.web)
            process.terminate()
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 1
    assert b"stop_hangs" in said


def test_a_second_copy_on_the_same_sqlite_file_is_refused(serving: Serving) -> None:
    result = serving.place.run("serve")
    assert result.exit_code == 2
    assert "another copy of Readback is running on this database" in result.stderr


def test_check_says_that_its_ports_are_taken_and_finds_nothing_wrong(serving: Serving) -> None:
    result = serving.place.run("check", "--json")
    told = json.loads(result.stdout)
    taken = [f for f in told["findings"] if f["part"] in {"hl7", "web"}]
    assert [f["result"] for f in taken] == ["advice", "advice"]
    assert "If Readback is running, that is it." in taken[0]["cure"]
    assert result.exit_code == 0, result.output


def test_tokens_that_are_missing_are_named_with_what_would_do_without(place: Place) -> None:
    place.imported(CARLA)
    result = place.run("serve")
    assert result.exit_code == 2
    assert "Not set: SLACK_BOT_TOKEN, SLACK_APP_TOKEN." in result.stderr
    assert "Not set: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, twilio.from." in result.stderr
    assert "--without slack" in result.stderr
    assert "--without twilio" in place.run("serve", "--without", "slack").stderr


def test_a_site_without_a_coordinator_who_can_be_paged_is_refused(place: Place) -> None:
    result = place.run("serve", "--without", "slack", "--without", "twilio")
    assert result.exit_code == 2
    assert "No coordinator can be paged" in result.stderr


def test_a_policy_that_cannot_be_read_is_refused_with_its_line(place: Place) -> None:
    place.env = {"READBACK_SITE__POLICY": "policy.toml"}
    (place.folder / "policy.toml").write_text('version = "1"\noops\n', encoding="utf-8")
    result = place.run("serve")
    assert result.exit_code == 2
    assert "policy.toml: line 2: " in result.stderr


@pytest.mark.parametrize(
    ("content", "told"), [(None, "No such file"), (b"\xff", "is not UTF-8 text")]
)
def test_a_policy_file_that_is_none_is_named(
    place: Place, content: bytes | None, told: str
) -> None:
    place.env = {"READBACK_SITE__POLICY": "policy.toml"}
    if content is not None:
        (place.folder / "policy.toml").write_bytes(content)
    result = place.run("serve")
    assert result.exit_code == 2
    assert told in result.stderr


def test_shadow_mode_is_said_before_anything_starts(place: Place) -> None:
    until = SystemClock().now().date() + timedelta(days=30)
    place.env = {
        "READBACK_SITE__MODE": "shadow",
        "READBACK_SITE__SHADOW_UNTIL": str(until),
        "READBACK_SITE__POLICY": "absent.toml",
    }
    assert place.run("serve").exit_code == 2, "it stops at the policy"
    del place.env["READBACK_SITE__POLICY"]
    assert f"SHADOW until {until}: nobody is paged." in place.run("serve").stderr


def test_a_clock_that_somebody_moves_is_refused_beside_the_real_slack(place: Place) -> None:
    place.env = {"READBACK_SANDBOX_CLOCK": str(place.folder / "clock")}
    result = place.run("serve")
    assert result.exit_code == 2
    assert "READBACK_SANDBOX_CLOCK moves the clock" in result.stderr


def test_a_database_in_a_folder_that_is_not_there_is_named(place: Place) -> None:
    place.env = {"READBACK_DATABASE__URL": f"sqlite:///{place.folder}/absent/readback.db"}
    result = place.run("serve")
    assert result.exit_code == 2
    assert "its folder does not exist" in result.stderr
