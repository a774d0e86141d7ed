"""Where Slack's threads meet the engine: who is asking, what they may see, what they decide."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from slack_sdk import WebClient
from sqlalchemy import Connection

from bot.domain.alert import Alert
from bot.domain.coverage import Person
from bot.domain.events import Event
from bot.domain.window import off_the_wall
from bot.engine import alerts, views
from bot.engine.bridge import Bridge
from bot.engine.context import Engine
from bot.engine.views import AlertView
from bot.slack import SlackSettings
from bot.slack.elements import Block, section
from bot.slack.transport import answer_privately
from bot.slack.words import escaped
from storage import people

T = TypeVar("T")
# Slack waits three seconds for an answer to a click or a submission; some of it is the network's.
PATIENCE_SECONDS = 2.2


@dataclass(frozen=True, slots=True)
class Who:
    """A Slack account. User ids are only unique together with their team's."""

    team: str
    user: str

    @property
    def actor(self) -> str:
        """As the audit trail names somebody whom the directory does not know."""
        return f"slack:{self.team}/{self.user}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A click or a command: who did it, and the two ways to answer."""

    who: Who
    trigger_id: str
    client: WebClient
    response_url: str

    def tell(self, text: str, blocks: Sequence[Block] | None = None) -> None:
        """Answer so that only this person sees it. ``text`` is escaped already."""
        answer_privately(self.response_url, text, blocks or [section(text)])

    def open(self, view: Block) -> None:
        """Open a modal, within three seconds of the act."""
        self.client.views_open(trigger_id=self.trigger_id, view=view)


def who_clicked(body: Mapping[str, Any]) -> Who:
    """The account behind a click or a submission."""
    user = body["user"]
    return Who(user.get("team_id") or (body.get("team") or {}).get("id", ""), user["id"])


@dataclass(frozen=True, slots=True)
class Desk:
    """What the listeners ask of the engine. Called from bolt's threads."""

    engine: Engine
    bridge: Bridge
    settings: SlackSettings

    @property
    def now(self) -> datetime:
        """Readback's time in UTC."""
        return self.engine.clock.now()

    @property
    def on_the_wall(self) -> datetime:
        """The time that people read, in UTC: it may be another one after a step of the clock."""
        return self.now - off_the_wall(self.engine.clock.ahead)

    def by_our_clock(self, read: datetime) -> datetime:
        """What Readback's clock shows at a time that people read."""
        return read + off_the_wall(self.engine.clock.ahead)

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it on the engine's loop. Raises TimeoutError when Slack will not wait any longer."""
        return self.bridge.call(coroutine, PATIENCE_SECONDS)

    def read(self, look: Callable[[Connection], T]) -> T:
        """What ``look`` finds in the database."""
        return self.wait(self.engine.database.read(look))

    def person(self, who: Who) -> Person | None:
        """Whoever has this account in the directory."""
        return self.read(lambda c: people.by_slack(c, who.team, who.user))

    def view(self, alert_id: str, person: Person, *, finding: bool = False) -> AlertView:
        """The alert as this person may see it; the finding only where the site allows it."""
        wanted = finding and self.settings.phi != "none"
        return self.wait(views.for_person(self.engine, alert_id, person.id, finding=wanted))

    def apply(self, alert_id: str, event: Event) -> Alert:
        """Change the alert. Raises NotAllowed, which is audited then."""
        return self.wait(alerts.apply(self.engine, alert_id, event))

    def refuse(self, alert_id: str, actor: str, reason: str) -> None:
        """Record what was refused before the engine was even asked."""
        self.wait(alerts.refuse(self.engine, alert_id, actor, reason))

    def by_ref(self, ref: str) -> str | None:
        """The id of the alert with this reference."""
        return self.wait(views.by_ref(self.engine, ref))

    def admitted(self, asked: Asked, alert_id: str) -> Person | None:
        """The person who asks; somebody unknown gets an explanation and an audit entry."""
        person = self.person(asked.who)
        if person is None:
            self.refuse(alert_id, asked.who.actor, "unknown_slack_account")
            asked.tell(self.stranger())
        return person

    def stranger(self) -> str:
        """For somebody whose account is not in the directory."""
        number = escaped(self.settings.callback_number)
        return (
            "Readback does not know your Slack account, so you cannot answer here. "
            f"If this result concerns you, call {number}; a coordinator can add your account."
        )
