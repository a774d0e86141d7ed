"""One alert driven by hand: what is sent, to whom and when, in minutes after the window opened."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from bot.domain.alert import Alert, advance
from bot.domain.coverage import SMS, Person, Role, Roster
from bot.domain.effects import CancelNotices, CancelPages, Effect, Record, SendNotice, SendPage
from bot.domain.events import (
    Acknowledged,
    Amended,
    Correction,
    Event,
    Opened,
    PageDelivered,
    PageFailed,
    PageSent,
    ReadBack,
)
from bot.domain.page import Notice, Slip
from bot.domain.policy import CategoryPolicy, Policy
from bot.domain.policy_file import parse_policy
from bot.domain.report import KeyKind, ReportKey

T0 = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
POLICIES = files("bot") / "policies"


def shipped(name: str) -> Policy:
    return parse_policy((POLICIES / f"{name}.toml").read_text(encoding="utf-8"))


POLICY = shipped("default")
CRITICAL, SIGNIFICANT = POLICY.categories
BOTH = ("slack", "sms")


def person(name: str, channels: tuple[str, ...] = BOTH, roles: tuple[str, ...] = ()) -> Person:
    return Person(name, f"Dr. {name}", "America/Chicago", channels, "+13125550100", roles=roles)


ADA, BEN = person("ada"), person("ben")
CARLA, CHRIS = person("carla", roles=("coordinator",)), person("chris", roles=("coordinator",))
ROSA = person("rosa", roles=("radiologist",))
EVERYBODY = Roster(ordering=ADA, designee=BEN, coordinators=(CARLA, CHRIS), radiologist=ROSA)


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def new_alert(
    roster: Roster = EVERYBODY, policy: CategoryPolicy = CRITICAL, review: str = ""
) -> Alert:
    return Alert(
        id="a1",
        ref="K7QX",
        key=ReportKey("RIS", KeyKind.ACCESSION, "1"),
        policy=policy,
        window_opens_at=T0,
        due_at=T0 + policy.window,
        opened_at=T0,
        report_id="r1",
        finding_hash="f1",
        review=review,
        roster=roster,
    )


@dataclass
class Loop:
    """Pages are taken by the providers at once, but for (person, channel) in ``broken``, which fail
    for good, and while ``held`` is True, when they stay in the outbox. An SMS reaches its phone at
    once, but for people in ``phone_off``."""

    alert: Alert = field(default_factory=new_alert)
    broken: set[tuple[str, str]] = field(default_factory=set)
    phone_off: set[str] = field(default_factory=set)
    held: bool = False
    now: datetime = T0
    pages: list[tuple[float, str, str]] = field(default_factory=list)
    notices: list[tuple[float, str, str, str]] = field(default_factory=list)
    records: list[tuple[float, Record]] = field(default_factory=list)
    outbox: list[SendPage] = field(default_factory=list)
    cancelled: list[tuple[str, frozenset[Notice]]] = field(default_factory=list)

    @property
    def minute(self) -> float:
        return (self.now - T0) / timedelta(minutes=1)

    def open(self, received: float = 0.0, ended: str = "") -> "Loop":
        self.now = T0 + minutes(received)
        self.alert = replace(self.alert, opened_at=self.now)
        self.do(Opened(ended))
        return self

    def do(self, event: Event) -> tuple[Effect, ...]:
        """Apply one event now, and then whatever becomes of the pages that it sends."""
        self.alert, effects = advance(self.alert, event, self.now)
        for effect in effects:
            self._take(effect)
        self.work_off()
        return effects

    def _take(self, effect: Effect) -> None:
        match effect:
            case SendPage(slip):
                self.pages.append((self.minute, slip.person_id, slip.channel))
                self.outbox.append(effect)
            case SendNotice(slip):
                assert slip.notice
                self.notices.append((self.minute, slip.notice.value, slip.person_id, slip.channel))
            case CancelPages(ringing):
                stays = ("voice", ringing)
                kept = [p for p in self.outbox if (p.slip.channel, p.slip.person_id) == stays]
                self.outbox[:] = kept
            case CancelNotices(person_id, kinds):
                self.cancelled.append((person_id, kinds))
            case Record():
                self.records.append((self.minute, effect))

    def work_off(self) -> None:
        """Hand what waits in the outbox to the providers, unless it is held."""
        while self.outbox and not self.held:
            slip = self.outbox.pop(0).slip
            if (slip.person_id, slip.channel) in self.broken:
                self.do(PageFailed(slip, "number-unknown", permanent=True))
            else:
                self.do(PageSent(slip))
                if slip.channel == SMS and slip.person_id not in self.phone_off:
                    self.do(PageDelivered(slip, timedelta(0)))

    def pass_to(self, minute: float) -> "Loop":
        """Let time pass, doing what falls due at its own time."""
        until = T0 + minutes(minute)
        while (due := self.alert.next_action_at) and due <= until:
            self.now = max(due, self.now)
            self.due()
        self.now = until
        return self

    def jump_to(self, minute: float) -> "Loop":
        """An outage: time has passed, and only now is looked for what fell due."""
        self.now = T0 + minutes(minute)
        while self.due():
            pass
        return self

    def due(self) -> bool:
        event = self.alert.due_event(self.now)
        if event:
            self.do(event)
        return event is not None

    def acknowledge(self, who: Person, version: int | None = None) -> None:
        shown = self.alert.version if version is None else version
        self.do(Acknowledged(who.id, "slack", shown, ReadBack.VIEWED))

    def amend(
        self,
        policy: CategoryPolicy | None = CRITICAL,
        finding: str = "f1",
        opens: float | None = None,
        review: str = "",
        held: CategoryPolicy | None = None,
        correction: Correction | None = None,
        *,
        first_final: bool = False,
    ) -> None:
        opens_at = self.now if opens is None else T0 + minutes(opens)
        report_id = f"r{self.alert.version + 1}"
        self.do(
            Amended(
                report_id,
                policy,
                finding,
                opens_at,
                review,
                held,
                correction,
                first_final=first_final,
            )
        )

    # ---- what happened ----

    def asked(self) -> list[tuple[float, str]]:
        """Who was paged and when, whatever the channels."""
        return list(dict.fromkeys((minute, who) for minute, who, _ in self.pages))

    def told(self, notice: str) -> list[tuple[float, str]]:
        return [(minute, who) for minute, what, who, _ in self.notices if what == notice]

    def entries(self, what: str) -> list[tuple[float, Record]]:
        return [(minute, record) for minute, record in self.records if record.what == what]

    def slip(self, who: Person, channel: str = "slack", **changes: object) -> Slip:
        """A page of the present round to this person."""
        role = self.alert.owner_role if who.id == self.alert.owner else Role.DESIGNEE
        slip = Slip(who.id, role, channel, self.alert.round)
        return replace(slip, **changes)  # type: ignore[arg-type] # any field of the slip


def significant() -> Loop:
    return Loop(new_alert(policy=SIGNIFICANT)).open()
