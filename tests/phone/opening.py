"""Opens a desk: the bot on a loop of its own, so that the tests can wait like people."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.clock import ClockControl, MovedClock
from bot.engine import timers
from bot.engine.context import Engine, Site, Wake
from bot.engine.dispatcher import Dispatcher
from bot.phone.call_webhooks import CallWebhooks
from bot.phone.client import TwilioAccount
from bot.phone.guard import Guard
from bot.phone.sms import SmsSender
from bot.phone.webhooks import SMS_PATH, Webhooks
from bot.sandbox.demo.place import Ports
from bot.sandbox.world import World
from bot.web.app import Server, build
from bot.web.health import Health
from storage.database import Database
from storage.people_import import apply_import
from tests.phone.desk import MARKER, PEOPLE, POLICY, Desk
from tests.written import Written, writing


@contextmanager
def open_desk(database_url: str, folder: Path, *, public: bool = True) -> Iterator[Desk]:
    """A running bot; at the end nothing unexpected was sent, and no error was logged."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="bot")
    thread.start()
    stack = AsyncExitStack()
    try:
        with writing() as written, World() as world:
            control = ClockControl(folder / "clock")
            starting = _start(world, database_url, control, written, stack, public=public)
            desk = asyncio.run_coroutine_threadsafe(starting, loop).result(20)
            try:
                yield desk
            finally:
                asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(20)
            unexpected, errors = world.unexpected(), written.error_lines
            assert not unexpected, f"nobody expected: {unexpected}"
            assert not errors, f"errors in the log: {errors}"
            sent = [entry.text for entry in world.log if MARKER in entry.text]
            assert not sent, f"something of the patient left: {sent}"
            assert MARKER not in written.getvalue(), "something of the patient is in the log"
    finally:
        asyncio.run_coroutine_threadsafe(_end_what_flies(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_what_flies() -> None:
    """As asyncio.run does: a task that outlives its loop is an error in some later test's log."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _start(
    world: World,
    database_url: str,
    control: ClockControl,
    written: Written,
    stack: AsyncExitStack,
    *,
    public: bool,
) -> Desk:
    clock = control.create()
    stack.callback(clock.close)  # last of all: what is queued at the writer still reads it
    control.set_rate(0)
    database = Database(database_url)
    stack.callback(database.close)
    await asyncio.to_thread(database.migrate)
    wake = Wake(asyncio.get_running_loop())
    engine = _engine(database, clock, wake)
    await database.write(lambda c: apply_import(c, PEOPLE, clock.now()))
    web, sender = await _phone(world, engine, stack, public=public)
    dispatcher = Dispatcher(engine, {"sms": sender}, wake)
    for run in (dispatcher.run(), timers.run(engine, wake, timers.Failing())):
        task = asyncio.create_task(run)
        stack.push_async_callback(_ended, task)
    return Desk(
        world, engine, control, sender, dispatcher, web, written, asyncio.get_running_loop()
    )


def _engine(database: Database, clock: MovedClock, wake: Wake) -> Engine:
    site = Site("Test Hospital", ZoneInfo("America/Chicago"), "312-555-0100")
    database.hold_alive(7)
    return Engine(database, clock, POLICY, site, wake.all, instance=7)


async def _phone(
    world: World, engine: Engine, stack: AsyncExitStack, *, public: bool
) -> tuple[Server, SmsSender]:
    account = TwilioAccount(
        world.twilio_sid,
        world.twilio_token,
        world.from_number,
        world.twilio_api_url,
        total_seconds=1.0,
    )
    # The port has to be known before the routes, which carry it in what Twilio signs.
    port = Ports.free().web
    url = f"http://127.0.0.1:{port}"
    sender = SmsSender(engine, account, url if public else "")
    stack.push_async_callback(sender.close)
    guard = Guard(engine, account.auth_token, url)
    routes = [
        *Health(engine.database, {"sms": sender.check}).routes(),
        *Webhooks(guard).routes(),
        *CallWebhooks(guard).routes(),
    ]
    web = Server(build(routes), "127.0.0.1", port)
    await web.start()
    stack.push_async_callback(web.stop)
    world.inbound_url = f"{url}{SMS_PATH}"
    return web, sender


async def _ended(task: asyncio.Task[None]) -> None:
    """Stopped, or what it ended with before that."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
