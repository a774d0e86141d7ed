"""The versions of a report in their own order, in which their arrival has no part."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.policy import Policy
from bot.domain.report import Preliminary, Status

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a time that the sender does not tell; systems' zeros are not read as times."""


@dataclass(frozen=True, slots=True)
class Version:
    """What the order of versions needs to know of one stored report.

    ``category`` is None where this version says nothing about it: a missing flag never lowers
    what an earlier version said. ``finding_hash`` covers what somebody acknowledges: the
    impression and the addenda that carry a flag; empty where a mere addendum, or a version without
    a word, leaves it as it was.
    ``review`` says why a coordinator must look. Times are as stated, one for the other where only
    one is, else NO_TIME. ``if_preliminary`` is what the site had set for its sender when it was
    received. ``order`` is the filler's number, where one is told, or several with blanks between
    them where it is one report for several orders; ``machine``: no human signed it; ``unread``: a
    flagged message that nobody could read stands in for its report.
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
    unread: bool = False

    @property
    def counts(self) -> bool:
        """It has a say in what holds."""
        return self.status > Status.PRELIMINARY or self.if_preliminary is Preliminary.OPEN

    @property
    def orders(self) -> tuple[str, ...]:
        """The numbers in ``order``."""
        return tuple(self.order.split())

    @property
    def timeless(self) -> bool:
        """Its sender told no time at all."""
        return self.status_at == NO_TIME


# ---- the order of versions ------------------------------------------------------------------

_Place = tuple[datetime, datetime, bool, Status, int, str]


def in_order(versions: Iterable[Version], policy: Policy) -> list[Version]:
    """Oldest first, whichever way they arrived: by status time, then by the time of sending, then
    by status rank; of what is still equal the most severe holds, then the content hash decides.

    Nothing was reached after it was sent: where one clock is ahead of the other, sending counts.
    What tells no time comes before everything that does; what was read goes before what was not.
    """
    reached: dict[str, datetime] = {}
    placed: list[tuple[_Place, Version]] = []
    for version in sorted(
        versions, key=lambda v: (v.sent_at, v.status_at, v.status, v.content_hash)
    ):
        at = min(version.status_at, version.sent_at)
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


def _place(at: datetime, version: Version, policy: Policy) -> _Place:
    milder = policy.severity(version.category) if version.category else len(policy.categories) + 1
    return (at, version.sent_at, not version.unread, version.status, -milder, version.content_hash)
