"""A bot that is killed and started again by a supervisor, as systemd does it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from bot.app.rehearsal import Place, errors_in
from bot.sandbox.demo.place import CLOCK_VARIABLE
from bot.sources.mllp.client import ask

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0


class Nursery:
    """The process that forks bots."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,  # it ends when we do, and its bots with it
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def bring_up(self, place: Place) -> int:
        """A new bot's process id."""
        order = {
            "config": str(place.config),
            "environment": place.environment,
            "clock": place.environment[CLOCK_VARIABLE],
            "log": str(place.log),
            "fuse": str(fuse_of(place)),
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@cache
def nursery() -> Nursery:
    """The one of this test process: to import all of the bot takes three seconds."""
    return Nursery()


def fuse_of(place: Place) -> Path:
    return place.log.with_name("fuse")


class Mortal:
    """One place's bot, started anew whenever it dies. ``deaths`` counts those it has recovered
    from."""

    def __init__(self, nursery: Nursery, place: Place) -> None:
        self._nursery, self._place = nursery, place
        self._ending = threading.Event()
        self.deaths = 0
        self.pid = self._born()
        place.world.wait_connected()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def _supervise(self) -> None:
        while not self._ending.wait(0.02):
            if not _is_alive(self.pid):
                self.pid = self._born()
                self.deaths += 1

    def _born(self) -> int:
        """Its process id, once it listens for reports, which it does last of all."""
        pid = self._nursery.bring_up(self._place)
        deadline = time.monotonic() + PATIENCE
        while _is_alive(pid) and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(self._door, 1):
                break
            time.sleep(0.01)
        return pid

    @property
    def _door(self) -> tuple[str, int]:
        return "127.0.0.1", self._place.ports.hl7

    def light_fuse(self, moment: str, number: int) -> None:
        """Let it die ``moment`` ("before" or "after") the n-th commit from now."""
        fuse = fuse_of(self._place)
        new = fuse.with_suffix(".new")
        new.write_text(f"{moment} {number}", encoding="ascii")
        new.rename(fuse)

    def put_out_fuse(self) -> bool:
        """True where it had burnt down: somebody has died of it."""
        try:
            fuse_of(self._place).unlink()
        except FileNotFoundError:
            return True
        return False

    def send(self, message: bytes) -> str:
        """Deliver it as a RIS does: again and again until there is an answer."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = asyncio.run(ask(*self._door, message))
                assert "MSA|AA|" in answer
                return answer
            except (OSError, EOFError, asyncio.IncompleteReadError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL. The supervisor does the rest."""
        os.kill(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End both, in good order."""
        self._ending.set()
        self._supervisor.join()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while _is_alive(self.pid) and time.monotonic() < deadline:
            time.sleep(0.02)

    def nudge(self) -> None:
        """It looks at its clock every second by itself."""

    def errors(self) -> list[str]:
        return errors_in(self.log_text())

    def busy(self) -> bool:
        """Nobody can look into it."""
        return False

    def log_text(self) -> str:
        return self._place.log.read_text(encoding="utf-8", errors="replace")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
