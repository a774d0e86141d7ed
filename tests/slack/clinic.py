"""A clinic on Slack alone: the engine on SQLite, the real bolt app, people of the stand-in."""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.clock import ClockControl
from bot.domain.alert import Alert
from bot.domain.message import RawMessage, Reports
from bot.domain.people_file import PersonRow
from bot.domain.policy_file import parse_policy
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
from bot.engine.bridge import Bridge
from bot.engine.context import Engine, Site, Wake
from bot.engine.dispatcher import Dispatcher
from bot.sandbox.people import SlackPerson
from bot.sandbox.slack_state import TEAM
from bot.sandbox.world import World
from bot.slack import SlackSettings
from bot.slack.listeners import SlackListeners
from bot.slack.sender import SlackSender
from storage import alerts, audit, people_import
from storage.audit import Entry
from storage.database import Database
from tests.waiting import until

T = TypeVar("T")
PATIENCE = 10.0
CALLBACK = "312-555-0100"
DEFAULT_POLICY = files("bot").joinpath("policies/default.toml").read_text(encoding="utf-8")
FINDING = "Acute left SUBDURAL-MARKER hematoma, 9 mm."


def row(
    line: int, npi: str, name: str, slack: str, roles: str = "", designee: str = ""
) -> PersonRow:
    """One line of the directory, without a mobile."""
    return PersonRow(
        line=line,
        npi=npi,
        local_ids=(),
        name=name,
        email=f"{slack.lower()}@hospital.example",
        mobile="",
        slack=(TEAM, slack),
        timezone="America/Chicago",
        roles=tuple(roles.split()),
        designee_npi=designee,
    )


DIRECTORY = (
    row(2, "1000000001", "Dr. Ada Osei", "U0ADA", designee="1000000002"),
    row(3, "1000000002", "Dr. Ben Ito", "U0BEN"),
    row(4, "1000000003", "Carla Reyes RN", "U0CARLA", roles="coordinator"),
    row(5, "1000000004", "Dr. Rosa Lind", "U0ROSA", roles="radiologist"),
)


def report(now: datetime, accession: str = "A1", **changes: Any) -> Report:
    """A critical CT that Ada ordered and Rosa read; every field about the patient is a marker."""
    made = Report(
        key=ReportKey("RIS", KeyKind.ACCESSION, accession),
        status=Status.FINAL,
        status_at=now,
        finalized_at=now,
        discovered_at=None,
        content_hash="",
        exam="CT HEAD WITHOUT CONTRAST",
        modality="CT",
        text=f"FINDINGS: as below. IMPRESSION: {FINDING}",
        impression=FINDING,
        addenda=(),
        flags=(Flag("HH", "", "OBX[1]-8"),),
        patient=Patient((Identifier("MRN-MARKER"),), "NAME-MARKER", "19501224", "F"),
        ordering=(_provider("1000000001"),),
        attending=(),
        copies_to=(),
        radiologist=_provider("1000000004"),
        accession=f"ACCESSION-MARKER-{accession}",
        filler="",
        placer="",
        processing_id="P",
        sender="RIS",
        control_id="",
    )
    changed = replace(made, **changes)
    content = hashlib.sha256(repr(changed).encode()).hexdigest()
    return replace(changed, content_hash=content, control_id=content[:20])


def _provider(npi: str) -> Provider:
    return Provider((Identifier(npi, "NPI", "NPI"),))


