"""A page or notice as a sender gets it, and the answers a sender can give."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.coverage import Person, Role
from bot.domain.policy import RECEIPT_WITHIN


class Notice(StrEnum):
    """Messages that ask for no answer."""

    ACKNOWLEDGED = "acknowledged"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    DOWNGRADED = "downgraded"
    CHANGED = "changed"
    ANOTHER_PROVIDER = "another_provider"
    ANOTHER_PATIENT = "another_patient"
    REOPENED = "reopened"
    EXPIRED = "expired"
    PLEASE_PHONE = "please_phone"
    DIRECTORY_ENTRY = "directory_entry"
    QUARANTINE = "quarantine"
    OLDER_VERSION = "older_version"
    NOT_MY_PATIENT = "not_my_patient"
    SUPERSEDED = "superseded"
    BEFORE_FINAL = "before_final"
    OPTED_OUT = "opted_out"
    WRONG_CODES = "wrong_codes"
    WRONG_NUMBER = "wrong_number"
    ANSWER = "answer"
    SLACK_DOWN = "slack_down"
    SLACK_BACK = "slack_back"
    SLACK_REFUSED = "slack_refused"
    SLACK_TAKEN = "slack_taken"
    SMS_DOWN = "sms_down"
    SMS_BACK = "sms_back"
    FEED_DOWN = "feed_down"
    FEED_BACK = "feed_back"
    SWEEP_LATE = "sweep_late"
    SWEEP_BACK = "sweep_back"
    DATABASE_DOWN = "database_down"
    DATABASE_BACK = "database_back"
    SHADOW = "shadow"
    SHADOW_OVER = "shadow_over"
    TEST = "test"
    """Asks for an answer, though about no result: see drills.py."""

    @property
    def quiet(self) -> bool:
        """Only rewrites the Slack messages already out; nobody's phone rings for it."""
        return self in _QUIET

    @property
    def insists(self) -> bool:
        """Goes to another channel too where the first fails: it changes what they must do."""
        gently = {Notice.HANDED_OVER, Notice.ACKNOWLEDGED, Notice.ANSWER, Notice.TEST}
        return self not in _QUIET | gently

    @property
    def alone(self) -> bool:
        """A message of its own: it tells of something else than the page does."""
        return self in _ALONE

    @property
    def for_one(self) -> bool:
        """Told to one coordinator: to the next one where nothing reaches the first."""
        return self in {Notice.QUARANTINE, Notice.DIRECTORY_ENTRY, Notice.OLDER_VERSION}

    @property
    def supersedes(self) -> frozenset["Notice"]:
        """Which notices to the same person have nothing more to tell once this one is due."""
        if self in _ALONE | {Notice.SUPERSEDED}:
            return frozenset({self})
        match self:
            case Notice.ANOTHER_PATIENT:
                return OF_THE_STATE | {self}
            case Notice.CHANGED:
                return _IN_PASSING | {self}
            case Notice.EXPIRED | Notice.HANDED_OVER:
                return _IN_PASSING
            case _:
                return OF_THE_STATE


