"""A test run that is killed leaves nothing running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.postgres import find_postgres
from tests.requirements import ROOT, missing

SECONDS = 20.0
# Each prints the process id of what it has started, and where that lives.
SERVER = """
from tests.postgres import find_postgres, running_postgres
from pathlib import Path
with running_postgres(find_postgres()) as url:
    folder = Path(url.partition("host=")[2])
    print((folder / "data" / "postmaster.pid").read_text().split()[0], folder, flush=True)
    input()
"""
COMMAND = """
from pathlib import Path
from tests.warm import warm
place = Path({place!r})
words = ["demo", "--no-browser"]
print(warm().fork(words, {{"TMPDIR": str(place)}}, place / "out", place / "err"), place, flush=True)
input()
"""


def begun(program: str) -> "tuple[subprocess.Popen[str], int, Path]":
    words = [sys.executable, "-c", program]
    running = subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert running.stdout
    pid, folder = running.stdout.readline().split(maxsplit=1)
    return running, int(pid), Path(folder.strip())


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def killed(running: "subprocess.Popen[str]") -> None:
    running.send_signal(signal.SIGKILL)
    running.communicate()


def test_the_server_of_a_run_that_was_killed_ends_and_its_folder_is_gone() -> None:
    assert find_postgres() or missing("PostgreSQL")
    running, pid, folder = begun(SERVER)
    assert not is_gone(pid)
    killed(running)
    assert eventually(lambda: is_gone(pid))
    assert eventually(lambda: not folder.exists())


def test_a_command_of_a_run_that_was_killed_ends(tmp_path: Path) -> None:
    running, pid, _ = begun(COMMAND.format(place=str(tmp_path)))
    assert not is_gone(pid)
    killed(running)
    assert eventually(lambda: is_gone(pid))
