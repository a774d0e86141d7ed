"""Commands of readback in processes of their own, forked from one that has imported everything.

A test that runs a command pays for what the command does and not for a second of imports. Run as a
program it is that process: each line on its standard input is a command as JSON, each answer the
status that the command ended with.
"""

import json
import os
import pkgutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from bot.cli import main

ROOT = Path(__file__).parents[1]


class Warm:
    """The process, from this end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
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
        assert self._process.stdin
        assert self._process.stdout
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            order = {"words": words, "environment": {**environment}, "files": [str(out), str(err)]}
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            status = int(self._process.stdout.readline())
            return subprocess.CompletedProcess(words, status, out.read_text(), err.read_text())


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
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), stream)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["readback", *order["words"]]
    main()


def serve() -> None:
    import_everything()
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            be_readback(json.loads(line))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
