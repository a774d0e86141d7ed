"""A whole small hospital for stories and tests: stand-ins, people, a clock to move, and the bot.

Time passes only when somebody says so: ``pass_time`` stops at every moment at which the bot has
something to do and waits until it has done it, so that a story of an hour takes a second and its
times are exact.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from bot.clock import SLOWEST, ClockControl, SteadyClock
from bot.domain.alert import Alert, State
from bot.sandbox.demo.place import Ports
from bot.sandbox.demo.telling import told
from bot.sandbox.people import Phone, SlackPerson
from bot.sandbox.samples import fill, sample
from bot.sandbox.world import World
from storage import alert_lists, alerts, audit, people
from storage.audit import Entry
from storage.database import Database
from storage.rest import rest

PATIENCE = 20.0
EVERY_STATE = tuple(state.value for state in State)


class RunningBot(Protocol):
    """The bot under the story: in this process, or a child that can be killed."""

    def send(self, message: bytes) -> str:
        """Deliver it over MLLP; the answer's text."""

    def stop(self) -> None:
        """End it in good order."""

    def kill(self) -> None:
        """End it at once, as SIGKILL does."""

    def nudge(self) -> None:
        """Tell it that the clock was moved; left to itself it notices within a second."""

    def busy(self) -> bool:
        """Whether it certainly has a page under way; the database knows of all that it has."""

    def errors(self) -> list[str]:
        """The ERROR lines that it logged since it started."""

    def log_text(self) -> str:
        """All that it logged since it started."""


class Place(Protocol):
    """What the bot is started with, and a command beside it."""

    config: Path
    environment: Mapping[str, str]
    ports: Ports


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the hospital with both ways to reach them."""

    name: str
    slack: SlackPerson
    phone: Phone


@dataclass
class Hospital:
    """``start`` starts the bot at its ``place``; it is called again after a stop or a kill.
    ``watch`` shows the bot's time, ``clock`` moves it: ``clock.step`` is a system
    clock that somebody sets, and the bot's time goes on."""

    world: World
    database: Database
    clock: ClockControl
    watch: SteadyClock
    place: Place
    start: Callable[[], RunningBot]
    bot: RunningBot | None = None
    told: list[tuple[datetime, str]] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        member = self._member
        self.ada = member("Dr. Ada Osei", "U0ADA", "+13125550101")
        self.ben = member("Dr. Ben Ito", "U0BEN", "+13125550102")
        self.carla = member("Carla Reyes RN", "U0CARLA", "+13125550103")
        self.chris = member("Chris Novak RN", "U0CHRIS", "+13125550104")
        self.rosa = member("Dr. Rosa Lind", "U0ROSA", "+13125550105")
        self.sam = member("Dr. Sam Park", "", "+13125550106")
        self.tess = member("Dr. Tess Wolf", "U0TESS", "+13125550107")

    def _member(self, name: str, slack_id: str, number: str) -> Member:
        return Member(
            name, self.world.slack_user(slack_id or "U0NONE", name), self.world.phone(number)
        )

    # ---- the bot ----

    def open(self) -> None:
        """Start the bot and wait until it listens."""
        self.bot = self.start()

    def close(self) -> None:
        """Stop the bot."""
        if self.bot:
            self.bot.stop()
            self.bot = None

    def kill_and_restart(self) -> None:
        """kill -9, then a new start on the same database."""
        assert self.bot is not None
        self.tell("the bot is killed with -9")
        self.bot.kill()
        self.open()
        self.tell("the bot is started again")

    # ---- reports ----

    def report(self, name: str, *, accession: str = "", template: str = "") -> bytes:
        """The sample as HL7, finalized now, with an accession number of its own unless given."""
        self.sent += 1
        number = accession or f"A{self.sent:05d}"
        text = template or sample(name).template
        return fill(text, now=self.now, accession=number, control_id=f"C{self.sent:06d}")

    def send(self, message: bytes, what: str = "a report") -> str:
        """Deliver it over MLLP; the ACK, once the bot has done what follows from the report."""
        assert self.bot is not None
        self.tell(f"the RIS sends {what}")
        answer = self.bot.send(message)
        self.settle()
        return answer

    # ---- time ----

    @property
    def now(self) -> datetime:
        return self.watch.now()

    def pass_time(self, minutes: float = 0.0, hours: float = 0.0) -> None:
        """Let this much time pass, stopping at everything that falls due on the way."""
        until = self.now + timedelta(minutes=minutes, hours=hours)
        while (due := self.database.look(rest).next_at) is not None and due <= until:
            self._set(max(due, self.now))
            self.settle()
        self._set(until)
        self.settle()

    def _set(self, at: datetime) -> None:
        passing, ahead = at - self.now, self.watch.ahead
        if ahead:  # the bot's own clock may be apart from ours by the rounding of both
            passing = min(passing / SLOWEST, passing + ahead) + timedelta(milliseconds=1)
        self.clock.advance(passing)
        if self.bot:
            self.bot.nudge()

    def settle(self) -> None:
        """Wait until the bot has nothing due or under way, and no message is in the air."""
        deadline = time.monotonic() + PATIENCE
        while not self._quiet():
            if time.monotonic() > deadline:
                raise AssertionError(f"the bot did not come to rest within {PATIENCE} s")
            time.sleep(0.005)

    def _quiet(self) -> bool:
        """No receipt is on its way that could make work, none is there, and none came since."""
        if self.bot and self.bot.busy():  # spares the question that costs most
            return False
        return self._nothing_in_the_air() and self._at_rest() and self._nothing_in_the_air()

    def _nothing_in_the_air(self) -> bool:
        return self.world.twilio.under_way == 0

    def _at_rest(self) -> bool:
        return self.database.look(rest).holds(self.now)

    # ---- what there is to see ----

    def alert(self, accession: str = "") -> Alert:
        """The newest alert, or that of this accession number."""
        rows = self.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 1000))
        chosen = [row for row in rows if accession in {"", row.accession}]
        if not chosen:
            raise AssertionError(f"there is no alert for {accession or 'anything'}")
        newest = max(chosen, key=lambda row: row.opened_at)
        return self.database.look(lambda c: alerts.load(c, newest.id, for_update=False))

    def alerts(self) -> int:
        """How many alerts there are, ended ones included."""
        return len(self.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 1000)))

    def trail(self, alert: Alert) -> list[Entry]:
        """The alert's audit entries."""
        return self._chain(alert.id)

    def _chain(self, alert_id: str) -> list[Entry]:
        return self.database.look(lambda c: audit.chain(c, alert_id))

    def tell(self, event: str) -> None:
        """Put something into the story's timeline that no audit entry shows."""
        self.told.append((self.now, event))

    def timeline(self) -> list[tuple[datetime, str]]:
        """Everything that happened, in order: what people did, and the audit trail."""
        rows = self.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 1000))
        people_now = self.database.look(people.everybody)
        names = {person.id: person.name for person in people_now}
        entries = [entry for row in rows for entry in self._chain(row.id)]
        audited = [(entry.at, str(told(entry, names))) for entry in entries]
        return sorted([*self.told, *audited], key=lambda event: event[0])

    def verify(self) -> None:
        """What must hold at the end of every story: nobody got a message that nobody expected,
        no error was logged, and the audit trail is whole."""
        unexpected = self.world.unexpected()
        assert not unexpected, "messages nobody expected:\n" + "\n".join(unexpected)
        errors = self.bot.errors() if self.bot else []
        assert not errors, "errors in the log:\n" + "\n".join(errors)
        verdict = self.database.look(audit.verify)
        assert verdict.ok, f"the audit trail is broken: {verdict.first_broken}"
