"""Other people's senders deliver to a real `readback serve`, and get AA."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import rehearsal
from bot.sandbox.hospital import Hospital
from tests.requirements import missing
from tests.scenarios.looking import paged
from tests.scenarios.receiving import asked, hl7_port
from tests.written import writing

HERE = Path(__file__).parent
PATIENCE = 40
NODE = (20, 15)  # what the client asks for


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Hospital]:
    """`readback serve` as a process of its own, on stand-ins for Slack and Twilio."""
    url = f"sqlite:///{tmp_path / 'readback.db'}"
    with writing(), rehearsal.hospital(url, as_child=True) as there:
        yield there
        there.verify()


@pytest.fixture
def report(serving: Hospital, tmp_path: Path) -> Path:
    """A critical one, as a file."""
    file = tmp_path / "report.hl7"
    file.write_bytes(serving.report("ct-head-hemorrhage"))
    return file


def run(*command: str | Path) -> str:
    """What it printed. It ends well, and soon."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=HERE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expect_paged(serving: Hospital) -> None:
    serving.settle()
    paged(serving.ada)


def test_python_hl7_delivers_a_report_and_gets_aa(serving: Hospital, report: Path) -> None:
    mllp_send = Path(sys.executable).with_name("mllp_send")
    port = str(hl7_port(serving))
    # --loose: without it the tool wants the file in MLLP frames already.
    answer = run(mllp_send, "--loose", "--port", port, "--file", report, "127.0.0.1")
    assert f"MSA|AA|{asked(report.read_bytes())}" in answer
    expect_paged(serving)


@pytest.fixture
def node_client(tmp_path: Path) -> Path:
    """The script that sends, beside the client that package-lock.json pins with its hash."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm or node_version(node) < NODE:
        missing("Node.js 20.15 with npm")
    for name in ("package.json", "package-lock.json", "send.mjs"):
        shutil.copy(HERE / name, tmp_path)
    install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    # A coverage run's or another npm's environment is none of its business.
    told = {**os.environ, "npm_config_fetch_retries": "0", "npm_config_update_notifier": "false"}
    done = subprocess.run(
        install, cwd=tmp_path, env=told, capture_output=True, timeout=PATIENCE, check=False
    )
    if done.returncode:
        missing("node-hl7-client, which npm fetches,")
    return tmp_path / "send.mjs"


def node_version(node: str) -> tuple[int, ...]:
    found = re.match(r"v(\d+)\.(\d+)", run(node, "--version"))
    return tuple(map(int, found.groups())) if found else ()


def test_node_hl7_client_delivers_a_report_and_gets_aa(
    serving: Hospital, report: Path, node_client: Path
) -> None:
    answer = run("node", node_client, str(hl7_port(serving)), report)
    assert answer == f"AA {asked(report.read_bytes())}\n"
    expect_paged(serving)