_QUIET = frozenset({Notice.EXPIRED, Notice.NOT_MY_PATIENT, Notice.SUPERSEDED})
OF_OUTAGES = frozenset(
    {
        Notice.SLACK_DOWN,
        Notice.SLACK_BACK,
        Notice.SLACK_REFUSED,
        Notice.SLACK_TAKEN,
        Notice.SMS_DOWN,
        Notice.SMS_BACK,
        Notice.FEED_DOWN,
        Notice.FEED_BACK,
        Notice.SWEEP_LATE,
        Notice.SWEEP_BACK,
        Notice.DATABASE_DOWN,
        Notice.DATABASE_BACK,
    }
)
"""What domain/outage.py words. Slack's look of each is in slack/notices.py."""
_ALONE = OF_OUTAGES | frozenset(
    {
        Notice.PLEASE_PHONE,
        Notice.DIRECTORY_ENTRY,
        Notice.QUARANTINE,
        Notice.OLDER_VERSION,
        Notice.BEFORE_FINAL,
        Notice.OPTED_OUT,
        Notice.WRONG_CODES,
        Notice.WRONG_NUMBER,
        Notice.ANSWER,
        Notice.SHADOW,
        Notice.SHADOW_OVER,
        Notice.TEST,
    }
)
NOT_YOURS = frozenset({Notice.HANDED_OVER, Notice.ANOTHER_PROVIDER})
"""Notices that no owner may get."""
_IN_PASSING = frozenset({Notice.EXPIRED, Notice.HANDED_OVER})
OF_THE_STATE = _IN_PASSING | {
    Notice.ACKNOWLEDGED,
    Notice.WITHDRAWN,
    Notice.DOWNGRADED,
    Notice.CHANGED,
    Notice.ANOTHER_PROVIDER,
    Notice.REOPENED,
}
"""Notices that tell how the alert stands. A page tells it too, and so takes their place."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What the state machine must know of a page to judge its outcome.

    ``round`` is the paging round that it belongs to (see Alert.round); ``tries`` counts from 1;
    ``possible_repeat`` marks a page whose first sending ended in the unknown.
    ``notice`` is None for a page.
    """

    person_id: str
    role: Role
    channel: str
    round: int
    tries: int = 1
    possible_repeat: bool = False
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A Slack message already out for this alert and person: where it stands."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Callee:
    """Somebody to phone; ``number`` is the mobile on file, E.164, or empty."""

    name: str
    role: Role
    number: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a sender needs to word one message. Carries PHI only in ``finding``.

    ``delivery_id`` is opaque and unique per attempt. ``valid_until`` is the next step's time:
    a message that cannot arrive before it is stale. ``receipt_within`` is the category's.
    ``owner_name``, ``ended_by`` and ``ended_at``
    serve the notices; ``code`` is the SMS code; ``late_by`` as in Alert. Times are UTC.
    ``handed_to`` and ``handed_at`` tell to whom this person has handed it over and when, and
    ``no_access`` that they said it is not their patient, ``not_theirs`` that the report names
    another ordering provider now. ``callees`` are whom to phone, best first.
    ``posted`` are this person's messages that are not collapsed, the newest last.
    ``already_called``: the report documents a call to this very person. ``provider_unknown``: the
    directory knows nobody by the identifiers that the report names. ``preliminary``: what holds
    is not final yet. ``changed``: this person was paged for a version of the report that holds no
    longer, ``again``: before the alert was opened anew. ``last``: nobody but its owner is left to
    take it. ``unreached``: nobody could be reached, and all are tried again after a while.
    ``stale``: it was too old when it came, so that coordinators alone are paged. ``said``: another
    notice tells its person so at the same moment, so that this one only rewrites.
    ``sender`` is whose report it is, where there is no alert.
    """

    delivery_id: str
    slip: Slip
    person: Person
    now: datetime
    alert_id: str = ""
    ref: str = ""
    category: str = ""
    exam: str = ""
    state: str = ""
    due_at: datetime | None = None
    valid_until: datetime | None = None
    receipt_within: timedelta = RECEIPT_WITHIN
    version: int = 1
    code: str = ""
    owner_name: str = ""
    owner_id: str = ""
    last: bool = False
    handed_to: str = ""
    handed_at: datetime | None = None
    unreached: bool = False
    no_access: bool = False
    not_theirs: bool = False
    callees: tuple[Callee, ...] = ()
    ended_by: str = ""
    ended_by_id: str = ""
    ended_at: datetime | None = None
    read_back: str = ""
    expired_at: datetime | None = None
    review: str = ""
    note: str = ""
    late_by: timedelta | None = None
    finding: str = ""
    reason: str = ""
    joined: str = ""
    posted: tuple[Posted, ...] = field(default=())
    already_called: bool = False
    preliminary: bool = False
    changed: bool = False
    again: bool = False
    stale: bool = False
    said: bool = False
    provider_unknown: bool = False
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """Handed to the provider: its identifier, and for Slack where the message stands.

    ``look_after``: so long after this the receipt of its delivery is asked for, where nobody has
    brought it; None for a channel without receipts.
    """

    provider_id: str
    slack_channel: str = ""
    look_after: timedelta | None = None


class SendFailed(Exception):
    """The provider has not taken it, and that is certain.

    ``permanent`` tells whether this address can work at all; ``retry_after`` is in seconds.
    ``configuration`` is True where the operator, not the address, is at fault.
    ``reason`` is a stable slug with the provider's code; it quotes neither text nor address.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        configuration: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.configuration = configuration


class SendUncertain(Exception):
    """The request went out and no answer came: it may or may not have been taken."""


class Sender(Protocol):
    """One channel. The engine knows nothing else of Slack or Twilio.

    ``shows_finding``: the site allows findings in its messages; else no page brings one along.
    """

    @property
    def shows_finding(self) -> bool:
        """Whether Page.finding is wanted."""

    async def send(self, page: Page) -> Sent:
        """Hand the page to the provider. Raises SendFailed or SendUncertain."""

    async def find(self, page: Page) -> Sent | None:
        """Look for proof that this delivery id was taken; None: the provider knows nothing of it.

        Raises SendFailed or SendUncertain where the provider could not be asked.
        """
