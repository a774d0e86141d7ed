"""What all versions under one accession amount to, whichever way they arrived.

Each order's report is folded by itself, and of each what people have signed apart from what a
machine says. The most severe of the orders is what the alert shows.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.domain.ordering import Version, in_order
from bot.domain.policy import Policy
from bot.domain.report import ROUTINE, Status
from bot.domain.settled import Settled, folded
from bot.domain.siblings import by_order


@dataclass(frozen=True, slots=True)
class Part:
    """One order's report: what it amounts to, and the versions that had a say in that, the one
    that says most last."""

    settled: Settled
    counted: tuple[Version, ...]


def settle(versions: Iterable[Version], policy: Policy) -> Settled | None:
    """Fold the versions into what holds now.

    Preliminary versions do not, unless the site lets them count: then they hold until there is a
    final one. None where nothing that counts was received yet.
    """
    return together(parts(versions, policy))


def parts(
    versions: Iterable[Version], policy: Policy, *, whether_or_not: bool = False
) -> list[Part]:
    """Each order's, the one that decides last; of versions that count, or ``whether_or_not``."""
    told = [version for version in versions if version.counts or whether_or_not]
    found = [_part(some, policy) for some in by_order(told)]
    if len(found) < 2:  # noqa: PLR2004 - the usual report is alone on its accession
        return found
    return sorted(found, key=lambda part: _weakness(part, policy), reverse=True)


def together(found: list[Part]) -> Settled | None:
    """The most severe that is asked for; a finding beside it is acknowledged with it."""
    if len(found) < 2:  # noqa: PLR2004 - the usual report is alone on its accession
        return found[0].settled if found else None
    decides = found[-1].settled
    asking = [part.settled for part in found if part.settled.asks]
    hashes = sorted({settled.finding_hash for settled in asking})
    if len(hashes) < 2:  # noqa: PLR2004 - the same text for several orders is one finding
        return decides
    beside = tuple(sorted(settled.newest.report_id for settled in asking if settled != decides))
    both = hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    return replace(decides, finding_hash=both, beside=beside)


def counted(versions: Iterable[Version], policy: Policy) -> list[Version]:
    """Those that have a say in what holds, the one that says most last."""
    return [version for part in parts(versions, policy) for version in part.counted]


def of_its_order(version: Version, versions: Iterable[Version]) -> list[Version]:
    """Those of the versions that count, and are of the same order as this one of them."""
    told = [one for one in versions if one.counts]
    return next(some for some in by_order(told) if version in some)


def _part(versions: list[Version], policy: Policy) -> Part:
    signed = folded((version for version in versions if not version.machine), policy)
    unsigned = folded((version for version in versions if version.machine), policy)
    told = tuple(settled.newest for settled in (*unsigned, *signed))
    if not (signed and unsigned):
        return Part((signed or unsigned)[-1], told)
    places = {version.report_id: n for n, version in enumerate(in_order(versions, policy))}
    explicit = (settled.newest for settled in signed if _ends(settled.newest))
    ended = max((places[version.report_id] for version in explicit), default=-1)
    later = ended > places[unsigned[-1].newest.report_id]
    return Part(_raised(signed[-1], unsigned[-1], policy, ended=later), told)


def _ends(version: Version) -> bool:
    return version.category == ROUTINE or version.status is Status.WITHDRAWN


def _raised(signed: Settled, unsigned: Settled, policy: Policy, *, ended: bool) -> Settled:
    """A machine's word beside people's: it may ask for more than they do, and no more than that.

    It never takes back, ends or reopens what they wrote. Where they never flagged the result, they
    end what it asks for only in words (``ended``) and after it.
    """
    flagged = unsigned.flagged_category
    if signed.ever_flagged or not flagged:
        asks = signed.asks and unsigned.asks
        more = asks and policy.severity(flagged) < policy.severity(signed.category)
        raised = replace(signed, category=flagged, flagged_category=flagged, unsigned=True)
        return raised if more else signed
    if ended or not unsigned.asks:
        return replace(signed, flagged_category=flagged, ever_flagged=True)
    if _ends(signed.newest):
        return unsigned
    return replace(
        signed,
        category=flagged,
        flagged_category=flagged,
        review=unsigned.review,
        ever_flagged=True,
    )


def _weakness(part: Part, policy: Policy) -> tuple[object, ...]:
    """What sorts the part that decides first. The choice between equals does not move when one of
    them is corrected: the alert would change its owner with it."""
    settled = part.settled
    newest = settled.newest
    if settled.asks:
        named = min((version.order, version.resource) for version in part.counted)
        return 0, policy.severity(settled.category), bool(settled.review), *named
    since = newest.status_at.timestamp(), newest.sent_at.timestamp()
    return 1, not settled.ever_flagged, -since[0], -since[1], newest.content_hash
