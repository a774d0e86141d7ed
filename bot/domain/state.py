"""An alert as it stands: its state, its owner, what is planned, and who was reached."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.coverage import SMS, Role, Roster
from bot.domain.events import ReadBack, ReceiptOverdue, StepDue, WindowPassed
from bot.domain.ladder import Planned, fits
from bot.domain.policy import CategoryPolicy
from bot.domain.report import ReportKey


class State(StrEnum):
    """Expiry is a fact beside the state, not a state: paging goes on."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"
    DOWNGRADED = "downgraded"
    SHADOW = "shadow"


class Outcome(StrEnum):
    """What is known of one channel in the current paging round."""

    PENDING = "pending"
    SENT = "sent"
    LATE = "late"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    RETRYING = "retrying"


TAKEN = {Outcome.SENT, Outcome.LATE, Outcome.DELIVERED}
"""The provider has it, whatever became of it on its way to the phone."""


@dataclass(frozen=True, slots=True)
class Reach:
    """One person's channel in the current round. ``sent_at`` is when the provider took it, UTC."""

    person_id: str
    channel: str
    outcome: Outcome
    sent_at: datetime | None = None

    def receipt_due(self, within: timedelta) -> datetime | None:
        """When an SMS that has no receipt of its delivery is late; None where nothing is awaited.
        No other channel has receipts."""
        waits = self.outcome is Outcome.SENT and self.channel == SMS
        return self.sent_at + within if waits and self.sent_at else None

    def is_overdue(self, within: timedelta, now: datetime) -> bool:
        """Whether the receipt is late by now."""
        due = self.receipt_due(within)
        return due is not None and due <= now


@dataclass(frozen=True, slots=True)
class Acknowledgment:
    """Who answered for which version, and how. ``by`` is a person's id, or the name that a
    recorded phone call reached; ``at`` is UTC."""

    by: str
    channel: str
    at: datetime
    version: int
    read_back: ReadBack
    recorded_by: str = ""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """When somebody last ceased to be the owner, and to whom it went: "" where nobody was left."""

    person_id: str
    to: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """The loop for one order's result. Times are UTC.

    ``version`` counts the report versions shown, ``material_version`` is the last one that
    changed what an acknowledgment means. ``round`` counts pagings; receipts of an older round
    change no plan, and ``round_before`` is the last one before this cycle.
    ``roster`` is not stored: the engine fills it in at every load.
    ``note`` says where receipt had to stand in for a time that the sender got wrong.
    ``paged`` may answer: whoever a page was due for, sent or not. ``paged_in_cycle`` leaves out
    those whom no page of a finished round has reached; they are tried again once it is late.
    ``not_theirs`` were paged for an ordering provider whom the report had wrong: they may not
    answer unless they are paged again.
    ``unreachable`` are people all of whose channels failed since time last moved the alert.
    ``handed_over`` has one entry a person, ``in_slack`` whoever has a Slack message of this alert.
    ``withdrawn_at`` is when the report took back the result, by withdrawal or downgrade.
    ``radiologist_told_at`` is when the radiologist was last asked to phone in this cycle.
    ``joined`` is the alert as which it goes on, where its report turned out to be that one's.
    ``beside`` are reports of other orders on the accession that ask as well.
    ``shadow``: its pages are only written down. Nobody was paged, so nobody may answer.
    """

    id: str
    ref: str
    key: ReportKey
    policy: CategoryPolicy
    window_opens_at: datetime
    due_at: datetime
    opened_at: datetime
    report_id: str
    finding_hash: str
    review: str = ""
    note: str = ""
    roster: Roster = field(default_factory=Roster)
    state: State = State.OPEN
    cycle: int = 1
    version: int = 1
    material_version: int = 1
    owner: str = ""
    owner_role: Role = Role.ORDERING_PROVIDER
    round: int = 0
    round_before: int = 0
    stale: bool = False
    plan: tuple[Planned, ...] = ()
    reach: tuple[Reach, ...] = ()
    paged: tuple[str, ...] = ()
    paged_in_cycle: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    no_access: tuple[str, ...] = ()
    not_theirs: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    handed_over: tuple[HandedOver, ...] = ()
    in_slack: tuple[str, ...] = ()
    expired_at: datetime | None = None
    withdrawn_at: datetime | None = None
    acknowledgment: Acknowledgment | None = None
    radiologist_told_at: datetime | None = None
    shadow: bool = False
    beside: tuple[str, ...] = ()
    joined: str = ""

    @property
    def category(self) -> str:
        """The name of the policy's category."""
        return self.policy.name

    @property
    def provider_unknown(self) -> bool:
        """The directory knows nobody by what the report says of who ordered it, and a coordinator
        is asked in their place. Whom it was assigned to may well be the one."""
        assigned = self.owner and all(self.owner != one.id for one in self.roster.coordinators)
        return self.roster.ordering is None and not self.review and not assigned

    @property
    def taken_back(self) -> State | None:
        """How the report took back the result last, None where it stands. An alert that was
        acknowledged stays so: a withdrawal is the one version that was never material."""
        if self.state is not State.ACKNOWLEDGED:
            return self.state if self.state in {State.WITHDRAWN, State.DOWNGRADED} else None
        if self.withdrawn_at is None:
            return None
        withdrawn = self.version > self.material_version
        return State.WITHDRAWN if withdrawn else State.DOWNGRADED

    @property
    def late_by(self) -> timedelta | None:
        """How long after the opening of the window it came, where that cost steps; else None."""
        delay = self.opened_at - self.window_opens_at
        return delay if delay >= self.policy.least_gap else None

    @property
    def is_open(self) -> bool:
        """Somebody still has to answer."""
        return self.state is State.OPEN

    @property
    def next_action_at(self) -> datetime | None:
        """When time alone moves this alert next: None only where it has ended."""
        if not self.is_open:
            return None
        times = [planned.at for planned in self.plan] + self.receipts_due
        if self.expired_at is None:
            times.append(self.due_at)
        return min(times)

    @property
    def receipts_due(self) -> list[datetime]:
        """When the SMS that are still without a receipt of their delivery are late."""
        due = (reach.receipt_due(self.policy.receipt_within) for reach in self.reach)
        return [at for at in due if at is not None]

    def due_event(self, now: datetime) -> StepDue | WindowPassed | ReceiptOverdue | None:
        """The event that time has brought, None where nothing is due yet."""
        if not self.is_open:
            return None
        if self.expired_at is None and self.due_at <= now:
            return WindowPassed()
        if any(planned.at <= now for planned in self.plan):
            return StepDue()
        return ReceiptOverdue() if any(at <= now for at in self.receipts_due) else None

    def too_late_for_a_ladder(self, now: datetime) -> bool:
        """No step can be put before the window passes any more, or it has passed."""
        return self.expired_at is not None or not fits(self.policy, self.due_at, now)

    def handed_over_by(self, person_id: str) -> HandedOver | None:
        """How this person ceased to be the owner, None where they never did in this cycle."""
        return next((h for h in self.handed_over if h.person_id == person_id), None)

    def may_answer(self, person_id: str) -> bool:
        """Was paged for it, has not said "not my patient", and the report still means them."""
        return person_id in self.paged and person_id not in {*self.no_access, *self.not_theirs}

    def outcomes(self, person_id: str) -> dict[str, Outcome]:
        """What became of this person's channels in the current round."""
        return {r.channel: r.outcome for r in self.reach if r.person_id == person_id}
