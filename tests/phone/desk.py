"""What there is to see and do while the engine works with Twilio alone, against the stand-in."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from bot.clock import ClockControl
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
from bot.engine import intake
from bot.engine.context import Engine
from bot.engine.dispatcher import Dispatcher
from bot.phone.sms import SmsSender
from bot.sandbox.phones import Phone
from bot.sandbox.world import World
from bot.web.app import Server
from storage import alerts, audit, page_history
from storage.audit import Entry
from storage.page_history import PageRow
from tests.waiting import until
from tests.written import Written

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
        until(probe, lambda: f"{why}; the log:\n{self.log.getvalue()}")

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


PAGE = re.compile(r"reply ACK (\d+)")


def code_in(text: str) -> str:
    found = PAGE.search(text)
    assert found is not None
    return found[1]


def page_ada(desk: Desk, accession: str = "A1") -> str:
    """A critical report pages Ada; the code."""
    desk.report(accession)
    return code_in(desk.ada.expect_sms(f"ref {desk.alert(accession).ref}").body)
