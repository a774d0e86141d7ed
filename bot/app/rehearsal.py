"""A hospital with a real bot in it, for the stories and for tests: nothing of the bot is replaced.

The bot runs on a thread of this process, or as a child process that can be killed.
"""

import asyncio
import io
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from bot import log
from bot.app import Running, running
from bot.clock import ClockControl, RawClock, SteadyClock
from bot.sandbox.demo.bot_process import BotProcess
from bot.sandbox.demo.place import Ports, people_join, people_move_in, prepare, secrets_of
from bot.sandbox.hospital import Hospital, RunningBot
from bot.sandbox.world import World
from bot.settings import Settings, SlackSettings, load
from bot.slack.requests import PATH
from bot.sources.mllp.client import ask
from storage.database import Database

START_SECONDS = STOP_SECONDS = 20.0
READBACK = (sys.executable, "-m", "bot")


@contextmanager
def hospital(
    database_url: str = "",
    *,
    as_child: bool = False,
    start: "Callable[[Place], RunningBot] | None" = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Hospital]:
    """A hospital whose bot runs, on SQLite in a temporary folder unless a database is named.

    The clock stands still until the story passes time. ``start`` starts the bot in another way
    than on a thread or as a child; ``environment`` overrides settings (``READBACK_SLACK__PHI``).
    """
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="readback-story-")))
        world = ending.enter_context(World())
        people_join(world)
        url = database_url or f"sqlite:///{folder / 'readback.db'}"
        control = ClockControl(folder / "clock")
        raw = control.create()
        watch = SteadyClock(raw)
        control.set_rate(0)
        place = Place(world, folder, url, raw, environment or {})
        database = Database(url, calls=place.settings.calls)
        ending.callback(database.close)
        people_move_in(database, watch)
        usual = Place.start_child if as_child else Place.start_thread
        started = partial(start or usual, place)
        there = Hospital(world, database, control, watch, place, started)
        ending.callback(there.close)
        there.open()
        yield there


class Place:
    """Where the bot is started, again and again, on the same database and ports.

    ``config`` and ``environment`` are what it is started with, ``log`` is the file of a child.
    """

    def __init__(
        self, world: World, folder: Path, url: str, clock: RawClock, environment: Mapping[str, str]
    ) -> None:
        self.ports = Ports.free()
        self.clock = clock
        self.world = world
        self.log = folder / "bot.log"
        self.config = prepare(folder, world, self.ports)
        self.environment: Mapping[str, str] = {
            **secrets_of(world, folder / "clock"),
            "READBACK_DATABASE__URL": url,
            "READBACK_LOG__FORMAT": "json",
            **environment,
        }

    @property
    def settings(self) -> Settings:
        """As the bot reads them."""
        return load(self.config, self.environment)

    def _meet_slack(self, slack: SlackSettings) -> None:
        """Slack reaches the bot now: by all its connections, or by its Request URL."""
        if slack.mode == "http":
            self.world.slack.request_url.url = f"http://127.0.0.1:{self.ports.web}{PATH}"
        else:
            self.world.wait_connected(slack.connections)

    def start_thread(self) -> "BotOnThread":
        settings = self.settings
        bot = BotOnThread(settings, self.clock)
        bot.start()
        self._meet_slack(settings.slack)
        return bot

    def start_child(self) -> "BotAsChild":
        process = BotProcess(READBACK, self.config, self.log, self.environment)
        process.start()
        process.wait_until_running()
        self._meet_slack(self.settings.slack)
        return BotAsChild(process, self.ports.hl7, self.log)


class BotOnThread:
    """One copy on an event loop of its own, in this process."""

    def __init__(self, settings: Settings, clock: RawClock) -> None:
        self._settings, self._clock = settings, clock
        self._log = io.StringIO()
        self._ready = threading.Event()
        self._ended: asyncio.Event | None = None
        self._copy: Running | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="bot", daemon=True)

    def start(self) -> None:
        """Start it and wait until it listens. Raises what kept it from that."""
        log.configure("json", stream=self._log)
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise TimeoutError(f"the bot did not start within {START_SECONDS} s")
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as failure:
            self._failure = failure
            raise
        finally:
            self._ready.set()

    async def _live(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        async with running(self._settings, self._clock) as copy:
            self._copy = copy
            self._ready.set()
            await self._ended.wait()

    def send(self, message: bytes) -> str:
        """Deliver it over MLLP; the answer's text."""
        return asyncio.run(ask("127.0.0.1", self._settings.hl7.port, message))

    def stop(self) -> None:
        """End it in good order. Raises what it ended with otherwise, or TimeoutError."""
        if self._ended and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            raise TimeoutError(f"the bot did not stop within {STOP_SECONDS} s")
        if self._failure:
            raise self._failure

    def kill(self) -> None:
        """A thread cannot be killed: such stories need the bot as a child."""
        raise RuntimeError("this story needs the bot as a child process")

    def nudge(self) -> None:
        """The clock was moved."""
        if self._copy:
            self._copy.engine.wake()

    def busy(self) -> bool:
        """Whether it has a page under way."""
        return self._copy is not None and not self._copy.dispatcher.idle

    def errors(self) -> list[str]:
        """The ERROR lines of its log."""
        return errors_in(self._log.getvalue())

    def log_text(self) -> str:
        """All that it logged."""
        return self._log.getvalue()


class BotAsChild:
    """``readback serve`` as a child process."""

    def __init__(self, process: BotProcess, hl7_port: int, log_file: Path) -> None:
        self._process, self._port, self._log = process, hl7_port, log_file

    def send(self, message: bytes) -> str:
        """Deliver it over MLLP; the answer's text."""
        return asyncio.run(ask("127.0.0.1", self._port, message))

    def stop(self) -> None:
        """SIGTERM, and wait."""
        self._process.stop()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()

    def nudge(self) -> None:
        """It looks at its clock every second by itself."""

    def busy(self) -> bool:
        """Nobody can look into it."""
        return False

    def errors(self) -> list[str]:
        """The ERROR lines of its log."""
        return errors_in(self.log_text())

    def log_text(self) -> str:
        """All that it logged."""
        return self._log.read_text(encoding="utf-8", errors="replace")


def errors_in(text: str) -> list[str]:
    """The lines of level error and above, and the heads of tracebacks. What the command itself
    prints beside its log is no error."""
    return [line for line in text.splitlines() if _is_error(line)]


def _is_error(line: str) -> bool:
    if not line.startswith("{"):
        return line.startswith("Traceback")
    return json.loads(line).get("level") in {"error", "critical"}
