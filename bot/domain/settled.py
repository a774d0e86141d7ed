"""What the versions of one report amount to, one after the other."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.ordering import Version, in_order
from bot.domain.policy import Policy
from bot.domain.report import ROUTINE, Status

REISSUED = "issued again after it was withdrawn, without saying how urgent it is"


@dataclass(frozen=True, slots=True)
class Settled:
    """What all versions received so far amount to.

    ``category`` is the one in force, ROUTINE where none ever asked for an alert;
    ``ever_flagged`` tells a downgraded or withdrawn result from one that was always routine, and
    ``flagged_category`` is the last category that asked for an alert. ``unsigned``: only a machine
    says that it is so severe. ``beside`` are the newest versions, by their ids, of other orders on
    the accession that ask as well; ``finding_hash`` covers them.
    """

    newest: Version
    category: str = ROUTINE
    flagged_category: str = ""
    finding_hash: str = ""
    review: str = ""
    ever_flagged: bool = False
    unsigned: bool = False
    beside: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Somebody has to answer for it."""
        return self.category != ROUTINE and not self.withdrawn

    @property
    def withdrawn(self) -> bool:
        """The newest version deletes the result or marks it wrong."""
        return self.newest.status is Status.WITHDRAWN


def folded(versions: Iterable[Version], policy: Policy) -> list[Settled]:
    """What held after each version that counted, in their order and not that of arrival."""
    found: list[Settled] = []
    known: set[str] = set()
    for version in in_order(versions, policy):
        settled = found[-1] if found else None
        sent_again = version.content_hash in known
        known.add(version.content_hash)
        if settled and sent_again and _adds_nothing(settled, version, policy):
            continue
        found.append(_after(settled or Settled(version), version))
    return found


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
        finding_hash=(not withdrawn and version.finding_hash) or before.finding_hash,
        review=version.review if said else before.review or _reissued(before, version),
        ever_flagged=before.ever_flagged or category != ROUTINE,
    )


def _reissued(before: Settled, version: Version) -> str:
    """After an explicit withdrawal a missing flag may mean either thing: a person must look."""
    again = before.withdrawn and version.status is not Status.WITHDRAWN
    return REISSUED if again and before.category != ROUTINE else ""
