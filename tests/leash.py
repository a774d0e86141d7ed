"""What tests start ends with them, also where they are killed and tidy nothing up.

A leash is a pipe of which only who holds it has one end: when that process is gone, however it
went, whoever waits at the other end knows it. Run as a program it is a server's guard: it waits
for the end of its standard input, and then ends the process and removes the folder that it is told.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

GONE_SECONDS = 10.0


class Leash:
    """Made by a process that forks: in a child it ends the child when its parent is gone."""

    def __init__(self) -> None:
        self._waits, self._holds = os.pipe()

    def put_on(self) -> None:
        """In the child, before anything else."""
        os.close(self._holds)
        threading.Thread(target=self._wait, name="leash", daemon=True).start()

    def _wait(self) -> None:
        os.read(self._waits, 1)
        os._exit(1)


@contextmanager
def guarded(server: "subprocess.Popen[bytes]", folder: Path) -> Iterator[None]:
    """While inside, the server and its folder are gone soon after this process is."""
    words = [sys.executable, __file__, str(server.pid), str(folder)]
    watching = subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        watching.kill()  # before its input ends
        watching.communicate()


def guard(pid: int, folder: str) -> None:
    sys.stdin.read()
    deadline = time.monotonic() + GONE_SECONDS
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)
        while time.monotonic() < deadline:
            time.sleep(0.05)
            os.kill(pid, 0)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    guard(int(sys.argv[1]), sys.argv[2])
