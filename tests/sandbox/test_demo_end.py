"""How the demo ends, and how it does not begin: nothing of it is left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.demo.bot_process import BotDied, BotProcess
from tests.waiting import until
from tests.warm import Started, warm

INTERRUPTED = 130
"""What a shell says of a command that Ctrl-C ended."""


def listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """`readback demo`, with a folder for temporary files of its own."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with warm().start(["demo", "--no-browser", "--port", "0"], environment) as demo:
        yield demo


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_leaves_nothing_behind(
    started: Started, tmp_path: Path, number: signal.Signals
) -> None:
    said = started.until_it_says("Ctrl-C")
    page = int(re.findall(r"http://127\.0\.0\.1:(\d+)/", said)[0])
    config = next(tmp_path.glob("readback-demo-*/readback.toml")).read_text(encoding="utf-8")
    hl7 = int(re.findall(r"\[hl7\]\nport = (\d+)", config)[0])
    assert listens(page)
    assert listens(hl7)
    assert started.stopped_by(number) == 0
    assert "Traceback" not in started.said
    assert not listens(page)
    assert not listens(hl7)
    assert list(tmp_path.iterdir()) == []


def test_a_second_ctrl_c_while_it_starts_or_ends_changes_nothing(
    started: Started, tmp_path: Path
) -> None:
    while not list(tmp_path.iterdir()):
        started.until_it_says("Starting")
        time.sleep(0.01)
    started.send(signal.SIGINT)
    time.sleep(0.05)  # so that it is another signal: of two at once the second is lost
    assert started.stopped_by(signal.SIGINT) == 0
    assert started.said.endswith("\nStopped; nothing is left behind.\n")
    assert "Traceback" not in started.said
    assert list(tmp_path.iterdir()) == []


def test_stories_that_are_ended_leave_nothing_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with warm().start(["demo", "--script"], environment) as stories:
        stories.until_it_says("Alert opened")
        assert stories.stopped_by(signal.SIGTERM) == INTERRUPTED
        assert "Traceback" not in stories.said
    assert list(tmp_path.iterdir()) == []


def test_a_bot_that_cannot_start_is_told_of_with_its_last_words(tmp_path: Path) -> None:
    words = (sys.executable, "-c", "import sys; sys.exit('no database here')")
    bot = BotProcess(words, tmp_path / "x.toml", tmp_path / "bot.log", {})
    bot.start()
    with pytest.raises(BotDied, match="no database here"):
        bot.wait_until_running()


SHOWN_AND_LEFT = """
import sys, time
from bot.sandbox.demo import Demo
from bot.sources.mllp.client import ask
with Demo((sys.executable, "-m", "bot"), ask) as demo:
    print(demo.ports.web, flush=True)
    time.sleep(60)
"""


def test_a_demo_that_is_killed_takes_its_bot_with_it(tmp_path: Path) -> None:
    words = [sys.executable, "-c", SHOWN_AND_LEFT]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}  # nobody is left to remove the folder
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout
    with process, process.stdout:
        port = int(process.stdout.readline())
        assert listens(port)
        process.kill()
    until(lambda: not listens(port), "the bot is still there")
