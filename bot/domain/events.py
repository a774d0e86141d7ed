"""What can happen to an alert; what the machine answers: domain.effects."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.coverage import Roster
from bot.domain.page import Slip
from bot.domain.policy import CategoryPolicy


class ReadBack(StrEnum):
    """How the finding came back."""

    NONE = "none"
    VIEWED = "viewed"
    REPEATED = "repeated"


class DeclineReason(StrEnum):
    """Why an owner cannot take it."""

    NOT_MY_PATIENT = "not_my_patient"
    OFF_SHIFT = "off_shift"
    CANNOT_ACT = "cannot_act"


@dataclass(frozen=True, slots=True)
class Opened:
    """A report asks for an alert. ``ended`` is set where later versions, received first, already
    withdrew ("withdrawn") or downgraded ("downgraded") it: it is recorded and wakes nobody."""

    ended: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a version corrects beside the finding. ``roster`` is who fills the roles by it.

    ``another_provider``: the report names somebody else as the ordering provider than the alert
    has followed; ``another_patient``: whoever was told of the finding was told of a wrong patient.
    """

    roster: Roster
    another_provider: bool = False
    another_patient: bool = False


@dataclass(frozen=True, slots=True)
class Amended:
    """A newer version holds now. ``policy`` is None where it says that the result is routine;
    ``opens_at`` is when this version's own window opens, used where it starts a new cycle.
    ``held`` is the category before it became routine: an alert that has ended shows the same
    one in whichever order the versions arrived. ``correction`` is None where the version names the
    same people. ``shadow`` tells whether a new cycle that it starts is one in which nobody is
    paged. ``beside`` are reports of other orders on the accession that ask as well; ``unsigned``:
    only a machine says that it is so severe; ``by_machine``: the version just received is one's;
    ``first_final``: all before it was preliminary."""

    report_id: str
    policy: CategoryPolicy | None
    finding_hash: str
    opens_at: datetime
    review: str = ""
    held: CategoryPolicy | None = None
    correction: Correction | None = None
    shadow: bool = False
    beside: tuple[str, ...] = ()
    unsigned: bool = False
    by_machine: bool = False
    first_final: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The newest version deletes the result or marks it wrong. ``held`` as in Amended. ``joined``
    is the reference of the alert as which it goes on, where its report turned out to be that
    one's."""

    report_id: str
    held: CategoryPolicy | None = None
    joined: str = ""


@dataclass(frozen=True, slots=True)
class OlderVersion:
    """A version says more than the one that holds, and is older by its status time. ``doubtful``:
    it was not sent before that one, so that the two times do not agree."""

    category: str
    doubtful: bool


@dataclass(frozen=True, slots=True)
class StepDue:
    """``next_action_at`` has come."""


@dataclass(frozen=True, slots=True)
class WindowPassed:
    """``due_at`` has come and nobody acknowledged."""


@dataclass(frozen=True, slots=True)
class ReceiptOverdue:
    """An SMS has waited too long for the receipt of its delivery."""


@dataclass(frozen=True, slots=True)
class DirectoryChanged:
    """The owner may have left it, or every channel; on those ``moved`` they are reached elsewhere.
    ``provider_known``: the ordering provider is in it only now."""

    moved: tuple[str, ...] = ()
    provider_known: bool = False


@dataclass(frozen=True, slots=True)
class PageSent:
    """The provider has taken the message."""

    slip: Slip


@dataclass(frozen=True, slots=True)
class PageFailed:
    """The provider has refused it, or could not be reached. ``retry_after`` in seconds.

    ``configuration``: the operator can mend it, so it is not for good. ``repeated``: it was in
    doubt, and a repeat that is marked as such has left or is leaving. What comes of that one
    counts: a third would be a second without the mark. So it is where it was told elsewhere.
    """

    slip: Slip
    reason: str
    permanent: bool
    retry_after: float | None = None
    configuration: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class PageUncertain:
    """It may have gone out or not, without any proof. ``repeated`` as of PageFailed."""

    slip: Slip
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class PageDelivered:
    """The carrier's receipt: a fact about a phone, never an acknowledgment. ``after`` the provider
    had taken it, None where that is not known."""

    slip: Slip
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """``version`` is the one the person was shown. ``words`` are their own, for REPEATED.
    ``already_called``: they answer that they had heard it by phone before they were paged.
    ``unproven``: by SMS, from a number that had never answered anything."""

    person_id: str
    channel: str
    version: int
    read_back: ReadBack
    words: str = ""
    already_called: bool = False
    unproven: bool = False


@dataclass(frozen=True, slots=True)
class AcknowledgmentUndone:
    """Taken back by the person who gave it."""

    person_id: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The owner cannot take it."""

    person_id: str
    reason: DeclineReason


@dataclass(frozen=True, slots=True)
class Reassigned:
    """``by`` hands the alert to ``to``."""

    by: str
    to: str


@dataclass(frozen=True, slots=True)
class CallRecorded:
    """A phone call made outside: ``reached`` whom, on which ``number``, when (UTC).

    ``version`` is the report version that the caller was shown, 0 where nobody can tell.
    """

    by: str
    reached: str
    number: str
    called_at: datetime
    repeated_back: bool
    version: int = 0


@dataclass(frozen=True, slots=True)
class Reopened:
    """A coordinator or radiologist wants it answered again."""

    by: str


@dataclass(frozen=True, slots=True)
class ShadowEnded:
    """The site pages people from now on: what was opened in shadow must wake nobody."""


Event = (
    Opened
    | Amended
    | Withdrawn
    | OlderVersion
    | StepDue
    | WindowPassed
    | ReceiptOverdue
    | DirectoryChanged
    | PageSent
    | PageFailed
    | PageUncertain
    | PageDelivered
    | Acknowledged
    | AcknowledgmentUndone
    | Declined
    | Reassigned
    | CallRecorded
    | Reopened
    | ShadowEnded
)


class NotAllowed(Exception):
    """This person may not do this now. ``reason`` is a slug; ``explain`` is shown to them."""

    def __init__(self, reason: str, explain: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.explain = explain
