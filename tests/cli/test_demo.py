"""`readback demo`: the page, the stories, and what keeps it from real people."""

import json
import os
import re
import signal
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app, stories
from bot.cli.stories import play_all
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import acknowledged_by_sms
from tests.cli.conftest import CLEAN
from tests.warm import warm


@pytest.mark.parametrize(
    "name", ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "TWILIO_AUTH_TOKEN", "TWILIO_ACCOUNT_SID"]
)
@pytest.mark.parametrize("words", [[], ["--script"]])
def test_it_refuses_to_run_beside_a_real_token(name: str, words: list[str]) -> None:
    result = CliRunner().invoke(app, ["demo", *words], env={**CLEAN, name: "very-secret"})
    assert result.exit_code == 2
    assert f"{name} is set. The demo does not run beside real tokens" in result.stderr
    assert "very-secret" not in result.output


def test_json_without_the_script_is_refused() -> None:
    result = CliRunner().invoke(app, ["demo", "--json"], env=CLEAN)
    assert result.exit_code == 2
    assert "--json goes with --script" in result.stderr


def test_the_page_is_served_until_ctrl_c() -> None:
    with warm().start(["demo", "--no-browser", "--port", "0"], os.environ) as demo:
        found = re.search(r"http://127\.0\.0\.1:\d+/", demo.until_it_says("Ctrl-C"))
        assert found
        with urllib.request.urlopen(found[0]) as answer:  # noqa: S310 - matched http above
            assert "<html" in answer.read().decode()
        assert demo.stopped_by(signal.SIGINT) == 0
        assert "Traceback" not in demo.said


def test_the_page_is_opened_where_a_browser_could_show_it(tmp_path: Path) -> None:
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\nprintf %s "$1" > "{opened}.new" && mv "{opened}.new" "{opened}"\n',
        encoding="utf-8",
    )
    browser.chmod(0o755)
    shown = {**os.environ, "DISPLAY": ":99", "BROWSER": f"{browser} %s"}
    with warm().start(["demo", "--port", "0"], shown) as demo:
        found = re.search(r"http://127\.0\.0\.1:\d+/", demo.until_it_says("Ctrl-C"))
        assert found
        deadline = time.monotonic() + 20
        while not opened.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert demo.stopped_by(signal.SIGINT) == 0
    assert opened.read_text(encoding="utf-8") == found[0]


def promise_broken(hospital: Hospital) -> None:
    """A story in which something does not hold."""
    hospital.tell("something happens")
    assert hospital.alerts() == 1, "nobody was paged"


def test_a_story_is_told_as_a_timeline(capsys: pytest.CaptureFixture[str]) -> None:
    assert play_all({"by SMS": acknowledged_by_sms}, as_json=False) == 0
    said = capsys.readouterr()
    assert "✓ by SMS" in said.out
    assert re.search(r"\d\d:\d\d:\d\d .*[Aa]cknowledged", said.out)
    assert "1 of 1 story went well." in said.err


BOTH = threading.Barrier(2, timeout=60)


def meets_the_other_here(_: Hospital) -> None:
    """A story that ends only if another one is played meanwhile."""
    BOTH.wait()


def meets_the_other_apart(_: Hospital) -> None:
    """That one."""
    BOTH.wait()


def test_a_story_with_a_process_to_wait_for_is_played_beside_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "KILLS", {meets_the_other_apart})
    told = {"here": meets_the_other_here, "apart": meets_the_other_apart}
    assert play_all(told, as_json=False) == 0
    said = capsys.readouterr().out
    assert said.index("here") < said.index("apart"), "in their order"


def test_a_broken_promise_is_found_in_the_exit_code_and_the_last_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert play_all({"broken": promise_broken}, as_json=True) == 1
    first, *_, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert set(first) == {"story", "at", "event"}
    assert last["ok"] is False
    assert "nobody was paged" in last["broken"]
    assert play_all({"broken": promise_broken}, as_json=False) == 1
    assert "nobody was paged" in capsys.readouterr().out


def test_a_story_whose_bot_does_not_start_is_told_like_any_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "environment_of", lambda _: {"READBACK_WEB__HOST": "192.0.2.1"})
    assert play_all({"never": acknowledged_by_sms}, as_json=True) == 1
    (last,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert last["story"] == "never"
    assert last["ok"] is False
