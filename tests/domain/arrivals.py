"""Versions of a report, and what the engine does with them in the order of their arrival."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from bot.domain.alert import Alert, advance
from bot.domain.fold import settle as settle_by
from bot.domain.ordering import Version
from bot.domain.report import ROUTINE, Status
from bot.domain.settled import Settled
from bot.domain.settling import event_for, governing
from bot.domain.triage import NOT_SIGNED
from tests.domain.loop import POLICY, T0, new_alert

LATER = T0 + timedelta(hours=1)
GONE = Status.WITHDRAWN


def version(
    n: int,
    category: str | None = None,
    status: Status = Status.FINAL,
    finding: str = "f1",
    review: str = "",
    *,
    order: str = "",
    machine: bool = False,
) -> Version:
    at = T0 + timedelta(minutes=n)
    if machine and category not in {None, ROUTINE}:
        review = NOT_SIGNED
    made = Version(f"r{n}", status, at, at, LATER, f"hash{n}", category, finding, review)
    return replace(made, order=order, machine=machine)


def settle(told: Iterable[Version]) -> Settled | None:
    return settle_by(told, POLICY)


def arrive(*versions: Version) -> Alert | None:
    """What the engine does with versions in the order of their arrival."""
    alert: Alert | None = None
    known: list[Version] = []
    for one in versions:
        before = settle(known)
        if one not in known:
            known.append(one)
        after = settle(known)
        if after is None:
            continue
        event = event_for(alert, before, after, POLICY, T0)
        if event is None:
            continue
        start = alert or started(after)
        alert, _ = advance(start, event, T0 + timedelta(minutes=1))
    return alert


def started(settled: Settled) -> Alert:
    policy = governing(POLICY, settled.flagged_category)
    alert = new_alert(policy=policy, review=settled.review)
    return replace(alert, report_id=settled.newest.report_id, finding_hash=settled.finding_hash)


def at(
    minute: int,
    category: str | None = None,
    status: Status = Status.FINAL,
    *,
    reached: int = 0,
    words: str = "",
    resource: str = "",
) -> Version:
    """Sent and received at that minute, with a status time that stands still unless told."""
    made = version(reached, category, status)
    sent_at = T0 + timedelta(minutes=minute)
    return replace(
        made,
        report_id=f"at {minute}",
        content_hash=words or f"{category} {status}",
        sent_at=sent_at,
        received_at=sent_at,
        resource=resource,
    )
