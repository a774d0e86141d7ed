"""The bot as a child process: the same ``readback serve`` that a hospital runs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

State = Literal["starting", "running", "stopped"]
START_SECONDS, STOP_SECONDS = 30.0, 10.0
LAST_LINES = 12
STARTED = b"hl7_port"
"""Stands in the one line of the log that says so, pretty or JSON."""


class BotDied(RuntimeError):
    """The bot ended by itself. ``lines`` are the last of its log."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(("the bot has stopped", *lines)))
        self.lines = tuple(lines)


@dataclass
class BotProcess:
    """``program`` is the readback command; ``secrets`` go into its environment and nowhere else."""

    program: Sequence[str]
    config: Path
    log: Path
    secrets: Mapping[str, str]
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _begins: int = field(default=0, init=False)
    _started: bool = field(default=False, init=False)

    def command(self, *words: str) -> list[str]:
        """The program with these arguments on the demo's settings."""
        return [*self.program, *words, "--config", str(self.config)]

    def run_once(self, *words: str) -> None:
        """Run another command to its end. Raises BotDied where it fails."""
        done = subprocess.run(
            self.command(*words),
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BotDied(done.stdout.splitlines()[-LAST_LINES:])

    def start(self) -> None:
        """Start it. A session of its own: Ctrl-C is ours to pass on, once, in good order. It ends
        when its input does: with us, however we end.
        """
        self.stop()
        with self.log.open("ab") as log:
            self._begins, self._started = log.tell(), False
            self._child = subprocess.Popen(
                self.command("serve", "--until-input-ends"),
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("READBACK_")}
        return {**kept, **self.secrets}

    @property
    def state(self) -> State:
        """A child whose log says that it has started is running: its last door, that for reports,
        has just opened then. /livez answers before that."""
        if self._child is None:
            return "stopped"
        if self._child.poll() is not None:
            _close_input(self._child)
            return "stopped"
        return "running" if self._has_started() else "starting"

    def _has_started(self) -> bool:
        if not self._started:
            with self.log.open("rb") as log:
                log.seek(self._begins)
                self._started = STARTED in log.read()
        return self._started

    def wait_until_running(self) -> None:
        """Wait for its first answer. Raises BotDied."""
        deadline = time.monotonic() + START_SECONDS
        while self.state != "running":
            if self.state == "stopped" or time.monotonic() > deadline:
                raise BotDied(self.last_lines())
            time.sleep(0.05)

    def last_lines(self) -> list[str]:
        """The end of its log."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        return text.splitlines()[-LAST_LINES:]

    def stop(self) -> None:
        """End it in good order, and wait until it is gone."""
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        _close_input(child)

    def kill(self) -> None:
        """SIGKILL: it has no time for anything. Wait until it is gone."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            _close_input(child)


def _close_input(child: subprocess.Popen[bytes]) -> None:
    if child.stdin:
        child.stdin.close()
