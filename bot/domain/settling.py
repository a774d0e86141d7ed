"""From what all versions of a report amount to, to the one event that the alert must hear."""

from datetime import datetime

from bot.domain.alert import Alert
from bot.domain.events import Amended, Correction, OlderVersion, Opened, Withdrawn
from bot.domain.ordering import Version
from bot.domain.policy import CategoryPolicy, Policy
from bot.domain.report import ROUTINE, Status
from bot.domain.settled import Settled

UNKNOWN_CATEGORY = "its category is no longer in the policy"


def event_for(
    alert: Alert | None,
    before: Settled | None,
    after: Settled,
    policy: Policy,
    opens_at: datetime,
    correction: Correction | None = None,
) -> Opened | Amended | Withdrawn | None:
    """What one more version means. None: nothing new, or it was never flagged.

    ``before`` is ``settle`` of the versions without the new one, ``after`` with it. It is them
    that are compared, and not the alert: a version that arrives late may change the category
    without being the newest, and one that changes nothing must not undo what people did.
    ``opens_at`` is when the received version's own window opens (UTC). ``correction`` is what the
    versions correct beside the finding: one that arrives late may name a provider whom the newest
    leaves out.
    """
    if alert is None:
        return _opened(after)
    if before == after and correction is None:
        return None
    report_id, held = after.newest.report_id, _held(alert, after, policy)
    if after.withdrawn:
        return Withdrawn(report_id, held)
    if after.category == ROUTINE and _lowered_in_words(after):
        return Amended(
            report_id, None, after.finding_hash, opens_at, held=held, correction=correction
        )
    # An alert that no version has asked for stood in for a message nobody could read: it was
    # flagged, and what can be read now does not say so.
    review = _review(after, held) if after.ever_flagged else alert.review
    return Amended(
        report_id,
        held,
        after.finding_hash,
        opens_at,
        review,
        correction=correction,
        beside=after.beside,
        unsigned=after.unsigned,
        first_final=_is_preliminary(before) and not _is_preliminary(after),
    )


def _is_preliminary(settled: Settled | None) -> bool:
    return settled is not None and settled.newest.status is Status.PRELIMINARY


def older_than_what_holds(
    version: Version, newest: Version, after: Settled, policy: Policy
) -> OlderVersion | None:
    """Where the version just received says more than what holds with it: it must not vanish.

    Older than ``newest`` of its order by both of its times, it has only come late; but not where
    it tells none, or that one claims to be sent after this was received. None as well where it
    holds.
    """
    in_force = ROUTINE if after.withdrawn else after.category
    said = version.category
    held = version.report_id == newest.report_id
    if held or not said or policy.severity(said) >= policy.severity(in_force):
        return None
    older = version.status_at < newest.status_at and version.sent_at < newest.sent_at
    late = older and not version.timeless and newest.sent_at <= version.received_at
    return OlderVersion(said, doubtful=not late)


def governing(policy: Policy, category: str) -> CategoryPolicy:
    """The policy for an alert of this category; the most severe where the file no longer has it."""
    known = {found.name: found for found in policy.categories}
    return known.get(category, policy.categories[0])


def _opened(settled: Settled) -> Opened | None:
    if not settled.ever_flagged:
        return None
    if settled.withdrawn:
        return Opened("withdrawn")
    return Opened("downgraded" if settled.category == ROUTINE else "")


def _lowered_in_words(settled: Settled) -> bool:
    """Earlier versions may have been deleted by now: their silence must not lower anything."""
    return settled.ever_flagged or settled.newest.category == ROUTINE


def _held(alert: Alert, settled: Settled, policy: Policy) -> CategoryPolicy:
    """The category that asked for the alert last: as the file has it today, else as it was."""
    name = settled.flagged_category or alert.category
    gone = name not in {category.name for category in policy.categories}
    return alert.policy if gone and name == alert.category else governing(policy, name)


def _review(settled: Settled, held: CategoryPolicy) -> str:
    guessed = settled.flagged_category not in {"", held.name}
    return settled.review or (UNKNOWN_CATEGORY if guessed else "")
