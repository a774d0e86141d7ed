"""Builds every part of one running copy, starts them in order and stops them in reverse."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from secrets import randbits
from typing import TypeVar

from bot.app import descriptors
from bot.app.channels import Channels, Loop, open_channels, slack_settings, twilio_account
from bot.app.ending import ending_in_time
from bot.app.feeds import OpenFeeds, open_feeds
from bot.app.listening import Ear, open_listener
from bot.app.mode import begin_mode, standing
from bot.app.periodic import schedule
from bot.app.presence import be_seen
from bot.app.safety import CannotStart, coordinators_in_reach, refuse_unsafe
from bot.app.timekeeping import steady, watch_clock
from bot.app.watching import measure_backlog, watching
from bot.clock import Clock, RawClock
from bot.domain.effects import Record
from bot.domain.policy import Policy
from bot.domain.policy_file import parse_policy
from bot.engine import timers
from bot.engine.context import Engine, Site, Wake
from bot.engine.dispatcher import Dispatcher
from bot.log import log
from bot.settings import BadSettings, Settings
from bot.sources.fhir.keys import BadKey
from bot.web.app import Server, build
from bot.web.health import Check, Health
from storage import audit
from storage.database import OUTAGES, Database, DatabaseInUse

__all__ = [
    "CannotStart",
    "Running",
    "policy_of",
    "running",
    "serve",
    "slack_settings",
    "twilio_account",
]
Port = TypeVar("Port")
DEFAULT_POLICY = files("bot").joinpath("policies/default.toml")
DRAIN_SECONDS = 10.0
OUTAGE_SECONDS = 1.0


@dataclass(frozen=True)
class Running:
    """One copy at work. ``hl7_port`` and ``web_port`` are the real ones where 0 was set."""

    engine: Engine
    dispatcher: Dispatcher
    hl7_port: int
    web_port: int


def policy_of(settings: Settings) -> Policy:
    """The site's policy, else the packaged one. Raises BadPolicy, or OSError without the file."""
    file = settings.site.policy
    source = file or DEFAULT_POLICY
    return parse_policy(source.read_text(encoding="utf-8-sig"))  # Windows editors write a mark