@dataclass
class Clinic:
    """Runs while its ``with`` block does; everything is called from the test's thread."""

    world: World
    folder: Path
    settings: SlackSettings

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """The whole bot but its sources, phones and web pages."""
        self.control = ClockControl(self.folder / "clock")
        self.clock = self.control.create()
        self.ada = self.world.slack_user("U0ADA", "Dr. Ada Osei")
        self.ben = self.world.slack_user("U0BEN", "Dr. Ben Ito")
        self.carla = self.world.slack_user("U0CARLA", "Carla Reyes RN")
        self.rosa = self.world.slack_user("U0ROSA", "Dr. Rosa Lind")
        self.eve = self.world.slack_user("U0EVE", "Eve Nobody")
        self.database = Database(f"sqlite:///{self.folder / 'readback.db'}")
        self.database.migrate()
        self.database.run(self._import)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="bot", daemon=True)
        self._thread.start()
        self.on_loop(self._open())
        self.world.wait_connected()
        self.wait(self.listeners.connected)

    def _import(self, c: Connection) -> None:
        people_import.apply_import(c, DIRECTORY, self.clock.now())

    async def _open(self) -> None:
        wake = Wake(self.loop)
        self.engine = Engine(
            database=self.database,
            clock=self.clock,
            policy=parse_policy(DEFAULT_POLICY),
            site=Site("Clinic", ZoneInfo("America/Chicago"), CALLBACK),
            wake=wake.all,
            instance=1,
        )
        self.database.hold_alive(1)
        self.sender = SlackSender(self.settings)
        self.listeners = SlackListeners(self.engine, Bridge(self.loop), self.settings)
        self.listeners.start()
        self.dispatcher = Dispatcher(self.engine, {"slack": self.sender}, wake)
        runs = (self.dispatcher.run(), timers.run(self.engine, wake, timers.Failing()))
        self._tasks = [self.loop.create_task(run) for run in runs]

    def stop(self) -> None:
        """In the order of the app: listeners, loops, sender, database."""
        self.listeners.stop()
        self.on_loop(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()
        self.database.close()
        self.clock.close()

    async def _close(self) -> None:
        await self.dispatcher.drain(PATIENCE)
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.sender.close()

    # ---- what happens ----

    def on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def receive(self, *reports: Report) -> Alert:
        """The reports arrive; the alert of the last one."""
        for each in reports:
            raw = RawMessage(
                data=b"",
                size=0,
                digest=each.content_hash,
                source="hl7",
                sender="RIS",
                control_id=each.control_id,
                processing_id="P",
                reading=Reports((each,)),
            )
            self.on_loop(intake.receive(self.engine, raw))
        return self.alert(reports[-1].key.value)

    def page_ada(self, accession: str = "A1", **changes: Any) -> Alert:
        """A critical report of now; her page is on her screen."""
        opened = self.receive(report(self.clock.now(), accession, **changes))
        self.ada.expect("Critical result")
        return opened

    def remove(self, slack_user: str) -> None:
        """A new directory file comes, without this person."""
        left = [row for row in DIRECTORY if row.slack != (TEAM, slack_user)]
        now = self.clock.now()
        self.database.run(lambda c: people_import.apply_import(c, left, now))

    def pass_time(self, minutes: float) -> None:
        self.control.advance(timedelta(minutes=minutes))
        self.engine.wake()

    # ---- what there is to see ----

    def alert(self, accession: str = "A1") -> Alert:
        key = ReportKey("RIS", KeyKind.ACCESSION, accession)
        found = self.database.look(lambda c: alerts.by_key(c, key))
        assert found is not None
        return found

    def trail(self, accession: str = "A1") -> Sequence[Entry]:
        alert_id = self.alert(accession).id
        return self.database.look(lambda c: audit.chain(c, alert_id))

    def refusals(self) -> list[tuple[str, object]]:
        """Who was refused, and why."""
        return [(e.actor, e.data.get("reason")) for e in self.trail() if e.what == "refused"]

    def wait(self, probe: Callable[[], object], why: str = "it did not happen") -> None:
        """Until the probe is true."""
        until(probe, why)

    def wait_for_state(self, state: str, accession: str = "A1") -> Alert:
        self.wait(lambda: self.alert(accession).state.value == state, f"not {state}")
        return self.alert(accession)

    def wait_for_text(self, person: SlackPerson, text: str, index: int = 0) -> None:
        """Until this message of theirs reads so."""
        probe = lambda: len(person.messages) > index and text in person.messages[index].plain  # noqa: E731
        self.world.wait_until(probe, why=f"{text!r} is not in {person.messages}")
