"""What is known before a report is final: whom that concerns, and how much earlier it was.

Times are UTC. Nobody is paged by anything in here.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.domain.fold import parts, settle
from bot.domain.ordering import Version
from bot.domain.policy import Policy
from bot.domain.report import ROUTINE, Preliminary, Report, Status
from bot.domain.siblings import by_order
from bot.domain.wording import local_time


def asks_radiologist(versions: Iterable[Version], policy: Policy) -> bool:
    """Whether the reading radiologist of this order is to be asked: what is known last is
    preliminary, of a sender whose radiologists are asked, and flagged. Where the order asks for an
    alert, that asks."""
    told = list(versions)
    asks = [version for version in told if version.counts or _asks(version)]
    last = (part.settled for part in parts(asks, policy, whether_or_not=True))
    if not any(one.category != ROUTINE and _asks(one.newest) for one in last):
        return False
    alert = settle(told, policy)
    return alert is None or not alert.asks


def of_same_order(report_id: str, versions: Iterable[Version]) -> list[list[Version]]:
    """The versions of the order that this one is of: of each, where it is of several. Another order
    on the accession may have another reader."""
    told = by_order(versions)
    return [some for some in told if any(one.report_id == report_id for one in some)]


def minutes_before_final(versions: Iterable[Version]) -> int | None:
    """How many minutes before the first final version there was a flagged preliminary one, by the
    sender's times. None where there was none before it, or it has not come yet."""
    told = [version for version in versions if _is_dated(version)]
    found = (_minutes(some) for some in by_order(told))
    return next((minutes for minutes in found if minutes is not None), None)


def flagged_early(versions: Iterable[Version]) -> Iterator[tuple[Version, Version | None]]:
    """For each order whose first flagged preliminary version came before its first final one: both,
    or None for the latter while there is none. What a machine says is none, nor is what nobody
    could read."""
    told = [version for version in versions if not (version.machine or version.unread)]
    for some in by_order(told):
        early = [v for v in some if v.status is Status.PRELIMINARY and _is_flagged(v)]
        final = [v for v in some if Status.FINAL <= v.status <= Status.CORRECTED]
        first, signed = (min(found, key=_place, default=None) for found in (early, final))
        if first and (signed is None or _place(first) <= _place(signed)):
            yield first, signed


def reached_at(version: Version, early: Version | None = None) -> datetime:
    """When it reached its status: as its sender says, else when it was received. Where that has
    stood still since the preliminary version ``early`` it was when it was sent."""
    if version.timeless:
        return version.received_at
    stood = early is not None and version.status_at == early.status_at
    return version.sent_at if stood else version.status_at


def _place(version: Version) -> tuple[datetime, datetime]:
    return reached_at(version), version.sent_at


def _is_dated(version: Version) -> bool:
    """Somebody has written it, at a time that is told."""
    return not (version.machine or version.unread or version.timeless)


def _minutes(told: list[Version]) -> int | None:
    early = [v for v in told if v.status is Status.PRELIMINARY and _is_flagged(v)]
    if not early:
        return None
    first = min(early, key=_place)
    final = [reached_at(v, first) for v in told if Status.FINAL <= v.status <= Status.CORRECTED]
    if not final or first.status_at >= min(final):
        return None
    return int((min(final) - first.status_at).total_seconds() // 60)


def in_words(report: Report, category: str, zone: str, now: datetime) -> str:
    """``CT report, flagged critical, preliminary since 14:02``: the exam's modality and no more.
    ``category`` is empty where today's policy does not know the flag any more."""
    what = f"{report.modality} report" if report.modality else "Imaging report"
    since = f" since {local_time(report.status_at, zone, now)}" if report.status_at else ""
    flagged = f"flagged {category.replace('_', ' ')}".rstrip()
    return f"{what}, {flagged}, preliminary{since}"


def _asks(version: Version) -> bool:
    preliminary = version.status is Status.PRELIMINARY
    return preliminary and version.if_preliminary is Preliminary.NOTIFY


def _is_flagged(version: Version) -> bool:
    return version.category not in {None, ROUTINE}
