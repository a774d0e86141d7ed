"""Commands of readback in processes of their own, forked from one that has imported everything.

A test that runs a command pays for what the command does and not for a second of imports. Run as a
program it is that process: each line on its standard input is an order as JSON, and each has an
answer of one line. What Python reads from its environment as it starts (PYTHONIOENCODING), and that
`python -m bot` starts at all, needs a process that is no fork.
"""

import gc
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from bot.cli import main
from tests.leash import Leash

ROOT = Path(__file__).parents[1]


class Warm:
    """The process, from this end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm"],
            cwd=ROOT,
            stdin=subprocess.PIPE,  # it ends when we do, and this with us
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self, words: list[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """`readback` with these arguments in this environment, to its end."""
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            status = self.wait(self.fork(words, environment, out, err))
            return subprocess.CompletedProcess(words, status, out.read_text(), err.read_text())

    @contextmanager
    def start(
        self, words: list[str], environment: Mapping[str, str], said_to: Path | None = None
    ) -> "Iterator[Started]":
        """The same, running: what it says to standard error goes into the file, else with the rest
        where it can be read. It is killed at the end."""
        with tempfile.TemporaryDirectory() as folder:
            said = Path(folder, "said")
            said.touch()
            running = Started(self, self.fork(words, environment, said, said_to or said), said)
            try:
                yield running
            finally:
                running.kill()

    def fork(self, words: list[str], environment: Mapping[str, str], out: Path, err: Path) -> int:
        """The process id."""
        files = [str(out), str(err)]
        return self._ask({"words": words, "environment": {**environment}, "files": files})

    def wait(self, pid: int) -> int:
        """What it ended with, once it has ended; the signal as a negative number."""
        return self._ask({"wait": pid})

    def runs(self, pid: int) -> bool:
        return bool(self._ask({"runs": pid}))

    def _ask(self, order: Mapping[str, Any]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class Started:
    """A command that runs, and all that it has said."""

    def __init__(self, warm: Warm, pid: int, said: Path) -> None:
        self._warm, self._pid, self._said = warm, pid, said
        self._status: int | None = None

    @property
    def said(self) -> str:
        return self._said.read_text(encoding="utf-8")

    @property
    def runs(self) -> bool:
        return self._status is None and self._warm.runs(self._pid)

    def until_it_says(self, text: str, seconds: float = 60.0) -> str:
        """All that it has said when it has said this."""
        deadline = time.monotonic() + seconds
        while text not in self.said:
            if not self.runs or time.monotonic() > deadline:
                raise AssertionError(f"it did not say {text!r}:\n{self.said}")
            time.sleep(0.01)
        return self.said

    def send(self, number: signal.Signals) -> None:
        """Send it this signal. It is there, if only as a zombie, until it is waited for."""
        os.kill(self._pid, number)

    def stopped_by(self, number: signal.Signals) -> int:
        """Send it this signal; the status that it ended with."""
        if self._status is None:
            self.send(number)
            self._status = self._warm.wait(self._pid)
        return self._status

    def kill(self) -> None:
        self.stopped_by(signal.SIGKILL)


@cache
def warm() -> Warm:
    """The one of this test process."""
    return Warm()


def import_everything() -> None:
    for package in ("bot", "storage"):
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if not module.name.endswith(("__main__", ".env")):
                import_module(module.name)


def be_readback(order: dict[str, Any]) -> None:
    """Raises SystemExit, as the console script does."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for stream, file in enumerate(order["files"], start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), stream)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and by all children
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text file
    tempfile.tempdir = None
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["readback", *order["words"]]
    main()


def serve() -> None:
    import_everything()
    # Else each fork looks through all of it once more as it ends, and copies every page of it.
    gc.collect()
    gc.freeze()
    leash = Leash()
    for line in sys.stdin:
        sys.stdout.write(f"{answer(json.loads(line), leash)}\n")
        sys.stdout.flush()


def answer(order: dict[str, Any], leash: Leash) -> int:
    if "wait" in order:
        return os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
    if "runs" in order:
        ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return int(os.waitid(os.P_PID, order["runs"], ended) is None)
    if (child := os.fork()) == 0:
        leash.put_on()
        be_readback(order)
    return child


if __name__ == "__main__":
    serve()
