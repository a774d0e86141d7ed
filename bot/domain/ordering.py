"""The versions of a report in their own order, which is not that of their arrival."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.policy import Policy
from bot.domain.report import Preliminary, Status


@dataclass(frozen=True, slots=True)
class Version:
    """What the order of versions needs to know of one stored report.

    ``category`` is None where this version says nothing about it: a missing flag never lowers
    what an earlier version said. ``finding_hash`` covers what somebody acknowledges: the
    impression and the addenda that carry a flag. ``review`` says why a coordinator must look.
    Times are as stated; receipt stands in for those that are not. ``if_preliminary`` is what the
    site had set for its sender when it was received. ``order`` is the filler's number, where one is
    told; ``machine``: no human signed it.
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
    order: str = ""
    machine: bool = False

    @property
    def counts(self) -> bool:
        """It has a say in what holds."""
        return self.status > Status.PRELIMINARY or self.if_preliminary is Preliminary.OPEN

    @property
    def sent(self) -> datetime:
        """Nothing was sent after it was received: a clock that is ahead gains nothing."""
        return min(self.sent_at, self.received_at)


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
