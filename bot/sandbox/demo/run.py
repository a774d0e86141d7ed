"""``readback demo``: the stand-ins, the page and the bot beside them, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.domain.coverage import Calls
from bot.sandbox.demo import board as boards
from bot.sandbox.demo.bot_process import BotDied, BotProcess
from bot.sandbox.demo.bot_time import BotTime
from bot.sandbox.demo.place import (
    CALL_FROM,
    VIEWER,
    Ports,
    people_join,
    people_move_in,
    prepare,
    secrets_of,
)
from bot.sandbox.demo.reports import Deliver, Reports, answered
from bot.sandbox.demo.server import Page
from bot.sandbox.journal import Json
from bot.sandbox.serving import Server
from bot.sandbox.world import World
from storage import outbox
from storage.database import Database

PORT = 8090
FIRST_SAMPLE = "ct-head-hemorrhage"
TICK_SECONDS = 0.3


class Demo:
    """All of it. ``with Demo(…) as demo:`` runs it; afterwards no process and no file is left.

    ``program`` is the readback command, ``deliver`` sends HL7 over MLLP. Port 0 takes a free one.
    """

    def __init__(self, program: Sequence[str], deliver: Deliver, port: int = 0) -> None:
        self._program, self._deliver, self._port = program, deliver, port
        self._ending = contextlib.ExitStack()
        self._starting = threading.Lock()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as ending:
            self._start(ending)
            self._ending = ending.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.close()

    def _start(self, ending: contextlib.ExitStack) -> None:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="readback-demo-")))
        self.world = ending.enter_context(World())
        self.ports = Ports.free()
        people_join(self.world)
        config = prepare(folder, self.world, self.ports)
        self.time = BotTime(folder / "clock", self._next_due, self._busy)
        self.bot = BotProcess(
            self._program,
            config,
            folder / "bot.log",
            {
                **secrets_of(self.world, self.time.path),
                **VIEWER,
                CALL_FROM: self.world.from_number,
            },
        )
        self._database = Database(f"sqlite:///{folder / 'readback.db'}", calls=Calls.KEYS)
        ending.callback(self._database.close)
        people_move_in(self._database, self.time.clock)
        ending.callback(self.bot.stop)
        self.page = Server(Page(self).routes(), self._port)
        self.page.start()
        ending.callback(self.page.stop)
        self.restart()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.page.port}/"

    def restart(self) -> None:
        """Start the bot, unless somebody else just has, and wait until it answers. Raises BotDied.

        Two at once would meet on one database: the second ends, and the page says that it has.
        """
        with self._starting:
            if self.bot.state == "stopped":
                self.bot.start()
            self.bot.wait_until_running()

    def deliver(self, message: bytes) -> str:
        """Send HL7 to the bot; its ACK. Raises OSError."""
        return asyncio.run(self._delivered(message))

    async def _delivered(self, message: bytes) -> str:
        return await self._deliver("127.0.0.1", self.ports.hl7, message)

    def send_sample(self, name: str) -> str:
        """Send a sample, finalized now; its ACK. Raises OSError."""
        return self.deliver(Reports().made(name, self.time.now()))

    def board(self, chosen: str) -> Json:
        """The alerts as they stand in the bot's database."""
        return self._database.look(lambda connection: boards.board(connection, chosen))

    def _next_due(self) -> datetime | None:
        return self._database.look(boards.next_due)

    def _busy(self) -> bool:
        return self._database.look(outbox.under_way) > 0 or self.world.twilio.under_way > 0


def run(
    program: Sequence[str],
    deliver: Deliver,
    *,
    port: int | None = None,
    browser: bool = True,
    tell: Callable[[str], None] = print,
) -> int:
    """Show the demo until Ctrl-C; the exit code.

    ``port`` None takes 8090, or a free one where that is taken. ``tell`` gets each line for the
    terminal.
    """
    if port and not _is_free(port):
        tell(f"Port {port} is taken: --port names another, 0 any that is free.")
        return 2
    wanted = (PORT if _is_free(PORT) else 0) if port is None else port
    tell("Starting Readback on stand-ins for Slack and Twilio; every patient is invented.")
    try:
        _show(Demo(program, deliver, wanted), browser=browser, tell=tell)
    except KeyboardInterrupt:
        tell("\nStopped; nothing is left behind.")
    except BotDied as died:
        _tell_of_death(died.lines, tell)
        return 1
    return 0


def _show(demo: Demo, *, browser: bool, tell: Callable[[str], None]) -> None:
    with demo:
        _greet(demo, browser=browser, tell=tell)
        _watch(demo, tell)


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _greet(demo: Demo, *, browser: bool, tell: Callable[[str], None]) -> None:
    tell(_send_first_sample(demo))
    tell(f"\n  {demo.url}\n\nCtrl-C stops it.")
    if browser and has_display():
        webbrowser.open(demo.url)


def _send_first_sample(demo: Demo) -> str:
    try:
        ack = answered(demo.send_sample(FIRST_SAMPLE))
    except OSError:
        return "The sample report could not be sent: the bot does not answer."
    return f"A sample report was sent over MLLP and answered with {ack['code'] or 'nothing'}."


def has_display() -> bool:
    """Whether a browser could show anything to the person who started this."""
    if sys.platform == "darwin":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _watch(demo: Demo, tell: Callable[[str], None]) -> None:
    """Until Ctrl-C. A bot that stops is told of once; the page can start it again."""
    told_of = False
    while True:
        stopped = demo.bot.state == "stopped"
        if stopped and not told_of:
            _tell_of_death(demo.bot.last_lines(), tell)
        told_of = stopped
        time.sleep(TICK_SECONDS)


def _tell_of_death(lines: Sequence[str], tell: Callable[[str], None]) -> None:
    tell("\nThe bot has stopped. The last it said:\n")
    for line in lines or ["(nothing)"]:
        tell(f"  {line}")