async def serve(
    settings: Settings,
    clock: RawClock,
    *,
    without: frozenset[str] = frozenset(),
    ready: Callable[[Running], None] = lambda _: None,
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, or until a part breaks. Raises CannotStart."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    ends = [signal.SIGINT, signal.SIGTERM]
    # A terminal that is closed sends SIGHUP; nohup has it ignored.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        ends.append(signal.SIGHUP)
    for number in ends:
        loop.add_signal_handler(number, ended.set)
    async with running(settings, clock, without=without) as copy:
        # What stays for good need not be looked at: 200,000 things take a full collection 90 ms,
        # and all pages wait for it.
        gc.freeze()
        ready(copy)
        with ending_in_time():
            await ended.wait()


@asynccontextmanager
async def running(
    settings: Settings, raw: RawClock, *, without: frozenset[str] = frozenset()
) -> AsyncIterator[Running]:
    """Everything started on entry, and stopped on exit in the reverse order.

    ``without`` names channels to do without. Raises CannotStart.
    """
    async with AsyncExitStack() as stack:
        database = _opened(settings, stack)
        refuse_unsafe(settings, database, without, raw.now())
        wake = Wake(asyncio.get_running_loop())
        clock = steady(database, raw)
        engine = _engine(settings, clock, database, wake)
        _note_start(engine)
        begin_mode(engine)
        channels = await open_channels(settings, engine, wake.receipts, without, stack)
        feeds = await _feeds(settings, engine, stack)
        dispatcher = Dispatcher(engine, channels.senders, wake, channels.pace)
        in_reach = partial(coordinators_in_reach, engine, without)
        health = _health(engine, channels, feeds, in_reach)
        web_port = await _web(settings, health, channels, feeds, stack)
        scheduler = schedule(settings, engine, stack)
        failing = timers.Failing()
        ear = Ear(engine, settings.hl7.silence_minutes)
        loops: dict[str, Loop] = {
            "timers": lambda: timers.run(engine, wake, failing),
            "directory": lambda: timers.follow_directory(engine),
            "dispatcher": dispatcher.run,
            "presence": partial(be_seen, database),
            "clock": partial(watch_clock, clock, scheduler),
            **watching(settings, engine, health, channels.senders),
            **channels.loops,
            **feeds.loops,
            **ear.loops(),
        }
        await channels.catch_up()
        await _loops(loops, stack)
        stack.push_async_callback(dispatcher.drain, DRAIN_SECONDS)
        hl7_port = await _listener(settings, engine, ear, stack)
        log.info("started", hl7_port=hl7_port, web_port=web_port, instance=engine.instance)
        yield Running(engine, dispatcher, hl7_port, web_port)
        log.info("stopping")


# ---- before anything runs -------------------------------------------------------------------


def _opened(settings: Settings, stack: AsyncExitStack) -> Database:
    database = Database(settings.database.url, calls=settings.calls)
    stack.callback(database.close)
    try:
        database.hold_alone()
    except DatabaseInUse as in_use:
        raise CannotStart(
            f"{in_use}. Stop the other copy, or use PostgreSQL for several."
        ) from None
    database.migrate()
    return database


def _engine(settings: Settings, clock: Clock, database: Database, wake: Wake) -> Engine:
    instance = randbits(31)
    _hold_alive(database, instance, shadow=settings.shadow is not None)
    site = Site(settings.site.name, settings.site.timezone, settings.site.callback_number)
    return Engine(
        database=database,
        clock=clock,
        policy=policy_of(settings),
        site=site,
        wake=wake.all,
        leave=wake.leave,
        instance=instance,
        processing_ids=frozenset(settings.hl7.processing_ids),
        shadow=settings.shadow,
    )


def _hold_alive(database: Database, instance: int, *, shadow: bool) -> None:
    try:
        database.hold_alive(instance, shadow=shadow)
    except DatabaseInUse as in_use:
        raise CannotStart(
            f"{in_use}, and what one in shadow receives pages nobody. "
            "Stop the other copy first, or give this one a database of its own."
        ) from None


def _note_start(engine: Engine) -> None:
    """Which policy governs from here on, and who approved it, belongs into the audit trail."""
    policy = engine.policy
    mode = f"shadow until {engine.shadow.until}" if engine.shadow else "live"
    data = {"policy": policy.version, "approved_by": policy.approved_by, "mode": mode}
    entry = Record("started", data=data)
    engine.database.run(lambda c: audit.append(c, audit.ADMIN, [entry], engine.clock.now()))


# ---- the parts ------------------------------------------------------------------------------


async def _feeds(settings: Settings, engine: Engine, stack: AsyncExitStack) -> OpenFeeds:
    try:
        return await open_feeds(settings, engine, stack)
    except (BadKey, BadSettings) as bad:
        raise CannotStart(str(bad)) from None


def _health(engine: Engine, channels: Channels, feeds: OpenFeeds, in_reach: Check) -> Health:
    return Health(
        engine.database,
        channels.health,
        [partial(measure_backlog, engine), in_reach],
        feeds=feeds.health,
        mode=partial(standing, engine),
        coordinators=in_reach,
    )


async def _web(
    settings: Settings,
    health: Health,
    channels: Channels,
    feeds: OpenFeeds,
    stack: AsyncExitStack,
) -> int:
    app = build([*health.routes(), *channels.routes, *feeds.routes])
    server = Server(app, settings.web.host, settings.web.port, descriptors.for_web())
    await _listening("web", settings.web.port, server.start())
    stack.push_async_callback(server.stop)
    return server.port


async def _listener(settings: Settings, engine: Engine, ear: Ear, stack: AsyncExitStack) -> int:
    return await _listening("hl7", settings.hl7.port, open_listener(settings, engine, ear, stack))


async def _listening(section: str, port: int, starting: Awaitable[Port]) -> Port:
    try:
        return await starting
    except BadSettings as bad:
        raise CannotStart(str(bad)) from None
    except OSError as error:
        raise CannotStart(
            f"Port {port} cannot be had ({error.strerror}): "
            f"set another {section}.port, or {section}.host to an address of this machine."
        ) from None


async def _loops(loops: Mapping[str, Loop], stack: AsyncExitStack) -> None:
    """All of them at once. One that breaks in a way that nobody foresaw ends the process: whoever
    supervises it starts it anew, and a loop that is silently gone would page nobody."""
    group = await stack.enter_async_context(_group())
    for name, loop in loops.items():
        task = group.create_task(_through_outages(name, loop), name=name)
        stack.callback(task.cancel)


@asynccontextmanager
async def _group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group out of which CannotStart comes as it is: somebody has to read it."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except ExceptionGroup as several:
        refused = several.subgroup(CannotStart)
        if refused is None:
            raise
        raise refused.exceptions[0] from None


async def _through_outages(name: str, loop: Loop) -> None:
    """A database that is away comes back; until then each second is tried."""
    while True:
        try:
            await loop()
        except OUTAGES as outage:
            log.error("database_outage", loop=name, error=type(outage).__name__)
            await asyncio.sleep(OUTAGE_SECONDS)
