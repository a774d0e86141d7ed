"""What all versions of a report amount to, in their own order and not that of arrival."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.policy import Policy
from bot.domain.report import ROUTINE, Preliminary, Status

REISSUED = "issued again after it was withdrawn, without saying how urgent it is"


@dataclass(frozen=True, slots=True)
class Version:
    """What the order of versions needs to know of one stored report.

    ``category`` is None where this version says nothing about it: a missing flag never lowers
    what an earlier version said. ``finding_hash`` covers what somebody acknowledges: the
    impression and the addenda that carry a flag. ``review`` says why a coordinator must look.
    Times are as stated; receipt stands in for those that are not. ``if_preliminary`` is what the
    site had set for its sender when it was received.
    """

    report_id: str
    status: Status
    status_at: datetime
    sent_at: datetime
    received_at: datetime
    content_hash: str
    category: str | None
    finding_hash: str
    review: str = ""
    resource: str = ""
    if_preliminary: Preliminary = Preliminary.IGNORE

    @property
    def counts(self) -> bool:
        """It has a say in what holds."""
        return self.status > Status.PRELIMINARY or self.if_preliminary is Preliminary.OPEN

    @property
    def sent(self) -> datetime:
        """Nothing was sent after it was received: a clock that is ahead gains nothing."""
        return min(self.sent_at, self.received_at)


@dataclass(frozen=True, slots=True)
class Settled:
    """What all versions received so far amount to.

    ``category`` is the one in force, ROUTINE where none ever asked for an alert;
    ``ever_flagged`` tells a downgraded or withdrawn result from one that was always routine, and
    ``flagged_category`` is the last category that asked for an alert.
    """

    newest: Version
    category: str = ROUTINE
    flagged_category: str = ""
    finding_hash: str = ""
    review: str = ""
    ever_flagged: bool = False

    @property
    def withdrawn(self) -> bool:
        """The newest version deletes the result or marks it wrong."""
        return self.newest.status is Status.WITHDRAWN


def settle(versions: Iterable[Version], policy: Policy) -> Settled | None:
    """Fold the versions, in their order and not that of arrival, into what holds now.

    Preliminary versions do not, unless the site lets them count: then they hold until there is a
    final one. None where nothing that counts was received yet.
    """
    return holding((version for version in versions if version.counts), policy)


def holding(versions: Iterable[Version], policy: Policy) -> Settled | None:
    """The same of these versions, whether they count or not."""
    folded = _folded(versions, policy)
    return folded[-1] if folded else None


def counted(versions: Iterable[Version], policy: Policy) -> list[Version]:
    """Those that have a say in what holds, oldest first by their order."""
    told = (version for version in versions if version.counts)
    return [settled.newest for settled in _folded(told, policy)]


def _folded(versions: Iterable[Version], policy: Policy) -> list[Settled]:
    """What held after each version that counted."""
    folded: list[Settled] = []
    known: set[str] = set()
    for version in in_order(versions, policy):
        settled = folded[-1] if folded else None
        sent_again = version.content_hash in known
        known.add(version.content_hash)
        if settled and sent_again and _adds_nothing(settled, version, policy):
            continue
        folded.append(_after(settled or Settled(version), version))
    return folded


def _adds_nothing(settled: Settled, version: Version, policy: Policy) -> bool:
    """Content that came before: a copy of what holds, or an old version that a sender repeats.

    The latter counts where it asks for more than what holds, or outranks it. A lost page is worse
    than a needless one: what is repeated at the same rank does not lower the category.
    """
    if version.content_hash == settled.newest.content_hash:
        return True
    held, milder = settled.newest.status, 0
    if version.category:
        milder = policy.severity(version.category) - policy.severity(settled.category)
    if settled.withdrawn or milder < 0:
        return False
    return version.status <= held if milder else version.status < held


# ---- the order of versions ------------------------------------------------------------------

_Place = tuple[datetime, datetime, Status, int, str, datetime]


def in_order(versions: Iterable[Version], policy: Policy) -> list[Version]:
    """Oldest first, whichever way they arrived: by status time, then by the time of sending, then
    by status rank; of what is still equal the most severe holds, then the content hash decides.
    """
    told = list(versions)
    since = _received_first(told)
    reached: dict[str, datetime] = {}
    placed: list[tuple[_Place, Version]] = []
    for version in sorted(told, key=lambda v: (v.sent, v.status_at, v.status, v.content_hash)):
        # Nothing was reached after it was first received.
        at = min(version.status_at, since[version.content_hash, version.status_at])
        if version.resource:
            at = reached[version.resource] = max(at, reached.get(version.resource, at))
        placed.append((_place(at, version, policy), version))
    return _final_last([version for _, version in sorted(placed, key=lambda one: one[0])])


def _final_last(ordered: list[Version]) -> list[Version]:
    """A preliminary version comes before the first final one, whatever its times say: it neither
    lowers nor replaces what somebody has signed."""
    finals = (n for n, v in enumerate(ordered) if Status.FINAL <= v.status <= Status.CORRECTED)
    first = next(finals, len(ordered))
    late = [v for v in ordered[first:] if v.status is Status.PRELIMINARY]
    if not late:
        return ordered
    signed = [v for v in ordered[first:] if v.status is not Status.PRELIMINARY]
    return [*ordered[:first], *late, *signed]


def _received_first(versions: list[Version]) -> dict[tuple[str, datetime], datetime]:
    """When the same content with the same status time was received first."""
    found: dict[tuple[str, datetime], datetime] = {}
    for version in versions:
        same = (version.content_hash, version.status_at)
        found[same] = min(version.received_at, found.get(same, version.received_at))
    return found


def _place(at: datetime, version: Version, policy: Policy) -> _Place:
    milder = policy.severity(version.category) if version.category else len(policy.categories) + 1
    return (at, version.sent, version.status, -milder, version.content_hash, version.sent_at)


# ---- one version after the other ------------------------------------------------------------


def _after(before: Settled, version: Version) -> Settled:
    said = version.category is not None
    category = version.category or before.category
    withdrawn = version.status is Status.WITHDRAWN
    return Settled(
        newest=version,
        category=category,
        flagged_category=before.flagged_category if category == ROUTINE else category,
        # A withdrawal says nothing of the finding: a later correction is compared with what stood.
        finding_hash=before.finding_hash if withdrawn else version.finding_hash,
        review=version.review if said else before.review or _reissued(before, version),
        ever_flagged=before.ever_flagged or category != ROUTINE,
    )


def _reissued(before: Settled, version: Version) -> str:
    """After an explicit withdrawal a missing flag may mean either thing: a person must look."""
    again = before.withdrawn and version.status is not Status.WITHDRAWN
    return REISSUED if again and before.category != ROUTINE else ""
