"""The engine with Twilio alone, against the stand-in: pages by SMS, replies and receipts back.

The bot runs on a loop of its own, so that the tests can wait like people.
"""

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.clock import ClockControl, MovedClock
from bot.domain.alert import Alert
from bot.domain.coverage import Role
from bot.domain.message import RawMessage, Reports, Unusable
from bot.domain.people_file import PersonRow
from bot.domain.policy import CategoryPolicy, Policy, Step, TriageRules
from bot.domain.report import (
    Flag,
    Identifier,
    KeyKind,
    Patient,
    Provider,
    Report,
    ReportKey,
    Status,
)
from bot.engine import intake, timers
from bot.engine.context import Engine, Site, Wake
from bot.engine.dispatcher import Dispatcher
from bot.phone.call_webhooks import CallWebhooks
from bot.phone.client import TwilioAccount
from bot.phone.guard import Guard
from bot.phone.sms import SmsSender
from bot.phone.webhooks import SMS_PATH, Webhooks
from bot.sandbox.demo.place import Ports
from bot.sandbox.phones import Phone
from bot.sandbox.world import World
from bot.web.app import Server, build
from bot.web.health import Health
from storage import alerts, audit, page_history
from storage.audit import Entry
from storage.database import Database
from storage.page_history import PageRow
from storage.people_import import apply_import
from tests.written import Written, writing

T = TypeVar("T")
MARKER = "XYZZY"
ADA, BEN, CARLA = "+13125550101", "+13125550102", "+13125550103"
SMS_ONLY = ("sms",)
CRITICAL = CategoryPolicy(
    name="critical",
    severity=0,
    window=timedelta(hours=1),
    least_gap=timedelta(minutes=3),
    stale_after=timedelta(days=1),
    steps=(
        Step(timedelta(0), Role.ORDERING_PROVIDER, SMS_ONLY),
        Step(timedelta(minutes=10), Role.OWNER, SMS_ONLY),
        Step(timedelta(minutes=30), Role.DESIGNEE, SMS_ONLY),
        Step(timedelta(minutes=45), Role.COORDINATOR, SMS_ONLY),
    ),
    repeat_every=timedelta(minutes=10),
    repeat_channels=SMS_ONLY,
)
POLICY = Policy("1", "Dr. Test", (CRITICAL,), TriageRules((("RID49480", "critical"),), (), ()))


def person(
    line: int, npi: str, name: str, mobile: str, roles: tuple[str, ...] = (), designee: str = ""
) -> PersonRow:
    return PersonRow(line, npi, (), name, "", mobile, None, "America/Chicago", roles, designee)


PEOPLE = (
    person(2, "1234567893", "Dr. Ada Osei", ADA, designee="1245319599"),
    person(3, "1245319599", "Dr. Ben Ito", BEN),
    person(4, "1500000017", "Carla Reyes RN", CARLA, ("coordinator",)),
)


@dataclass
class Desk:
    """``calls`` runs work on the bot's loop and waits for its result."""

    world: World
    engine: Engine
    control: ClockControl
    sender: SmsSender
    dispatcher: Dispatcher
    web: Server
    log: Written
    loop: asyncio.AbstractEventLoop
    sent: int = 0
    phones: dict[str, Phone] = field(default_factory=dict)

    def call(self, work: Coroutine[Any, Any, T], seconds: float = 20.0) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web.port}"

    @property
    def ada(self) -> Phone:
        return self.world.phone(ADA)

    @property
    def ben(self) -> Phone:
        return self.world.phone(BEN)

    @property
    def carla(self) -> Phone:
        return self.world.phone(CARLA)

    def report(
        self, accession: str = "A1", finding: str = "pneumothorax", version: int = 1
    ) -> None:
        """A critical report for Ada; a later ``version`` of the same accession amends it."""
        self.sent += 1
        made = self._report(accession, finding, version)
        data = f"{self.sent}".encode()
        digest = hashlib.sha256(data).hexdigest()
        raw = RawMessage(
            data, len(data), digest, "hl7", "RIS", f"C{self.sent}", "P", Reports((made,))
        )
        self.call(intake.receive(self.engine, raw))

    def unusable(self, reason: str = "no-msh") -> None:
        """A message that goes to quarantine, of which the coordinator gets a notice."""
        self.sent += 1
        data = f"{MARKER} {self.sent}".encode()
        digest = hashlib.sha256(data).hexdigest()
        reading = Unusable(reason, "MSH is missing")
        raw = RawMessage(data, len(data), digest, "hl7", "", "", "P", reading)
        self.call(intake.receive(self.engine, raw))

    def _report(self, accession: str, finding: str, version: int) -> Report:
        at = self.engine.clock.now() - timedelta(minutes=1) + timedelta(seconds=version)
        content = f"{accession} {finding} {version}"
        return Report(
            key=ReportKey("RIS", KeyKind.ACCESSION, accession),
            status=Status.FINAL if version == 1 else Status.CORRECTED,
            status_at=at,
            finalized_at=at,
            discovered_at=None,
            content_hash=hashlib.sha256(content.encode()).hexdigest(),
            exam="CT CHEST",
            modality="CT",
            text=f"{MARKER} {finding}",
            impression=f"{MARKER} {finding}",
            addenda=(),
            flags=(Flag("RID49480", "RADLEX", "OBX[1]-8"),),
            patient=Patient((Identifier(f"{MARKER}1", "MAIN"),), f"{MARKER}^JANE", "19600101", "F"),
            ordering=(Provider((Identifier("1234567893", "NPI", "NPI"),)),),
            attending=(),
            copies_to=(),
            radiologist=None,
            accession=accession,
            filler="",
            placer="",
            processing_id="P",
            sender="RIS",
            control_id="C1",
        )

    def advance(self, **by: float) -> None:
        self.control.advance(timedelta(**by))
        self.engine.wake()

    def wait(self, probe: Callable[[], bool], why: str) -> None:
        """Until the bot has done something that shows in its database or at Twilio."""

        deadline = time.monotonic() + 15
        while not probe():
            assert time.monotonic() < deadline, f"{why}; the log:\n{self.log.getvalue()}"
            time.sleep(0.01)

    # ---- what there is to see ----

    def alert(self, accession: str = "A1") -> Alert:
        key = ReportKey("RIS", KeyKind.ACCESSION, accession)
        found = self.engine.database.look(lambda c: alerts.by_key(c, key))
        assert found is not None
        return found

    def pages(self, accession: str = "A1") -> list[PageRow]:
        alert_id = self.alert(accession).id
        return self.engine.database.look(lambda c: page_history.history(c, alert_id))

    def trail(self, accession: str = "A1") -> list[Entry]:
        alert_id = self.alert(accession).id
        return self.engine.database.look(lambda c: audit.chain(c, alert_id))

    def happened(self, what: str, accession: str = "A1") -> list[Entry]:
        return [entry for entry in self.trail(accession) if entry.what == what]

    def admin(self, what: str) -> list[Entry]:
        chain = self.engine.database.look(lambda c: audit.chain(c, "admin"))
        return [entry for entry in chain if entry.what == what]


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
    database = Database(database_url)
    stack.callback(database.close)
    await asyncio.to_thread(database.migrate)
    wake = Wake(asyncio.get_running_loop())
    clock = control.create()
    stack.callback(clock.close)
    control.set_rate(0)
    engine = _engine(database, clock, wake)
    await database.write(lambda c: apply_import(c, PEOPLE, clock.now()))
    web, sender = await _phone(world, engine, stack, public=public)
    dispatcher = Dispatcher(engine, {"sms": sender}, wake)
    for run in (dispatcher.run(), timers.run(engine, wake)):
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
